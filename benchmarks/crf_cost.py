"""What does the CRF add to a training step, and how many seconds does an epoch take?

Two taggers with the settings that the defaults choose for a file, one with a CRF and one without, take the
same batches in turns, a block of batches each: cutting the batch, forward, loss, gradients, optimisers.

    python benchmarks/crf_cost.py --train train.conll.gz
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from machine import describe_machine

from headgate.data.bucketing import shuffled_batches
from headgate.training.optimisation import Optimisation
from headgate.training.tagging import TaggingRun, plan_tagging, read_tagging_data

BLOCK = 20
"""Batches in one timing."""


class Side:
    """A tagger in training, with a CRF or without."""

    def __init__(self, path: Path, *, crf: bool) -> None:
        data = read_tagging_data(path, None, None, token_column="0", tag_column="-1", seed=1)
        run = TaggingRun(data, plan_tagging(data, {"crf": crf}))
        self.settings = run.settings
        self.objective = run.objective()
        self._model = run.module().train()
        self._optimisation = Optimisation(self._model, run.settings, 10_000)
        self._steps = 0

    def seconds(self, batches: list[np.ndarray]) -> float:
        """The time that training on these batches takes."""
        started = time.perf_counter()
        for rows in batches:
            self.objective.loss(self._model, rows, torch.device("cpu")).backward()
            self._optimisation.step(self._steps)
            self._steps += 1
        return time.perf_counter() - started


def main() -> None:
    """Print seconds a block of both sides, the median of their ratios, and the seconds of an epoch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--blocks", type=int, default=9)
    options = parser.parse_args()
    print(describe_machine("torch", "numpy"))
    with_crf, without = Side(options.train, crf=True), Side(options.train, crf=False)
    lengths = with_crf.objective.lengths
    batches = shuffled_batches(lengths, with_crf.settings.batch_size, np.random.default_rng(1))
    ratios: list[float] = []
    rates: list[float] = []
    for block in range(options.blocks + 1):
        chosen = [batches[place % len(batches)] for place in range(block * BLOCK, (block + 1) * BLOCK)]
        tokens = sum(int(lengths[rows].sum()) for rows in chosen)
        seconds, plain = with_crf.seconds(chosen), without.seconds(chosen)
        if block:  # the first block warms up
            ratios.append(seconds / plain)
            rates.append(tokens / seconds)
            print(f"block {block}: with CRF {seconds:.2f} s, without {plain:.2f} s, {tokens} tokens")
    added, rate = statistics.median(ratios) - 1, statistics.median(rates)
    print(f"the CRF adds {added:.1%} to a step ({min(ratios) - 1:.1%} to {max(ratios) - 1:.1%})")
    print(f"{rate:.0f} tokens a second: {lengths.sum() / rate:.1f} s for an epoch of {lengths.sum()} tokens")


if __name__ == "__main__":
    main()

"""How much of the bare LSTM's speed does training keep?

Times a training step end to end (cutting the batch, word and subword embedding, network, loss, gradients,
both optimisers, weight average) against the forward and backward pass of a bare `torch.nn.LSTM` of the same
shape over random inputs of the same padded batches. Reading and encoding the file is timed as well, and
spread over the epochs that the defaults would train. Both are timed in turns, a block of batches each.

    python benchmarks/training_throughput.py --train reviews.csv
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from machine import describe_machine
from torch import nn

from headgate.data.bucketing import shuffled_batches
from headgate.models import build_classifier
from headgate.training.classification import plan_classification, read_classification_data
from headgate.training.classification.objective import ClassificationObjective
from headgate.training.optimisation import Optimisation, WeightAverage

BLOCK = 20
"""Batches in one timing."""


def main() -> None:
    """Print tokens a second of both, block by block, and the median of their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--blocks", type=int, default=15)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    choices = dict(pair.split("=", 1) for pair in options.set)

    started = time.perf_counter()
    data = read_classification_data(
        options.train, None, None, text_column="text", label_column="label", seed=1
    )
    plan = plan_classification(data, choices)
    settings = plan.settings
    texts = plan.encoder.encode(data.train.texts, longest=settings.max_tokens)
    preparation = time.perf_counter() - started

    torch.manual_seed(1)
    model = build_classifier(
        plan.shape, dropout=settings.dropout, word_dropout=settings.word_dropout, sparse=True
    )
    objective = ClassificationObjective(texts, data.train.labels, texts, data.train.labels, 0.0)
    batches = shuffled_batches(texts.lengths, settings.batch_size, np.random.default_rng(1))
    optimisation = Optimisation(model, settings, len(batches) * settings.epochs)
    average = WeightAverage(model, 1, len(batches) * settings.epochs)
    bare = nn.LSTM(
        settings.embedding,
        settings.hidden,
        settings.layers,
        batch_first=True,
        bidirectional=settings.bidirectional,
    )
    taken = 0

    def train_step(rows: np.ndarray) -> None:
        nonlocal taken
        objective.loss(model, rows, torch.device("cpu")).backward()
        optimisation.step(taken)
        taken += 1
        average.include(taken)

    def bare_step(rows: np.ndarray) -> None:
        longest = int(texts.lengths[rows].max())
        inputs = torch.randn(len(rows), longest, settings.embedding, requires_grad=True)
        bare(inputs)[0].sum().backward()
        bare.zero_grad()

    shape = f"{settings.layers} x {settings.hidden} units, embedding {settings.embedding}"
    print(describe_machine("torch", "numpy"))
    print(f"{options.train.name}: {len(texts)} texts, {texts.lengths.sum()} tokens; {settings.cell} {shape}")
    blocks = [batches[first : first + BLOCK] for first in range(0, len(batches), BLOCK)][: options.blocks + 1]
    rates: list[tuple[float, float]] = []
    for number, block in enumerate(blocks):
        tokens = sum(int(texts.lengths[rows].sum()) for rows in block)
        pair = tokens / _time(train_step, block), tokens / _time(bare_step, block)
        if number:  # the first block warms up
            rates.append(pair)
            print(f"block {number:2d}: training {pair[0]:8.0f} tokens/s, bare LSTM {pair[1]:8.0f}")
    steps = statistics.median(ours for ours, _ in rates)
    ratio = statistics.median(ours / bare for ours, bare in rates)
    spread = sorted(ours / bare for ours, bare in rates)
    share = preparation / (settings.epochs * texts.lengths.sum() / steps)
    print(f"training steps reach {ratio:.3f} of the bare LSTM (median; {spread[0]:.3f} to {spread[-1]:.3f})")
    print(f"reading and encoding took {preparation:.1f} s, {share:.3f} of {settings.epochs} epochs")
    print(f"end to end: {ratio / (1 + share):.3f}")


def _time(step: Callable[[np.ndarray], None], block: list[np.ndarray]) -> float:
    started = time.perf_counter()
    for rows in block:
        step(rows)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()

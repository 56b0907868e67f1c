"""How fast is training a translator beside JoeyNMT's recurrent model of the same size?

Both have an LSTM encoder of 256 units a direction, an LSTM decoder of 512, Luong's general attention, vectors
of 256 units and 4,000 subwords a side, and take batches of 64 pairs, cut into subwords before. Tokens are
target units without padding. In turns:

- "by itself": each as it trains when nothing else is said. Headgate puts pairs of like length together, reads
  a whole target at once and takes bfloat16 where the processor has it; JoeyNMT takes pairs as they come in
  random order, feeds the last readout to the next step, so that its decoder goes step by step, and computes
  in 32-bit floats
- "same batches": both take Headgate's batches, in 32-bit floats
- "feeding": that, with Headgate feeding the last readout to the next step too

JoeyNMT runs in an environment of its own, given by its interpreter.

    python -m venv joey && joey/bin/pip install torch==2.13.0 "joeynmt==2.3.*" importlib_metadata
    python benchmarks/translation_against_joeynmt.py --train train.en.gz,train.de.gz --joeynmt joey/bin/python
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from side_by_side import Jobs, Worker, compare, serve

BATCH, BATCHES = 64, 60
"""Pairs of a batch, and batches that both sides take in turns."""
BLOCK = 5
"""Batches of one timing."""
UNITS, EMBEDDING, HIDDEN = 4_000, 256, 512

Ints = NDArray[np.int64]
Batches = dict[str, list[tuple[Ints, Ints]]]


def main() -> None:
    """Print target tokens a second of both sides, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True, help="SOURCE,TARGET: two line-aligned files")
    parser.add_argument("--joeynmt", type=Path, help="the interpreter of an environment with JoeyNMT")
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--worker", choices=("ours", "joeynmt"))
    options = parser.parse_args()
    if options.worker:
        make = {"ours": our_jobs, "joeynmt": joeynmt_jobs}[options.worker]
        serve(make(read_batches(Path(options.train))))
        return

    from machine import describe_machine

    print(describe_machine("torch", "numpy"))
    with tempfile.TemporaryDirectory() as folder:
        batches = Path(folder, "batches.npz")
        write_batches(options.train, batches)
        sides = {"Headgate": ("ours", Path(sys.executable)), "JoeyNMT": ("joeynmt", options.joeynmt)}
        workers = {
            title: Worker(__file__, name, python, ["--train", str(batches)])
            for title, (name, python) in sides.items()
        }
        for job in ("by itself", "same batches", "feeding"):
            compare(workers, job, options.blocks)


def write_batches(files: str, path: Path) -> None:
    """Batches of padded ids, of pairs of like length and of any; each target begins and ends with its end."""
    from headgate.data import IndexedPairs, read_pairs
    from headgate.data.bucketing import shuffled_batches
    from headgate.text import PairUnits, Ragged, SubwordUnits
    from headgate.training.translation.objective import longer_sides

    pairs = IndexedPairs.of(read_pairs(files))
    sides = [
        SubwordUnits.learn(map(PairUnits.line, side), size=UNITS) for side in (pairs.sources, pairs.targets)
    ]
    units = PairUnits(sides[0], sides[1])
    chance = np.random.default_rng(1)
    alike = shuffled_batches(longer_sides(pairs, units), BATCH, chance)[:BATCHES]
    mixed = list(chance.permutation(len(pairs))[: BATCHES * BATCH].reshape(BATCHES, BATCH))
    end = np.array([units.end])
    arrays: dict[str, Ints] = {}
    for kind, rows in {"alike": alike, "mixed": mixed}.items():
        for number, batch in enumerate(rows):
            chosen = [pairs[row] for row in batch.tolist()]
            sources = [units.source_ids(pair.source) for pair in chosen]
            targets = [np.concatenate((end, units.target_ids(pair.target))) for pair in chosen]
            arrays[f"{kind} {number} source"] = Ragged.joined(sources).padded()
            arrays[f"{kind} {number} target"] = Ragged.joined(targets).padded()
    np.savez(path, **arrays)


def read_batches(path: Path) -> Batches:
    """What `write_batches` wrote."""
    with np.load(path) as file:
        return {
            kind: [(file[f"{kind} {n} source"], file[f"{kind} {n} target"]) for n in range(BATCHES)]
            for kind in ("alike", "mixed")
        }


def our_jobs(batches: Batches) -> Jobs:
    import torch
    from torch.nn.functional import cross_entropy

    from headgate.models import Translator
    from headgate.training.optimisation import mixed_precision
    from headgate.training.settings import make_settings
    from headgate.training.translation import TranslationSettings, translation_defaults

    defaults = translation_defaults(29_000, "subword", "subword")

    def job(precision: str, input_feeding: bool = False):
        model = Translator(
            UNITS, UNITS, EMBEDDING, HIDDEN, attention="general", input_feeding=input_feeding, dropout=0.3
        )
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
        coming = cycle(batches["alike"])
        choices = {"precision": precision, "hidden": HIDDEN}
        arithmetic = mixed_precision(
            make_settings(TranslationSettings, defaults, choices), torch.device("cpu")
        )

        def train() -> int:
            tokens = 0
            for _ in range(BLOCK):
                source, target = map(torch.from_numpy, next(coming))
                after = target[:, 1:]
                with arithmetic:
                    scores = model(source, target[:, :-1]).float()
                    loss = cross_entropy(scores.flatten(0, 1), after.flatten(), ignore_index=0)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                optimiser.zero_grad()
                tokens += int((after != 0).sum())
            return tokens

        return train

    return {
        "by itself": job("auto"),
        "same batches": job("float32"),
        "feeding": job("float32", input_feeding=True),
    }


def joeynmt_jobs(batches: Batches) -> Jobs:
    from types import SimpleNamespace

    import torch
    from joeynmt.batch import Batch
    from joeynmt.model import build_model
    from joeynmt.vocabulary import Vocabulary

    special = {"unk": 0, "pad": 1, "bos": 2, "eos": 3}
    names = {f"{name}_token": f"<{name}>" for name in special} | {
        f"{name}_id": n for name, n in special.items()
    }
    config = SimpleNamespace(**names, sep_token=None, sep_id=None, lang_tags=[])
    words = Vocabulary([f"unit{number}" for number in range(UNITS - len(special))], config)
    embeddings = {"embedding_dim": EMBEDDING, "dropout": 0.3}
    network = {
        "encoder": {
            "type": "recurrent", "rnn_type": "lstm", "embeddings": embeddings, "hidden_size": HIDDEN // 2,
            "bidirectional": True, "num_layers": 1, "dropout": 0.3,
        },
        "decoder": {
            "type": "recurrent", "rnn_type": "lstm", "embeddings": embeddings, "hidden_size": HIDDEN,
            "num_layers": 1, "dropout": 0.3, "hidden_dropout": 0.3, "attention": "luong",
            "init_hidden": "bridge", "input_feeding": True,
        },
    }  # fmt: skip
    model = build_model(network, words, words)
    model.loss_function = ("crossentropy", 0.0)
    model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)

    def train(coming: Iterator[tuple[Ints, Ints]]) -> int:
        tokens = 0
        for _ in range(BLOCK):
            source, target = map(torch.from_numpy, next(coming))
            lengths, order = (source != 0).sum(1).sort(descending=True)
            source, target = (
                side[order].masked_fill(side[order] == 0, special["pad"]) for side in (source, target)
            )
            ends = target == target[0, 0]  # what begins a target here also ends it
            ends[:, 0] = False
            target = target.masked_fill(ends, special["eos"])
            batch = Batch(
                source,
                lengths,
                None,
                target,
                None,
                order,
                torch.device("cpu"),
                special["pad"],
                special["eos"],
            )
            loss, *_ = model(return_type="loss", **vars(batch))
            (loss / batch.ntokens).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad()
            tokens += batch.ntokens
        return tokens

    alike, mixed = cycle(batches["alike"]), cycle(batches["mixed"])
    return {
        "by itself": lambda: train(mixed),
        "same batches": lambda: train(alike),
        "feeding": lambda: train(alike),
    }


if __name__ == "__main__":
    main()

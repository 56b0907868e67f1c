"""What does the linear half of a classifier gain by naive Bayes, by spelling and by raw text?

The bag of n-grams is fitted to samples of the training texts, its parts added one after the other, and asked
for the dev texts (a tenth of the training texts where no file is given). Prints the mean accuracy of each,
and that of its worst and its best sample.

    python benchmarks/linear_half.py --train sst2-train.csv --dev sst2-dev.csv --texts 500
"""

import argparse
import statistics
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from machine import describe_machine

from headgate.training.classification import (
    ClassificationRun,
    bag_of_ngrams,
    plan_classification,
    read_classification_data,
)
from headgate.training.classification.data import ClassificationData, Examples
from headgate.training.starts import NOTHING, Sources


def accuracy(data: ClassificationData, sources: Sources = NOTHING) -> float:
    """The share of dev texts that a bag fitted to the training texts answers rightly."""
    run = ClassificationRun(data, plan_classification(data, {}, sources))
    encoder = run.bag_encoder()
    bag = run.fit_bag(data.train, encoder)
    return float(np.mean(bag.logits(encoder.encode(data.dev.texts)).argmax(axis=1) == data.dev.labels))


def sample(data: ClassificationData, texts: int, seed: int) -> ClassificationData:
    """The data with so many of its training texts."""
    rows = np.random.default_rng(seed).permutation(len(data.train))[:texts]
    kept = Examples([data.train.texts[row] for row in rows], data.train.labels[rows])
    return replace(data, train=kept)


def main() -> None:
    """Print a line for each make of the bag."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--texts", type=int, help="training texts in a sample (default: all)")
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--raw-text", type=Path)
    options = parser.parse_args()
    print(describe_machine("scikit-learn", "numpy"))
    data = read_classification_data(
        options.train,
        options.dev,
        None,
        text_column=options.text_column,
        label_column=options.label_column,
        seed=1,
    )
    whole = options.texts is None or options.texts >= len(data.train)
    samples = [data] if whole else [sample(data, options.texts, seed) for seed in range(options.samples)]
    print(f"{len(samples)} times {len(samples[0].train)} texts, {len(data.dev)} to ask for")
    _report("logistic regression", samples, "NAIVE_BAYES_SHARE", "ENOUGH_TEXTS")
    _report("and naive Bayes", samples, "ENOUGH_TEXTS")
    _report("and spelling", samples)
    if options.raw_text is not None:
        _report("and raw text", samples, sources=Sources(raw_text=options.raw_text))


def _report(
    title: str, samples: list[ClassificationData], *left_out: str, sources: Sources = NOTHING
) -> None:
    with patch.dict(vars(bag_of_ngrams), dict.fromkeys(left_out, 0)):  # at zero they leave out their part
        shares = [100 * accuracy(data, sources) for data in samples]
    print(f"{title:<20} {statistics.mean(shares):.1f} % ({min(shares):.1f} to {max(shares):.1f})", flush=True)


if __name__ == "__main__":
    main()

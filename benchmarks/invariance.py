"""How far does any probability move when the same texts are run in another way?

Each text is scored alone; then all of them in batches of several sizes, in a random order as `predict` would
cut it, and with 50 columns of padding that no text needs. This is done on the NumPy runtime and, where it
is installed, on torch in float32. Ends with status 1 when a probability moves by more than 1e-6 on the way,
or differs by more than 1e-5 between the two.

    python benchmarks/invariance.py MODEL reviews.csv
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float
from machine import describe_machine
from numpy.typing import NDArray

import headgate
from headgate.data import read_texts
from headgate.data.bucketing import longest_first_batches
from headgate.runtime import Classifier, Scorer
from headgate.runtime.classification.network import ClassifierNetwork
from headgate.tasks import probabilities
from headgate.text import EncodedTexts, TokenBatch

BATCH_SIZES = (2, 7, 64, 1000)
EXTRA_COLUMNS = 50
BOUND = 1e-6
"""Between two ways of running the same texts on the same backend."""
BACKEND_BOUND = 1e-5
"""Between the backends."""

Rows = NDArray[np.int64]
Probabilities = Float[NDArray[np.float64], "batch labels"]


def main() -> int:
    """Print the largest and the mean change of every way of running; 1 when any breaks its bound, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", help="a model folder, the name of a bundled model or a hub id")
    parser.add_argument("data", type=Path, help="a table with a text column, or one text a line")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--most", type=int, default=1000, help="texts, drawn at random; 0 for all (1000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    model = headgate.load(options.model)
    generator = np.random.default_rng(options.seed)
    texts = list(read_texts(options.data, text_column=options.text_column))
    if 0 < options.most < len(texts):
        texts = [texts[row] for row in sorted(generator.choice(len(texts), options.most, replace=False))]
    texts.append("")  # a text without words has its answer too
    encoded = model.encoder.encode(texts)
    order = generator.permutation(len(texts))
    backends = scorers(model)

    print(describe_machine(*(("numpy", "torch") if "torch" in backends else ("numpy",))))
    network = model.config.network
    print(
        f"{network.cell} of {network.hidden_dim} units, {network.layers} layer(s), {network.directions} "
        f"direction(s), {network.pooling} pooling; {len(texts)} texts of 0 to {encoded.lengths.max()} words"
    )
    print("\nprobabilities against those of each text scored alone")
    print("backend  run                          largest change    mean change")
    worst, alone = 0.0, {}
    for backend, scorer in backends.items():
        alone[backend] = score(scorer, encoded, in_order(encoded, 1), model.config.temperature)
        for name, batches, extra in ways(encoded, order):
            found = score(scorer, encoded, batches, model.config.temperature, extra=extra)
            worst = max(worst, _report(backend, name, found, alone[backend]))
    print(f"largest: {worst:.1e}; the bound is {BOUND:.0e}: {_verdict(worst, BOUND)}")
    apart = 0.0
    if "torch" in alone:
        print("\nprobabilities of the backends against each other, each text scored alone")
        apart = _report("torch", "against numpy", alone["torch"], alone["numpy"])
        print(f"the bound is {BACKEND_BOUND:.0e}: {_verdict(apart, BACKEND_BOUND)}")
    return int(worst > BOUND or apart > BACKEND_BOUND)


def scorers(model: Classifier) -> dict[str, Scorer]:
    """What computes the logits of a batch, by the name of the backend."""
    network = ClassifierNetwork(model.config.network, model.folder.weights, model.folder.path)
    found: dict[str, Scorer] = {"numpy": network}
    if find_spec("torch"):
        from headgate.models import TorchScorer, classifier_module

        found["torch"] = TorchScorer(classifier_module(model.folder), "cpu")
    return found


def ways(encoded: EncodedTexts, order: Rows) -> Iterator[tuple[str, list[Rows], int]]:
    """Each way of running: its name, its batches of rows, and columns of padding to add to each batch."""
    for size in BATCH_SIZES:
        yield f"batches of {size}, file order", in_order(encoded, size), 0
    shuffled = [order[rows] for rows in longest_first_batches(encoded.lengths[order])]
    yield "random order, as predict", shuffled, 0
    random_mates = [order[start : start + 64] for start in range(0, len(order), 64)]
    yield "batches of 64, random order", [_longest_first(encoded, rows) for rows in random_mates], 0
    yield f"alone, {EXTRA_COLUMNS} extra columns", in_order(encoded, 1), EXTRA_COLUMNS
    yield f"batches of 64, {EXTRA_COLUMNS} extra columns", in_order(encoded, 64), EXTRA_COLUMNS


def in_order(encoded: EncodedTexts, size: int) -> list[Rows]:
    """Batches of neighbours in the file, each with its longest text first, as scorers want them."""
    starts = range(0, len(encoded), size)
    return [_longest_first(encoded, np.arange(start, min(start + size, len(encoded)))) for start in starts]


def _longest_first(encoded: EncodedTexts, rows: Rows) -> Rows:
    return rows[np.argsort(-encoded.lengths[rows], kind="stable")]


def score(
    scorer: Scorer, encoded: EncodedTexts, batches: list[Rows], temperature: float, *, extra: int = 0
) -> Probabilities:
    """The probabilities of every text, in the order of the texts."""
    found: dict[int, NDArray[np.float32]] = {}
    for rows in batches:
        found.update(zip(rows.tolist(), scorer(_padded(encoded.batch(rows), extra)), strict=True))
    return probabilities(np.stack([found[row] for row in range(len(encoded))]), temperature)


def _padded(batch: TokenBatch, extra: int) -> TokenBatch:
    def widen(ids: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.pad(ids, ((0, 0), (0, extra)))

    subwords = batch.subwords and replace(batch.subwords, word_index=widen(batch.subwords.word_index))
    return replace(batch, token_ids=widen(batch.token_ids), subwords=subwords)


def _report(backend: str, name: str, found: Probabilities, expected: Probabilities) -> float:
    changes = np.abs(found - expected).max(axis=1)
    print(f"{backend:<7}  {name:<32} {changes.max():10.1e}     {changes.mean():10.1e}", flush=True)
    return float(changes.max())


def _verdict(change: float, bound: float) -> str:
    return "kept" if change <= bound else "BROKEN"


if __name__ == "__main__":
    sys.exit(main())

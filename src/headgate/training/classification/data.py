"""The texts of a classification run: read, checked, split and numbered."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headgate.data import LabelledText, label_numbers, read_labelled, split_dev
from headgate.errors import DataError


@dataclass(frozen=True)
class Examples:
    """Texts and their label numbers."""

    texts: list[str]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.texts)

    def __add__(self, other: "Examples") -> "Examples":
        return Examples(self.texts + other.texts, np.concatenate((self.labels, other.labels)))


@dataclass(frozen=True)
class ClassificationData:
    """Texts to learn from, to choose by and to measure on.

    - `labels`: the names of the label numbers, in alphabetical order
    - `set_aside`: whether dev is a part of the training texts, and no file of its own
    - `fingerprint`: tells data apart
    """

    labels: tuple[str, ...]
    train: Examples
    dev: Examples
    test: Examples | None
    set_aside: bool
    fingerprint: str


def read_classification_data(
    train: str | Path,
    dev: str | Path | None,
    test: str | Path | None,
    *,
    text_column: str,
    label_column: str,
    seed: int,
) -> ClassificationData:
    """Read everything before anything is computed, so that a mistake in any file shows at once.

    Without a dev file a stratified tenth of the training texts is set aside, by seed. Raises DataError for
    fewer than two labels, and for a label in dev or test that training does not have.
    """

    def read(path: str | Path) -> list[LabelledText]:
        return list(read_labelled(path, text_column=text_column, label_column=label_column))

    train_texts = read(train)
    labels = tuple(sorted({example.label for example in train_texts}))
    if len(labels) < 2:
        raise DataError(f'only one label, "{"".join(labels)}": a classifier needs at least two', path=train)
    dev_texts = [] if dev is None else read(dev)
    if dev is None:
        train_texts, dev_texts = split_dev(train_texts, seed=seed)
    return ClassificationData(
        labels,
        _numbered(train_texts, labels, train),
        _numbered(dev_texts, labels, dev or train),
        None if test is None else _numbered(read(test), labels, test),
        dev is None,
        _fingerprint(train_texts, dev_texts),
    )


def _numbered(examples: list[LabelledText], labels: tuple[str, ...], path: str | Path) -> Examples:
    numbers = label_numbers(examples, labels, path)
    return Examples([example.text for example in examples], np.array(numbers, np.int64))


def _fingerprint(train: list[LabelledText], dev: list[LabelledText]) -> str:
    digest = hashlib.sha256()
    for part in (train, dev):
        for example in part:
            digest.update(f"{example.label}\0{example.text}\0".encode())
        digest.update(b"\1")
    return digest.hexdigest()[:16]

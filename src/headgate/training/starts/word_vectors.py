"""Vectors that words start from: pre-trained ones of a file, or those that the training texts give."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.data.vectors import read_vectors
from headgate.models import Reader
from headgate.shapes import Float, Int
from headgate.text import Vocabulary
from headgate.text.vocabulary import FIRST_WORD_ID
from headgate.training.starts.cooccurrence_vectors import cooccurrence_vectors

SPREAD = 0.2
"""Root mean square of the units of vectors from the training texts."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class WordVectors:
    """Vectors of words that occur in training, by word key; `path` is the file they come from, if any."""

    by_word: dict[str, Floats]
    path: Path | None = None

    @classmethod
    def read(cls, path: Path, words: Counter[str]) -> "WordVectors":
        """The vectors in a file of those of the words that it has."""
        return cls(read_vectors(path, words), path)

    @classmethod
    def of_texts(
        cls, texts: Sequence[Ints], vocabulary: Vocabulary, dim: int, window: int, seed: int
    ) -> "WordVectors":
        """What texts, as ids, say of the words of a vocabulary."""
        known, vectors = vectors_of_ids(texts, len(vocabulary), dim, window, seed)
        words = [vocabulary.words[number - FIRST_WORD_ID] for number in known.tolist()]
        return cls(dict(zip(words, vectors, strict=True)))

    @property
    def fingerprint(self) -> str | None:
        """Tells the vectors of one file from those of another; None for those of no file."""
        if self.path is None:
            return None
        digest = hashlib.sha256()
        for word, vector in sorted(self.by_word.items()):
            digest.update(word.encode() + vector.tobytes())
        return digest.hexdigest()[:16]

    @property
    def units(self) -> int:
        """The length of each vector."""
        return len(next(iter(self.by_word.values())))

    def table(self, vocabulary: Vocabulary) -> Floats | None:
        """A row for each word id, zeros for a word without a vector; None where there is no vector at all."""
        if not self.by_word:
            return None
        rows = np.zeros((len(vocabulary), self.units), np.float32)
        for word, vector in self.by_word.items():
            rows[vocabulary.id(word)] = vector
        return rows

    @torch.no_grad()
    def put_into(self, model: Reader, vocabulary: Vocabulary) -> None:
        """Let a model start from these vectors."""
        table = model.embedding.words.weight
        for word, vector in self.by_word.items():
            table[vocabulary.id(word)] = torch.from_numpy(vector)


def vectors_of_ids(
    texts: Sequence[Ints], size: int, dim: int, window: int, seed: int
) -> tuple[Int[Ints, " known"], Float[Floats, "known dim"]]:
    """Vectors from the company that ids below `size` keep in texts, and which ids have one.

    One that occurs once has no company to be known by, and has no vector here.
    """
    counts = np.bincount(np.concatenate(texts), minlength=size)
    known = np.flatnonzero(counts[FIRST_WORD_ID:] > 1) + FIRST_WORD_ID
    numbers = np.full(size, -1, np.int64)
    numbers[known] = np.arange(len(known))
    vectors = cooccurrence_vectors([numbers[ids] for ids in texts], len(known), dim, window, seed)
    if vectors is None:
        return known[:0], np.zeros((0, dim), np.float32)
    return known, vectors * np.float32(SPREAD)

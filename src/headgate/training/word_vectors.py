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
from headgate.text import Vocabulary
from headgate.text.vocabulary import FIRST_WORD_ID
from headgate.training.cooccurrence_vectors import cooccurrence_vectors

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
    def of_texts(cls, texts: Sequence[Ints], vocabulary: Vocabulary, dim: int, seed: int) -> "WordVectors":
        """What texts, as ids, say of the words of a vocabulary.

        A word that occurs once has no company to be known by, and has no vector here.
        """
        counts = np.bincount(np.concatenate(texts), minlength=len(vocabulary))
        known = np.flatnonzero(counts[FIRST_WORD_ID:] > 1) + FIRST_WORD_ID
        numbers = np.full(len(vocabulary), -1, np.int64)
        numbers[known] = np.arange(len(known))
        vectors = cooccurrence_vectors([numbers[ids] for ids in texts], len(known), dim, seed)
        if vectors is None:
            return cls({})
        words = [vocabulary.words[number - FIRST_WORD_ID] for number in known.tolist()]
        return cls(dict(zip(words, vectors * np.float32(SPREAD), strict=True)))

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

    @torch.no_grad()
    def put_into(self, model: Reader, vocabulary: Vocabulary) -> None:
        """Let a model start from these vectors."""
        table = model.embedding.words.weight
        for word, vector in self.by_word.items():
            table[vocabulary.id(word)] = torch.from_numpy(vector)

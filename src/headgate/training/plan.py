"""What a run will train, whatever its task: settings, how text is read, and what the weights start from."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.data.vectors import read_vectors
from headgate.errors import ConfigError, DataError
from headgate.modelfile import Shape
from headgate.models import Reader
from headgate.text import EncodedTexts, TextEncoder, Vocabulary
from headgate.text.vocabulary import FIRST_WORD_ID
from headgate.training.cooccurrence_vectors import cooccurrence_vectors
from headgate.training.settings import Settings, make_settings

Floats = NDArray[np.float32]
Kind = TypeVar("Kind", bound=Settings)
SPREAD = 0.2
"""Root mean square of the units of vectors from the training texts."""
Form = TypeVar("Form", bound=Shape)


@dataclass(frozen=True)
class Plan(Generic[Kind, Form]):
    """Settings, how text is read, the network's shape, and pre-trained vectors to start from."""

    settings: Kind
    encoder: TextEncoder
    shape: Form
    vectors: "WordVectors"


@dataclass(frozen=True)
class WordVectors:
    """Pre-trained vectors of words that occur in training, by word key; `path` is the file they come from."""

    by_word: dict[str, Floats]
    path: Path | None

    @classmethod
    def read(cls, path: Path | None, words: Counter[str]) -> "WordVectors":
        """The vectors in a file of those words that it has; none without a file."""
        return cls({} if path is None else read_vectors(path, words), path)

    def or_of_texts(self, texts: EncodedTexts, counts: Counter[str], settings: Settings) -> "WordVectors":
        """These, or where there are none and the settings say so, those that the training texts give.

        `counts` says which words occur twice; a word that occurs once has no company to be known by.
        """
        if self.by_word or not settings.cooccurrence:
            return self
        vocabulary = texts.vocabulary
        known = sum(counts[word] > 1 for word in vocabulary.words)  # the most frequent come first
        ids = [texts.word_ids(row) - FIRST_WORD_ID for row in range(len(texts))]
        of_texts = [np.where(words < known, words, -1) for words in ids]
        vectors = cooccurrence_vectors(of_texts, known, settings.embedding, settings.seed)
        if vectors is None:
            return self
        scaled = vectors * np.float32(SPREAD)
        return WordVectors(dict(zip(vocabulary.words[:known], scaled, strict=True)), None)

    @property
    def fingerprint(self) -> str | None:
        """Tells one set of vectors from another; None for none."""
        if not self.by_word:
            return None
        digest = hashlib.sha256()
        for word, vector in sorted(self.by_word.items()):
            digest.update(word.encode() + vector.tobytes())
        return digest.hexdigest()[:16]

    def settings(self, kind: type[Kind], defaults: dict[str, Any], choices: Mapping[str, Any]) -> Kind:
        """The settings of a run that starts from these vectors, whose length decides that of all words'.

        Raises ConfigError as `make_settings` does, and for a choice of another length.
        """
        if not self.by_word:
            return make_settings(kind, defaults, choices)
        units = len(next(iter(self.by_word.values())))
        settings = make_settings(kind, defaults | {"embedding": units}, choices)
        if settings.embedding != units:
            raise ConfigError(
                f"setting embedding must be {units}, as the vectors of {self.path} are; "
                f"got {settings.embedding}"
            )
        return settings

    def vocabulary(self, words: Counter[str], min_count: int) -> Vocabulary:
        """The words that occur so often, and those that have a vector; DataError where there are none."""
        kept = {word: count for word, count in words.items() if count >= min_count or word in self.by_word}
        if not kept:
            raise DataError(
                f"no word occurs {min_count} times in the training texts: there is nothing to learn from"
            )
        return Vocabulary.from_counts(kept)

    @torch.no_grad()
    def put_into(self, model: Reader, vocabulary: Vocabulary, *, freeze: bool) -> None:
        """Let a model start from these vectors."""
        table = model.embedding.words.weight
        for word, vector in self.by_word.items():
            table[vocabulary.id(word)] = torch.from_numpy(vector)
        table.requires_grad_(not freeze)

"""What the weights of a network start from, where a user gives more than labelled texts."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from headgate.errors import ConfigError, DataError
from headgate.text import EncodedTexts, Vocabulary
from headgate.training.settings import ReaderSettings, make_settings
from headgate.training.starts.raw_text import RawText
from headgate.training.starts.warm_start import WarmStart
from headgate.training.starts.word_vectors import WordVectors

Floats = NDArray[np.float32]
Kind = TypeVar("Kind", bound=ReaderSettings)

READY_VECTORS_RATE = 0.005
"""Highest step size of words' vectors that know something already."""


@dataclass(frozen=True)
class Sources:
    """What a user gives for the weights to start from: a file of vectors, a model, or a file of raw text."""

    embeddings: Path | None = None
    init_from: str | Path | None = None
    raw_text: Path | None = None


NOTHING = Sources()
"""Weights start from chance, or from what the training texts say."""


@dataclass(frozen=True)
class Start:
    """What the weights of a network start from, where not from chance.

    `vectors`: words' vectors; `model`: another model; `raw`: text that tells what words mean.
    """

    vectors: WordVectors | None = None
    model: WarmStart | None = None
    raw: RawText | None = None

    @classmethod
    def read(cls, sources: Sources, words: Counter[str], *, fold_digits: bool = False) -> "Start":
        """Read what a user gives to start from; ConfigError for more than one thing."""
        given = {name: value for name, value in vars(sources).items() if value is not None}
        if len(given) > 1:
            options = " and ".join("--" + name.replace("_", "-") for name in given)
            raise ConfigError(f"{options} each give words their vectors: choose one of them")
        if sources.embeddings is not None:
            return cls(vectors=WordVectors.read(sources.embeddings, words))
        if sources.raw_text is not None:
            return cls(raw=RawText.read(sources.raw_text, fold_digits=fold_digits))
        if sources.init_from is None:
            return cls()
        return cls(model=WarmStart.read(sources.init_from, fold_digits=fold_digits))

    def settings(self, kind: type[Kind], defaults: dict[str, Any], choices: Mapping[str, Any]) -> Kind:
        """The settings of a run that starts so: the vectors' length, or the model's shape, over defaults.

        Raises ConfigError as `make_settings` does, and for a choice of another length than the vectors'.
        """
        if self != Start():
            ready = min(defaults["embedding_learning_rate"], READY_VECTORS_RATE)
            defaults = defaults | {"embedding_learning_rate": ready}
        if self.model is not None:
            known = {name: value for name, value in self.model.settings.items() if name in kind.model_fields}
            return make_settings(kind, defaults | known, choices)
        if self.vectors is None:
            return make_settings(kind, defaults, choices)
        units = self.vectors.units
        settings = make_settings(kind, defaults | {"embedding": units}, choices)
        if settings.embedding != units:
            raise ConfigError(
                f"setting embedding must be {units}, as the vectors of {self.vectors.path} are; "
                f"got {settings.embedding}"
            )
        return settings

    def vocabulary(self, words: Counter[str], min_count: int) -> Vocabulary:
        """The words that occur so often, and those that start from something; DataError where there are none.

        The words of raw text are all among them, and those of a language model: what is known of one may be
        asked for. Those of another model are not, unless training has them: their vectors say what they meant
        for another task.
        """
        started = set(self.vectors.by_word) if self.vectors is not None else set[str]()
        kept = {word: count for word, count in words.items() if count >= min_count or word in started}
        if self.raw is not None:
            kept |= {word: words[word] for word in self.raw.known_words}
        if self.model is not None and self.model.is_language_model:
            kept |= {word: words[word] for word in self.model.words}
        if not kept:
            raise DataError(
                f"no word occurs {min_count} times in the training texts: there is nothing to learn from"
            )
        return Vocabulary.from_counts(kept)

    def with_texts(self, encode: Callable[[], EncodedTexts], settings: ReaderSettings) -> "Start":
        """This with what raw text and the training texts say of their words, where they are to say it.

        `encode` gives the training texts, and is called only then.
        """
        if self.model is not None or self.vectors is not None or not (settings.cooccurrence or self.raw):
            return self
        texts = encode()
        ids = [texts.word_ids(row) for row in range(len(texts))]
        if self.raw is not None:
            ids += self.raw.ids(texts.vocabulary)
        vectors = WordVectors.of_texts(
            ids, texts.vocabulary, settings.embedding, settings.cooccurrence_window, settings.seed
        )
        return replace(self, vectors=vectors)

    def word_table(self, vocabulary: Vocabulary) -> Floats | None:
        """What is known of words beyond the training texts: a vector for each, zeros for a word without one.

        None where nothing is: vectors that the training texts give tell nothing that those do not, and those
        of a model of labelled texts say what words meant for another task.
        """
        if self.vectors is not None and (self.vectors.path is not None or self.raw is not None):
            return self.vectors.table(vocabulary)
        if self.model is not None and self.model.is_language_model:
            return self.model.word_table(vocabulary)
        return None

    @property
    def identity(self) -> dict[str, Any]:
        """What must be the same for a run to go on to the very same model."""
        return {
            "embeddings": None if self.vectors is None else self.vectors.fingerprint,
            "init_from": None if self.model is None else self.model.fingerprint,
            "raw_text": None if self.raw is None else self.raw.fingerprint,
        }

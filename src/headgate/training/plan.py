"""What a run will train, whatever its task: settings, how text is read, and what the weights start from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from headgate.errors import ConfigError, DataError
from headgate.modelfile import Shape
from headgate.models import Reader
from headgate.text import EncodedTexts, TextEncoder, Vocabulary
from headgate.training.settings import Settings, make_settings
from headgate.training.warm_start import WarmStart
from headgate.training.word_vectors import WordVectors

Kind = TypeVar("Kind", bound=Settings)
Form = TypeVar("Form", bound=Shape)


@dataclass(frozen=True)
class Plan(Generic[Kind, Form]):
    """Settings, how text is read, the network's shape, and what its weights start from."""

    settings: Kind
    encoder: TextEncoder
    shape: Form
    start: "Start"

    def started(self, model: Reader) -> None:
        """Let a fresh network start from what there is, and keep vectors still where the settings say so."""
        if self.start.model is not None:
            self.start.model.put_into(model, self.encoder)
        if self.start.vectors is not None:
            self.start.vectors.put_into(model, self.encoder.vocabulary)
        model.embedding.words.weight.requires_grad_(not self.settings.freeze_embeddings)


@dataclass(frozen=True)
class Start:
    """What the weights of a network start from, where not from chance: words' vectors, or another model."""

    vectors: WordVectors | None = None
    model: WarmStart | None = None

    @classmethod
    def read(cls, embeddings: Path | None, init_from: str | Path | None, words: Counter[str]) -> "Start":
        """A file of vectors, of which those of the words are read, or a model; ConfigError for both."""
        if embeddings is not None and init_from is not None:
            raise ConfigError("give either --embeddings or --init-from: a model brings its own vectors")
        return cls(
            None if embeddings is None else WordVectors.read(embeddings, words),
            None if init_from is None else WarmStart.read(init_from),
        )

    def settings(self, kind: type[Kind], defaults: dict[str, Any], choices: Mapping[str, Any]) -> Kind:
        """The settings of a run that starts so: the vectors' length, or the model's shape, over defaults.

        Raises ConfigError as `make_settings` does, and for a choice of another length than the vectors'.
        """
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

        All the words of another model are among them: what it knows of a word may be asked for one day.
        """
        started = set(self.vectors.by_word) if self.vectors is not None else set[str]()
        kept = {word: count for word, count in words.items() if count >= min_count or word in started}
        if self.model is not None:
            kept |= {word: words[word] for word in self.model.encoder.vocabulary.words}
        if not kept:
            raise DataError(
                f"no word occurs {min_count} times in the training texts: there is nothing to learn from"
            )
        return Vocabulary.from_counts(kept)

    def or_texts(self, texts: EncodedTexts, counts: Counter[str], settings: Settings) -> "Start":
        """This; where it is nothing and the settings say so, what the training texts say of their words."""
        if self.model is not None or self.vectors is not None or not settings.cooccurrence:
            return self
        return replace(self, vectors=WordVectors.of_texts(texts, counts, settings))

    @property
    def identity(self) -> dict[str, Any]:
        """What must be the same for a run to go on to the very same model."""
        return {
            "embeddings": None if self.vectors is None else self.vectors.fingerprint,
            "init_from": None if self.model is None else self.model.fingerprint,
        }

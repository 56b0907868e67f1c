"""What a run on labelled texts or words will train: settings, how text is read, what weights start from."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from headgate.modelfile import Shape
from headgate.models import Reader
from headgate.text import TextEncoder
from headgate.training.settings import ReaderSettings
from headgate.training.starts import Start

Kind = TypeVar("Kind", bound=ReaderSettings)
Form = TypeVar("Form", bound=Shape)


@dataclass(frozen=True)
class Plan(Generic[Kind, Form]):
    """Settings, how text is read, the network's shape, and what its weights start from."""

    settings: Kind
    encoder: TextEncoder
    shape: Form
    start: Start

    def started(self, model: Reader) -> None:
        """Let a fresh network start from what there is, and keep vectors still where the settings say so."""
        if self.start.model is not None:
            self.start.model.put_into(model, self.encoder)
        if self.start.vectors is not None:
            self.start.vectors.put_into(model, self.encoder.vocabulary)
        model.embedding.words.weight.requires_grad_(not self.settings.freeze_embeddings)


class RunData(Protocol):
    """The data of a run: its training texts, and what tells it from other data."""

    @property
    def train(self) -> Sized:
        """The training texts."""
        ...

    @property
    def fingerprint(self) -> str:
        """Tells data apart."""
        ...


Data = TypeVar("Data", bound=RunData)


@dataclass(frozen=True)
class PlannedRun(Generic[Data, Kind, Form]):
    """What the runs of such tasks have in common (`headgate.training.run.TaskRun`)."""

    data: Data
    plan: Plan[Kind, Form]

    @property
    def settings(self) -> Kind:
        """The settings of the run."""
        return self.plan.settings

    @property
    def identity(self) -> dict[str, Any]:
        """What else must be the same for a run to go on to the very same model."""
        return {"data": self.data.fingerprint} | self.plan.start.identity

    @property
    def sizes(self) -> dict[str, int]:
        """How much there was to learn from."""
        return {"texts": len(self.data.train)}


def reader_shape(settings: ReaderSettings, encoder: TextEncoder) -> dict[str, Any]:
    """The entries of a network's shape that are the same for all that read word by word."""
    return {
        "vocab_size": len(encoder.vocabulary),
        "embedding_dim": settings.embedding,
        "hidden_dim": settings.hidden,
        "cell": settings.cell,
        "layers": settings.layers,
        "bidirectional": settings.bidirectional,
        "ngram_buckets": settings.ngram_buckets,
        "ngram_dim": settings.ngram_dim,
    }

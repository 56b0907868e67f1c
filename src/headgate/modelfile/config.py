"""`config.json`: everything about a model that is not its weights or its words."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from headgate.cells import cell_named
from headgate.tasks.pooling import pooling_kinds

FORMAT_VERSION = 1
"""Raised when older versions of Headgate could no longer read what this one writes."""

Task = Literal["classification"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Golden(_Record):
    """An input and the answer that the model gave when it was written; loading computes it again."""

    text: str
    scores: tuple[float, ...]


class Network(_Record):
    """The shape of a text classifier's network. Sizes are numbers of units, ids or layers."""

    vocab_size: int = Field(gt=1)
    embedding_dim: int = Field(gt=0)
    hidden_dim: int = Field(gt=0)
    num_classes: int = Field(gt=1)
    cell: str = "lstm"
    layers: int = Field(default=1, gt=0)
    bidirectional: bool = True
    pooling: str = "mean+max"
    ngram_buckets: int = Field(default=0, ge=0)
    ngram_dim: int = Field(default=48, gt=0)
    bag_features: int = Field(default=0, ge=0)

    @field_validator("cell")
    @classmethod
    def _must_be_a_cell(cls, cell: str) -> str:
        return cell_named(cell).name

    @field_validator("pooling")
    @classmethod
    def _must_be_poolings(cls, pooling: str) -> str:
        return "+".join(pooling_kinds(pooling))

    @property
    def directions(self) -> int:
        """2 for a bidirectional network, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def output_dim(self) -> int:
        """Units of the stack's output at each step: every direction's hidden state side by side."""
        return self.hidden_dim * self.directions

    @property
    def pooling_kinds(self) -> tuple[str, ...]:
        """The ways of pooling that `pooling` combines."""
        return pooling_kinds(self.pooling)

    @property
    def pooled_dim(self) -> int:
        """Units of the pooled vector that the classes are scored from."""
        return self.output_dim * len(self.pooling_kinds)


class ModelConfig(_Record):
    """The content of `config.json`.

    `gate_order` and `gru_form` record how the weights are to be read, for readers other than Headgate;
    `weights_sha256` ties the weights file to this config.
    """

    format_version: int = FORMAT_VERSION
    headgate_version: str
    task: Task
    labels: tuple[str, ...]
    temperature: float = Field(gt=0)
    network: Network
    gate_order: tuple[str, ...]
    gru_form: Literal["reset_after_product", "reset_before_product"] | None = None
    weights_sha256: str
    golden: tuple[Golden, ...]

    @field_validator("gate_order", "gru_form")
    @classmethod
    def _must_be_those_of_the_cell(cls, value: object, info: ValidationInfo) -> object:
        """Weights in another order would give other answers, not an error."""
        network = info.data.get("network")
        if isinstance(network, Network):
            cell = cell_named(network.cell)
            own = cell.gate_names if info.field_name == "gate_order" else gru_form(cell.name)
            if value != own:
                raise ValueError(f"must be {own!r} for the cell {cell.name!r}; got {value!r}")
        return value

    @field_validator("golden")
    @classmethod
    def _must_score_every_label(cls, golden: tuple[Golden, ...], info: ValidationInfo) -> tuple[Golden, ...]:
        labels = info.data.get("labels")
        if labels is not None and any(len(pair.scores) != len(labels) for pair in golden):
            raise ValueError(f"must have a score for each of the {len(labels)} labels")
        return golden


def gru_form(cell: str) -> Literal["reset_after_product", "reset_before_product"] | None:
    """Which published form of the GRU a cell computes; None for a cell that is no GRU."""
    match cell_named(cell).name:
        case "gru":
            return "reset_after_product"
        case "original_gru":
            return "reset_before_product"
        case _:
            return None

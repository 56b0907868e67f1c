"""`config.json`: everything about a model that is not its weights or its words."""

import math
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, cast

from headgate.cells import cell_named
from headgate.errors import ConfigError
from headgate.tasks.pooling import pooling_kinds

FORMAT_VERSION = 1
"""Raised when older versions of Headgate could no longer read what this one writes."""

TASKS = ("classification",)


@dataclass(frozen=True)
class Golden:
    """An input and the answer that the model gave when it was written; loading computes it again."""

    text: str
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Network:
    """The shape of a text classifier's network. Sizes are numbers of units, ids or layers."""

    vocab_size: int
    embedding_dim: int
    hidden_dim: int
    num_classes: int
    cell: str = "lstm"
    layers: int = 1
    bidirectional: bool = True
    pooling: str = "mean+max"
    ngram_buckets: int = 0
    ngram_dim: int = 48
    bag_features: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError, beginning with the entry's name, for a shape that no network has."""
        for name, check in (("cell", cell_named), ("pooling", pooling_kinds)):
            try:
                check(getattr(self, name))
            except ConfigError as error:
                raise ValueError(f"{name}: {error}") from error
        for name, least in _LEAST_SIZES.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name}: must be at least {least}; got {getattr(self, name)}")

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


_LEAST_SIZES = {
    "vocab_size": 2,
    "embedding_dim": 1,
    "hidden_dim": 1,
    "num_classes": 2,
    "layers": 1,
    "ngram_buckets": 0,
    "ngram_dim": 1,
    "bag_features": 0,
}


@dataclass(frozen=True)
class ModelConfig:
    """The content of `config.json`.

    `gate_order` and `gru_form` record how the weights are to be read, for readers other than Headgate;
    `weights_sha256` ties the weights file to this config.
    """

    headgate_version: str
    task: str
    labels: tuple[str, ...]
    temperature: float
    network: Network
    gate_order: tuple[str, ...]
    gru_form: str | None
    weights_sha256: str
    golden: tuple[Golden, ...]
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        """Raise ValueError, beginning with the entry's name, for values that do not fit each other."""
        cell = cell_named(self.network.cell)
        own = {"gate_order": cell.gate_names, "gru_form": gru_form(cell.name)}
        for name, value in own.items():  # weights in another order would give other answers, not an error
            if getattr(self, name) != value:
                raise ValueError(
                    f"{name}: must be {value!r} for the cell {cell.name!r}; got {getattr(self, name)!r}"
                )
        if self.task not in TASKS:
            raise ValueError(f"task: must be one of {', '.join(TASKS)}; got {self.task!r}")
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"temperature: must be above 0; got {self.temperature}")
        for pair in self.golden:
            if len(pair.scores) != len(self.labels):
                raise ValueError(f"golden: must have a score for each of the {len(self.labels)} labels")
            if not all(map(math.isfinite, pair.scores)):
                raise ValueError(f"golden: a score must be a finite number; got {pair.scores}")

    def to_json(self) -> dict[str, Any]:
        """The config as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ModelConfig":
        """The config that `to_json` gave; ValueError says which entry is wrong, and how."""
        entries = _entries(cls, values)
        network = _entries(Network, entries["network"], "network.")
        try:
            entries["network"] = Network(**network)
        except ValueError as error:
            raise ValueError(f"network.{error}") from error
        entries["golden"] = tuple(Golden(**_entries(Golden, pair, "golden.")) for pair in entries["golden"])
        return cls(**entries)


def gru_form(cell: str) -> str | None:
    """Which published form of the GRU a cell computes; None for a cell that is no GRU."""
    forms = {"gru": "reset_after_product", "original_gru": "reset_before_product"}
    return forms.get(cell_named(cell).name)


_JSON_TYPES: dict[Any, tuple[type, ...]] = {
    int: (int,),
    float: (int, float),
    str: (str,),
    bool: (bool,),
    str | None: (str, type(None)),
    Network: (dict,),
    tuple[str, ...]: (list,),
    tuple[float, ...]: (list,),
    tuple[Golden, ...]: (list,),
}
"""What JSON may hold for a field of each type."""
_ITEM_TYPES: dict[Any, tuple[type, ...]] = {tuple[str, ...]: (str,), tuple[float, ...]: (int, float)}


def _entries(kind: type, values: object, place: str = "") -> dict[str, Any]:
    """The entries of a JSON object as arguments of a dataclass: all that it needs, no others."""
    if not isinstance(values, dict):
        raise ValueError(f"{place.rstrip('.')}: must be an object; got {values!r}")
    found = dict(cast("dict[str, Any]", values))
    entries: dict[str, Any] = {}
    for field in fields(kind):
        if field.name not in found and field.default is MISSING:
            raise ValueError(f"{place}{field.name}: is missing")
        value = found.pop(field.name, field.default)
        right = isinstance(value, _JSON_TYPES[field.type])
        if isinstance(value, bool) and field.type is not bool:
            right = False  # to Python a bool is an int
        items = _ITEM_TYPES.get(field.type)
        if items is not None and right:
            right = all(
                isinstance(item, items) and not isinstance(item, bool) for item in cast("list[Any]", value)
            )
        if not right:
            raise ValueError(f"{place}{field.name}: got {value!r}, which is of the wrong type")
        entries[field.name] = tuple(cast("list[Any]", value)) if isinstance(value, list) else value
    if found:
        raise ValueError(f"{place}{next(iter(found))}: there is no such entry")
    return entries

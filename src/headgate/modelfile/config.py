"""`config.json`: everything about a model that is not its weights or its words."""

import math
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, TypeVar, cast

from headgate.cells import cell_named
from headgate.modelfile.network_shapes import (
    CharacterShape,
    ClassifierShape,
    LanguageModelShape,
    Shape,
    TaggerShape,
    TranslatorShape,
)

FORMAT_VERSION = 1
"""Raised when older versions of Headgate could no longer read what this one writes."""

T = TypeVar("T")

SHAPES: dict[str, type[Shape]] = {
    "classification": ClassifierShape,
    "tagging": TaggerShape,
    "translation": TranslatorShape,
    "generation": LanguageModelShape,
}
"""Each task's kind of network."""


@dataclass(frozen=True)
class Golden:
    """An input and the answer that the model gave when it was written; loading computes it again."""

    text: str
    scores: tuple[float, ...]


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
    network: Shape
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
        assert isinstance(self.network, SHAPES[self.task])
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"temperature: must be above 0; got {self.temperature}")
        for pair in self.golden:
            if self.task == "classification" and len(pair.scores) != len(self.labels):
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
        if entries["task"] not in SHAPES:
            raise ValueError(f"task: must be one of {', '.join(SHAPES)}; got {entries['task']!r}")
        entries["network"] = _build(SHAPES[entries["task"]], entries["network"], "network.")
        entries["golden"] = tuple(_build(Golden, pair, "golden.") for pair in entries["golden"])
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
    Shape: (dict,),
    CharacterShape | None: (dict, type(None)),
    tuple[str, ...]: (list,),
    tuple[float, ...]: (list,),
    tuple[int, ...]: (list,),
    tuple[Golden, ...]: (list,),
}
"""What JSON may hold for a field of each type."""
_NESTED: dict[Any, type] = {CharacterShape | None: CharacterShape}
_ITEM_TYPES: dict[Any, tuple[type, ...]] = {
    tuple[str, ...]: (str,),
    tuple[float, ...]: (int, float),
    tuple[int, ...]: (int,),
}


def _build(kind: type[T], values: object, place: str) -> T:
    """A dataclass from a JSON object; `place` comes before an entry's name in what a ValueError says."""
    entries = _entries(kind, values, place)
    for field in fields(cast("Any", kind)):
        if field.type in _NESTED and entries[field.name] is not None:
            entries[field.name] = _build(_NESTED[field.type], entries[field.name], f"{place}{field.name}.")
    try:
        return kind(**entries)
    except ValueError as error:
        raise ValueError(f"{place}{error}") from error


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

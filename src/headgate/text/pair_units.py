"""How a translator reads and writes: units of the source and units of the target."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Int
from headgate.text.units import Units, units_from_json
from headgate.text.vocabulary import UNKNOWN_ID

LINE_END = "\n"
MOST_EXPANSION = 1000
"""Target units a source unit, beyond which nothing is meant."""

Ints = NDArray[np.int64]


class PairUnits:
    """The units of both sides; the same ones, where `target` is None.

    A line end, which is a unit of every kind, stands at the end of a source and of a target, and before a
    target begins. So a text is one line here: a line end within it is read as a blank.

    `expansion`: target units, for each source unit, that a translation may well have.

    Raises ValueError for units of the target that do not know the line end.
    """

    def __init__(self, source: Units, target: Units | None = None, *, expansion: float = 2.0) -> None:
        self.source, self.expansion = source, expansion
        self.target = target or source
        self.joint = target is None
        (self.end,) = self.target.encode(LINE_END).tolist()
        if self.end == UNKNOWN_ID:
            raise ValueError("the target's units must know the line end, which ends every target")

    @staticmethod
    def line(text: str) -> str:
        """The text as it is encoded: one line, with its end."""
        return text.replace(LINE_END, " ") + LINE_END

    def source_ids(self, text: str) -> Int[Ints, " source"]:
        """The ids of a source, its end included."""
        return self.source.encode(self.line(text))

    def target_ids(self, text: str) -> Int[Ints, " target"]:
        """The ids of a target, its end included."""
        return self.target.encode(self.line(text))

    def written(self, ids: Sequence[int]) -> str:
        """The text of a target's ids, with its end or without."""
        return self.target.decode(ids[:-1] if ids and ids[-1] == self.end else ids)

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`; "target" is null where it has the source's units."""
        target = None if self.joint else self.target.to_json()
        return {
            "units": "pair",
            "expansion": self.expansion,
            "source": self.source.to_json(),
            "target": target,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "PairUnits":
        """The units that `to_json` described; ValueError, naming the entry, when the values describe none."""
        if values.get("units") != "pair":
            raise ValueError('"units" must be "pair", as a translator has them')
        sides: list[Units | None] = []
        for name in ("source", "target"):
            side = values.get(name)
            if name == "target" and side is None:
                sides.append(None)
                continue
            if not isinstance(side, dict):
                raise ValueError(f'"{name}" must describe units')
            sides.append(units_from_json(cast("dict[str, Any]", side)))
        expansion = values.get("expansion")
        if (
            isinstance(expansion, bool)
            or not isinstance(expansion, int | float)
            or not 0 < expansion <= MOST_EXPANSION
        ):
            raise ValueError(f'"expansion" must be above 0 and at most {MOST_EXPANSION}; got {expansion!r}')
        source, target = sides
        assert source is not None
        return cls(source, target, expansion=expansion)

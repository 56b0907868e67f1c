"""How a language model reads and writes text: characters, subwords or words, behind one contract."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headgate.errors import ConfigError, DataError
from headgate.shapes import Int
from headgate.text.character_units import CharacterUnits
from headgate.text.subword_units import SUBWORD_SIZE, SubwordUnits
from headgate.text.vocabulary import FIRST_WORD_ID
from headgate.text.word_units import WordUnits


class UnitDecoder(Protocol):
    """Ids → text, one at a time; all that is pushed and flushed is what `decode` gives for the same ids.

    To go on after a prompt, push the prompt's ids first and leave out their text.
    """

    def push(self, unit_id: int) -> str:
        """The text that is certain with this id, and was not before; it may be empty."""
        ...

    def flush(self) -> str:
        """The text that was held back, now that nothing follows."""
        ...


class Units(Protocol):
    """Text ↔ ids of units. Id 0 is padding and id 1 the unknown unit; every text has its ids.

    `name`: the kind, one of `UNITS`. `forbidden`: ids that generation must never choose.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def forbidden(self) -> tuple[int, ...]: ...  # noqa: D102

    def __len__(self) -> int:
        """The number of ids, padding and the unknown unit included."""
        ...

    def encode(self, text: str) -> Int[NDArray[np.int64], " units"]:
        """The ids of a text; what is not known is `UNKNOWN_ID`."""
        ...

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids, each below len(self). Each kind says for which texts this undoes `encode`."""
        ...

    def decoder(self) -> UnitDecoder:
        """A decoder at the beginning of a text."""
        ...

    def unknown_in(self, text: str) -> str | None:
        """The first piece of a text that is not known; None where all is."""
        ...

    def to_json(self) -> dict[str, Any]:
        """The content of `tokenizer.json`, for `units_from_json`; its entry "units" is the name."""
        ...


_KINDS = {kind.name: kind for kind in (CharacterUnits, SubwordUnits, WordUnits)}
UNITS = tuple(_KINDS)
"""The kinds of units, as the command line names them."""


def learn_units(
    name: str, text: str | Iterable[str], *, size: int = SUBWORD_SIZE, min_count: int = 1
) -> Units:
    """The units of this kind that a text is made of; the same text gives the same units.

    `text`: whole, or, where it is too large for that, its lines, each with its end. `size`: how many ids
    subwords have, at most; `min_count`: how often a character or word occurs, at least, to be known.
    Raises ConfigError for another name or too small a size, and DataError where nothing is known.
    """
    if name not in _KINDS:
        raise ConfigError(f'unit must be one of {", ".join(UNITS)}; got "{name}"')
    if name == SubwordUnits.name:
        return SubwordUnits.learn(text, size=size)
    kind = CharacterUnits if name == CharacterUnits.name else WordUnits
    units = kind.learn(text, min_count=min_count)
    if len(units) == FIRST_WORD_ID:
        raise DataError(f"the text has no {name} that occurs {min_count} times (lower min_count)")
    return units


def units_from_json(values: dict[str, Any]) -> Units:
    """The units that `to_json` described; ValueError, naming the entry, when the values describe none."""
    name = values.get("units")
    if name not in UNITS:
        raise ValueError(f'"units" must be one of {", ".join(UNITS)}; got {name!r}')
    return _KINDS[name].from_json(values)

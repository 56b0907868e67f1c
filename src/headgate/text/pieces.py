"""A text of any size, one piece of it at a time, so cut that the units are those of the whole text."""

import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Int

PIECE_LENGTH = 1 << 14
"""Characters after which the next good place is a cut."""

LONE_SURROGATE = re.compile("([\ud800-\udfff])")
"""Half a UTF-16 pair: a Python string can hold it, a UTF-8 file cannot. No kind of units knows it."""

# Neither a word nor a byte-level subword reaches over these: a subword begins with its one blank.
_CUT = re.compile(r"\n|(?<=\w)(?= )")


def text_pieces(text: str | Iterable[str]) -> Iterator[str]:
    """The text in pieces of bounded length, which put together are the text.

    Each ends after a line end, or between a letter or digit and a blank; where there is no such place, it is
    longer. `text`: whole, or its lines in order, each with its end.
    """
    for part in [text] if isinstance(text, str) else text:
        start = 0
        while cut := _CUT.search(part, start + PIECE_LENGTH):
            yield part[start : cut.end()]
            start = cut.end()
        if start < len(part):
            yield part[start:]


def encode_pieces(text: str, ids: Callable[[str], list[int]]) -> Int[NDArray[np.int64], " units"]:
    """What `ids` makes of the pieces of a text, one after the other."""
    none = np.empty(0, np.int64)
    return np.concatenate([none, *(np.array(ids(piece), np.int64) for piece in text_pieces(text))])

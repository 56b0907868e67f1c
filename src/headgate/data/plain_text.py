"""Running text, as a language model learns from: read a file whole, and set its end aside."""

import re
from collections.abc import Iterator
from pathlib import Path

from headgate.data.files import open_text, place_name
from headgate.errors import ConfigError, DataError

STRETCH = 1 << 16
"""Characters that are read at once."""

_WORD_END = re.compile(r"\w(?= )")


def read_plain_text(path: str | Path) -> str:
    """The whole text of a plain or .gz file, or of standard input ("-").

    "\\r\\n" is read as "\\n"; all else stays as it is. Raises DataError as `open_text` does, and for a text
    of white space alone.
    """
    with open_text(path) as file:
        text = file.read().replace("\r\n", "\n")
    if text.isspace():
        raise DataError("the file holds no text, only white space", path=place_name(path))
    return text


def split_plain_text(text: str, share: float = 0.1) -> tuple[str, str]:
    """Train and dev: dev is the last `share` of the characters, wherever in a line or word that begins.

    The cut is at int((1 - share) * len(text)); for a tenth it is the one by which Tiny Shakespeare is known.
    Each part has at least one character. Raises DataError where a part would be white space alone, and
    ConfigError for a share not between 0 and 1.
    """
    if not 0 < share < 1:
        raise ConfigError(f"share must lie between 0 and 1; got {share}")
    if len(text) < 2:
        raise DataError(
            f"a text to be split must have two characters; got {len(text)} (give a dev file with --dev)"
        )
    cut = min(max(1, int((1 - share) * len(text))), len(text) - 1)
    train, dev = text[:cut], text[cut:]
    if train.isspace() or dev.isspace():
        part = "up to" if train.isspace() else "from"
        raise DataError(
            f"the text {part} character {cut}, where the dev part would begin, is white space alone "
            "(give a dev file with --dev)"
        )
    return train, dev


def read_stretches(path: str | Path) -> Iterator[str]:
    """The text of `read_plain_text` in pieces, for texts of any size.

    Pieces are of whole lines; a line longer than `STRETCH` is cut before a blank after a word.

    Raises DataError as `open_text` does.
    """
    rest = ""
    with open_text(path) as file:
        while chunk := file.read(STRETCH):
            text = rest + chunk
            end = text.rfind("\n") + 1 or _last_word_end(text)
            if end:
                yield text[:end].replace("\r\n", "\n")
            rest = text[end:]
    if rest:
        yield rest


def _last_word_end(text: str) -> int:
    """Where the last word before a blank ends: no unit but a character reaches over that; 0 without any."""
    ends = [found.end() for found in _WORD_END.finditer(text)]
    return ends[-1] if ends else 0

"""Running text, as a language model learns from: read a file whole, and set its end aside."""

from collections.abc import Iterator
from pathlib import Path

from headgate.data.files import open_text, place_name
from headgate.errors import ConfigError, DataError

STRETCH = 1 << 16
"""Characters after which a piece of a text ends with the line."""


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
    """The text of `read_plain_text` in pieces of whole lines, for texts of any size.

    Raises DataError as `open_text` does.
    """
    lines: list[str] = []
    length = 0
    with open_text(path) as file:
        for line in file:
            lines.append(line.removesuffix("\r\n") + "\n" if line.endswith("\r\n") else line)
            length += len(line)
            if length >= STRETCH:
                yield "".join(lines)
                lines, length = [], 0
    if lines:
        yield "".join(lines)

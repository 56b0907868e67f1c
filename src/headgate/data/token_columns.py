"""Which columns of a file hold the tokens and the tags: by number, or by name where columns have names."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from headgate.data.rows import quoted
from headgate.errors import ConfigError, DataError

TOKEN_OPTION, TAG_OPTION = "--token-column", "--tag-column"
DEFAULT_TOKEN_COLUMN, DEFAULT_TAG_COLUMN = "0", "-1"

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")
_CHOOSE = f"(choose them with {TOKEN_OPTION} and {TAG_OPTION})"


class TokenColumns(NamedTuple):
    """What a caller asked for: each a number from 0, a negative number from the right, or a name."""

    token: str
    tag: str


def token_columns(token: str | int, tag: str | int) -> TokenColumns:
    """The columns asked for; ConfigError if they are the same."""
    if str(token) == str(tag):
        raise ConfigError(f'token and tag must be two columns; both are "{token}" {_CHOOSE}')
    return TokenColumns(str(token), str(tag))


def numbered_places(
    columns: TokenColumns, width: int, shown: str, *, path: str, line: int
) -> tuple[int, int]:
    """Where token and tag stand in a file of `width` columns without names, whose first line is `shown`.

    Raises ConfigError for a name and for one column asked for twice, and DataError for a file of one column
    and for a number that the file does not reach.
    """
    if width == 1:
        problem = f"1 column, {quoted(shown)}; a token and its tag must be separated by a tab or by blanks"
        raise DataError(problem, path=path, line=line)
    places: list[int] = []
    for option, column in zip((TOKEN_OPTION, TAG_OPTION), columns, strict=True):
        if not _NUMBER.fullmatch(column):
            rule = "must be a number where columns have no names (0 is the first column, -1 the last)"
            raise ConfigError(f"{option} {rule}; got {quoted(column)} for {path}")
        if not -width <= int(column) < width:
            there = f"columns are 0 to {width - 1} (-{width} to -1 from the right)"
            problem = f"no column {column}; {there}, this line is {quoted(shown)} (use {option} COLUMN)"
            raise DataError(problem, path=path, line=line)
        places.append(int(column) % width)
    return _two(places, columns, path)


def named_places(
    columns: TokenColumns, names: Sequence[str], *, path: str, line: int | None
) -> tuple[int, int]:
    """Where token and tag stand among columns that have names, written in any case, as well as numbers.

    Raises ConfigError for one column asked for twice, and DataError for a column that is not there.
    """
    folded = [name.casefold() for name in names]
    places: list[int] = []
    for option, column in zip((TOKEN_OPTION, TAG_OPTION), columns, strict=True):
        if column.casefold() in folded:
            places.append(folded.index(column.casefold()))
        elif _NUMBER.fullmatch(column) and -len(names) <= int(column) < len(names):
            places.append(int(column) % len(names))
        else:
            there = f"columns are {', '.join(names)}, or 0 to {len(names) - 1}"
            raise DataError(
                f"no column {quoted(column)}; {there} (use {option} COLUMN)", path=path, line=line
            )
    return _two(places, columns, path)


def _two(places: list[int], columns: TokenColumns, path: str | Path) -> tuple[int, int]:
    if places[0] == places[1]:
        both = f'"{columns.token}" and "{columns.tag}" are the same one in {path}'
        raise ConfigError(f"token and tag must be two columns; {both} {_CHOOSE}")
    return places[0], places[1]

"""A row of a table, the columns asked of it, and what is said when they are not there."""

import difflib
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Number
from pathlib import Path
from typing import NamedTuple, TypeAlias

from headgate.errors import DataError

Columns: TypeAlias = Sequence[str] | Mapping[str, str]
"""The names of the columns asked for, or each name → the command-line option that chooses it."""

_LONGEST_NAME_SHOWN = 40
_MOST_NAMES_SHOWN = 20


class Row(NamedTuple):
    """The values asked of one row, in the order asked.

    `line` is where the row starts in its file, counted from 1; in a parquet file or a hub dataset, which
    have no lines, it is the number of the row, counted from 1.
    """

    values: tuple[str, ...]
    line: int


def column_places(
    header: Sequence[str], columns: Columns, *, path: str | Path, line: int | None = None
) -> tuple[int, ...]:
    """Where in the header each column asked for stands; DataError if it is missing or there twice."""
    for name in columns:
        if name not in header:
            raise missing_column(name, header, columns, path=path, line=line)
        if header.count(name) > 1:
            problem = f"{header.count(name)} columns are named {quoted(name)}; rename all but one"
            raise DataError(problem, path=path, line=line)
    return tuple(header.index(name) for name in columns)


def missing_column(
    name: str, present: Sequence[str], columns: Columns, *, path: str | Path, line: int | None
) -> DataError:
    """The error for a column that is not there: the columns that are, and the option that would choose one.

    Where no column asked for is there, the file most likely has no header: the message says it needs one.
    """
    listed = ", ".join(quoted(other) for other in present[:_MOST_NAMES_SHOWN]) or "none"
    fixes: list[str] = []
    if isinstance(columns, Mapping):
        likely = _likeliest(name, present, columns)
        fixes.append(f"use {columns[name]} {'COLUMN' if likely is None else shlex.quote(likely)}")
    if line == 1 and not any(asked in present for asked in columns):
        fixes.append("the first line must name the columns")
    fix = f" ({'; '.join(fixes)})" if fixes else ""
    more = f" and {len(present) - _MOST_NAMES_SHOWN} more" if len(present) > _MOST_NAMES_SHOWN else ""
    return DataError(f"no column {quoted(name)}; columns are {listed}{more}{fix}", path=path, line=line)


def as_text(value: object, column: str, *, path: str | Path, line: int) -> str:
    """A value as text: numbers and booleans as Python writes them; DataError for null, lists and the rest.

    NaN counts as null, because dataframes write missing values so.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Number) and value == value:
        return str(value)
    kind = "null" if value is None or isinstance(value, Number) else f"a {type(value).__name__}"
    problem = (
        f"column {quoted(column)} is {kind}; text, a number or true/false is needed (fix or drop the row)"
    )
    raise DataError(problem, path=path, line=line)


def rows_of_batches(
    batches: Iterable[Sequence[Sequence[object]]], columns: Columns, *, path: str | Path
) -> Iterator[Row]:
    """Rows from batches that hold, for each column asked for in turn, the list of its values."""
    number = 0
    for batch in batches:
        for values in zip(*batch, strict=True):
            number += 1
            named = zip(columns, values, strict=True)
            yield Row(tuple([as_text(value, name, path=path, line=number) for name, value in named]), number)
    if number == 0:
        raise DataError("the table has no rows", path=path)


def _likeliest(name: str, present: Sequence[str], columns: Columns) -> str | None:
    """The column most likely meant by `name`: the only one left over, or one that is spelt alike."""
    others = [other for other in present if other not in columns and len(other) <= _LONGEST_NAME_SHOWN]
    missing = [asked for asked in columns if asked not in present]
    if len(others) == len(missing) == 1:
        return others[0]
    folded = {other.casefold(): other for other in others}
    alike = difflib.get_close_matches(name.casefold(), folded, n=1)
    return folded[alike[0]] if alike else None


def quoted(name: str) -> str:
    """A name as messages show it: on one line, in double quotes, cut where it is a whole text."""
    shown = name if len(name) <= _LONGEST_NAME_SHOWN else name[: _LONGEST_NAME_SHOWN - 1] + "…"
    return json.dumps(shown, ensure_ascii=False)

"""Rows of a jsonl table: one JSON object a line, whose keys are the columns. Blank lines are skipped."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from headgate.data.rows import Columns, Row, as_text, missing_column
from headgate.errors import DataError


def jsonl_rows(lines: Iterable[str], columns: Columns, path: str | Path) -> Iterator[Row]:
    """The rows of a jsonl from its lines; DataError names the line of a bad one."""
    has_rows = False
    for line, text in enumerate(lines, start=1):
        if text.isspace():
            continue
        has_rows = True
        record = _record(text, path, line)
        try:
            values = [as_text(record[name], name, path=path, line=line) for name in columns]
        except KeyError as error:
            raise missing_column(error.args[0], list(record), columns, path=path, line=line) from None
        if "\\u" in text:
            _check_characters(values, path, line)
        yield Row(tuple(values), line)
    if not has_rows:
        raise DataError("only blank lines; one JSON object a line is needed", path=path, line=1)


def _record(text: str, path: str | Path, line: int) -> dict[str, object]:
    try:
        record: object = json.loads(text)
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg} at character {error.pos + 1} (one JSON object a line is needed)"
        raise DataError(problem, path=path, line=line) from error
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
        raise DataError(f"JSON that cannot be read: {error}", path=path, line=line) from error
    if not isinstance(record, dict):
        problem = f"a JSON {type(record).__name__}, not an object (one JSON object a line is needed)"
        raise DataError(problem, path=path, line=line)
    return cast(dict[str, object], record)


def _check_characters(values: list[str], path: str | Path, line: int) -> None:
    """Half a surrogate pair is no character: let through, it would fail wherever the text is next written."""
    for value in values:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(value[error.start]):04x}"
            problem = f"{half} is half a character (an escape beyond U+FFFF needs both its halves)"
            raise DataError(problem, path=path, line=line) from error

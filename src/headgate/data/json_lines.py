"""Rows of a jsonl table: one JSON object a line, whose keys are the columns."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from headgate.data.json_objects import json_objects
from headgate.data.rows import Columns, Row, as_text, missing_column


def jsonl_rows(lines: Iterable[str], columns: Columns, path: str | Path) -> Iterator[Row]:
    """The rows of a jsonl from its lines; DataError names the line of a bad one."""
    for line, record in json_objects(lines, str(path)):
        try:
            values = [as_text(record[name], name, path=path, line=line) for name in columns]
        except KeyError as error:
            raise missing_column(error.args[0], list(record), columns, path=path, line=line) from None
        yield Row(tuple(values), line)

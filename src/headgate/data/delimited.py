"""Rows of comma- and tab-separated tables, whose first line names the columns.

csv is RFC 4180: a field in double quotes may hold commas, newlines and doubled quotes. Quotes that break the
rule are an error, never a guess: one forgotten quote can swallow half a file in silence.

tsv is IANA's text/tab-separated-values: a field holds no tab and no newline, and a quote is a character like
any other (`5" disk`), as in the files that GLUE and most corpora publish.

In both, blank lines are skipped, except in a table of one column, where such a line is a row with an empty
value: there is no other way to write one in a tsv, and many programs write none in a csv.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from headgate.data.files import without_line_end
from headgate.data.rows import Columns, Row, column_places, quoted
from headgate.errors import DataError


class _Format(NamedTuple):
    """What messages say of a format: what stands between columns, and what to do about a wrong number."""

    separators: str
    hint: str


_CSV = _Format("commas", "put a field that holds a comma in double quotes")
_TSV = _Format("tabs", "a tsv field holds no tab or newline; write a csv where one must")

_CSV_PROBLEMS = {
    "expected after": 'text after a closing quote (double every quote inside a quoted field: "")',
    "unexpected end": 'a quoted field starts here and never ends (double every quote inside it: "")',
    "new-line character": 'a "\\r" outside quotes (end lines with "\\n" or "\\r\\n"; quote fields with one)',
}
"""What the csv module's messages mean to whoever wrote the file."""


def csv_rows(lines: Iterable[str], columns: Columns, path: str | Path) -> Iterator[Row]:
    """The rows of a csv from its lines (with their ends); DataError names the line a bad record starts on."""
    return _rows(csv_records(lines, path), columns, path, _CSV)


def tsv_rows(lines: Iterable[str], columns: Columns, path: str | Path) -> Iterator[Row]:
    """The rows of a tsv from its lines; DataError names the line of a bad one."""
    return _rows(tsv_records(lines), columns, path, _TSV)


def tsv_records(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and its fields."""
    return ((line, without_line_end(text).split("\t")) for line, text in enumerate(lines, start=1))


def csv_records(lines: Iterable[str], path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it starts on."""
    # The csv module refuses fields over 131,072 characters; a text may be longer. The limit is the whole
    # process's and a C long, which has 32 bits on Windows.
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(lines, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            meanings = (said for known, said in _CSV_PROBLEMS.items() if known in str(error))
            raise DataError(next(meanings, f"not csv: {error}"), path=path, line=line) from error
        yield line, fields or [""]


def _rows(
    records: Iterator[tuple[int, list[str]]], columns: Columns, path: str | Path, style: _Format
) -> Iterator[Row]:
    header_line, header = next((record for record in records if not _is_blank(record[1])), (1, [""]))
    places = _header_places(header, columns, path, header_line, style)
    has_rows = False
    for line, fields in records:
        if len(fields) != len(header):
            if _is_blank(fields):
                continue
            counts = f"{_count(fields, 'field')} where the header has {_count(header, 'column')}"
            raise DataError(f"{counts} ({style.hint})", path=path, line=line)
        has_rows = True
        yield Row(tuple([fields[place] for place in places]), line)
    if not has_rows:
        raise DataError("a header, but no rows after it", path=path, line=header_line)


def _header_places(
    header: list[str], columns: Columns, path: str | Path, line: int, style: _Format
) -> tuple[int, ...]:
    if _is_blank(header):
        raise DataError("only blank lines; the first line must name the columns", path=path, line=line)
    names = [name.strip() for name in header]
    if len(names) == 1 and names[0] not in columns and any(mark in names[0] for mark in ",;\t|"):
        rule = f"the first line must name the columns, separated by {style.separators}"
        raise DataError(f"the header is one column, {quoted(names[0])}; {rule}", path=path, line=line)
    return column_places(names, columns, path=path, line=line)


def _is_blank(fields: list[str]) -> bool:
    return len(fields) == 1 and not fields[0].strip()


def _count(things: list[str], noun: str) -> str:
    return f"1 {noun}" if len(things) == 1 else f"{len(things)} {noun}s"

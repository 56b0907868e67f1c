"""Stream the rows of a table, whatever its format: csv, tsv, jsonl or parquet, plain or .gz."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from headgate.data.delimited import csv_rows, tsv_rows
from headgate.data.files import STANDARD_INPUT, check_file, is_gzip, open_text, place_name
from headgate.data.json_lines import jsonl_rows
from headgate.data.parquet import parquet_rows
from headgate.data.rows import Columns, Row
from headgate.errors import DataError

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
"""The suffixes of the tables that are read, each also with .gz after it."""

_LineReader: TypeAlias = Callable[[Iterable[str], Columns, str | Path], Iterator[Row]]
_LINE_READERS: dict[str, _LineReader] = {".csv": csv_rows, ".tsv": tsv_rows, ".jsonl": jsonl_rows}


def table_suffix(path: str | Path) -> str | None:
    """Which of TABLE_SUFFIXES the name has, before any .gz; None if it has none."""
    plain = Path(path).with_suffix("") if is_gzip(path) else Path(path)
    suffix = plain.suffix.lower()
    return suffix if suffix in TABLE_SUFFIXES else None


def read_table(path: str | Path, columns: Columns) -> Iterator[Row]:
    """The values of the columns asked for, row by row, in the order asked, in constant memory.

    `columns` gives their names, or each name → the command-line option that chooses it
    (`{"text": "--text-column"}`), which messages then name. Values are text as it stands in the file; in
    jsonl and parquet, numbers and booleans become text as Python writes them (1.5, True), and null is an
    error. Standard input ("-") has no suffix: it is jsonl if it begins with "{", otherwise tsv if its first
    line holds a tab, otherwise csv.

    Raises DataError with the place of what is wrong, once the rows are asked for: see `open_text` for the
    file itself; an unknown suffix, a missing column, a row of another width, a table without rows.
    """
    if str(path) == STANDARD_INPUT:
        yield from _standard_input_rows(columns)
        return
    suffix = table_suffix(path)
    if suffix is None:
        check_file(path)
        suffixes = ", ".join(TABLE_SUFFIXES)
        raise DataError(
            f"no table by its name; tables are {suffixes}, each also with .gz after it", path=path
        )
    if suffix == ".parquet":
        yield from parquet_rows(path, columns)
        return
    with open_text(path) as lines:
        yield from _LINE_READERS[suffix](lines, columns, path)


def _standard_input_rows(columns: Columns) -> Iterator[Row]:
    with open_text(STANDARD_INPUT) as lines:
        seen: list[str] = []
        for line in lines:
            seen.append(line)
            if not line.isspace():
                break
        reader = _sniffed(seen[-1])
        yield from reader(chain(seen, lines), columns, place_name(STANDARD_INPUT))


def _sniffed(first_line: str) -> _LineReader:
    if first_line.lstrip().startswith("{"):
        return jsonl_rows
    return tsv_rows if "\t" in first_line else csv_rows

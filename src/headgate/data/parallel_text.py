"""Pairs of a source and its target to learn translation from, and bare sources to translate.

A file of two columns needs no header line, since parallel corpora and pronunciation dictionaries have none.
Its first line is a header where it holds the names of the columns asked for; otherwise it is a pair.
"""

from collections.abc import Iterator, Mapping
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple, TypeAlias

from headgate.data.delimited import csv_records, tsv_records
from headgate.data.files import (
    STANDARD_INPUT,
    check_file,
    open_text,
    place_name,
    read_lines,
)
from headgate.data.rows import column_places, missing_column, quoted
from headgate.data.tables import read_table, table_suffix
from headgate.errors import ConfigError, DataError

_OPTIONS = {"source": "--source-column", "target": "--target-column"}
"""The columns asked for where nobody chose, and the options that choose others."""

_Record: TypeAlias = tuple[int, list[str]]
"""A line's number, counted from 1, and its fields."""


class Pair(NamedTuple):
    """A text and what it becomes: a sentence and its translation, a word and its pronunciation."""

    source: str
    target: str


def read_pairs(
    files: str | Path, *, source_column: str = "source", target_column: str = "target"
) -> Iterator[Pair]:
    """The pairs of one file or of two line-aligned ones, in order and in constant memory.

    `files` is one of these, each also with .gz after its name:

    - "SOURCE,TARGET": two text files of which line i of one belongs to line i of the other;
    - jsonl or parquet with the two columns;
    - csv, or text with a tab between source and target (any other name, and "-"): a file whose first line
      holds both column names may have further columns; one without such a header has exactly two.

    A text stays as it is, empty or not, without its line end; blank lines of a single file are skipped.
    Raises ConfigError if both columns are the same one, and DataError, with the place, as `read_table` does;
    for files of unequal line counts; for a line of another number of columns; for a file of blank lines.
    """
    if source_column == target_column:
        raise ConfigError(
            f'source and target must be two columns; both are "{source_column}" '
            "(choose them with --source-column and --target-column)"
        )
    aligned = _aligned_files(str(files))
    if aligned is not None:
        yield from _aligned_pairs(*aligned)
        return
    columns = {source_column: "--source-column", target_column: "--target-column"}
    for source, target in _columns_of(files, columns, widths=(2,)):
        yield Pair(source, target)


def read_sources(path: str | Path, *, source_column: str = "source") -> Iterator[str]:
    """Sources to translate, in order: a table's source column, or one a line of any other file and of "-".

    A csv or tsv without that column in its first line has sources alone, or pairs as `read_pairs` reads
    them. There are as many sources as lines or rows: a blank line of a plain file is an empty source.
    Raises DataError as `read_table` and `open_text` do.
    """
    if str(path) == STANDARD_INPUT or table_suffix(path) is None:
        yield from read_lines(path)
        return
    for values in _columns_of(path, {source_column: "--source-column"}, widths=(1, 2)):
        yield values[0]


# ---------------------------------------------------------------- two files


def _aligned_files(files: str) -> tuple[str, str] | None:
    """The two files that "SOURCE,TARGET" names; None where it names a single one."""
    cuts = [place for place, character in enumerate(files) if character == ","]
    if not cuts or _is_file(files):
        return None
    halves = [(files[:cut], files[cut + 1 :]) for cut in cuts]
    if len(cuts) > 1:
        halves = [pair for pair in halves if all(map(_is_file, pair))]
        if len(halves) != 1:
            raise DataError(
                f"SOURCE,TARGET are two files with one comma between them; got {len(cuts)} commas, and "
                f"{len(halves)} ways to cut there into two files that exist (rename them)",
                path=files,
            )
    for name in halves[0]:
        try:
            check_file(name)
        except DataError as error:
            problem = error.problem if name else "a name is missing beside the comma"
            meaning = f'("{files}" means two line-aligned files: SOURCE,TARGET)'
            raise DataError(f"{problem} {meaning}", path=name or None) from error
    return halves[0]


def _is_file(name: str) -> bool:
    try:
        check_file(name)
    except DataError:
        return False
    return True


def _aligned_pairs(source_file: str, target_file: str) -> Iterator[Pair]:
    sources, targets = read_lines(source_file), read_lines(target_file)
    has_source, has_target = False, False
    for before, (source, target) in enumerate(zip_longest(sources, targets)):
        if source is None or target is None:
            longer = before + 1 + sum(1 for _ in (sources if target is None else targets))
            counts = (longer, before) if target is None else (before, longer)
            raise _unequal(source_file, target_file, *counts)
        has_source = has_source or bool(source.strip())
        has_target = has_target or bool(target.strip())
        yield Pair(source, target)
    for name, has_text in ((source_file, has_source), (target_file, has_target)):
        if not has_text:
            raise DataError("only blank lines; one text a line is needed", path=name)


def _unequal(source_file: str, target_file: str, sources: int, targets: int) -> DataError:
    problem = (
        f"{sources} lines, but {target_file} has {targets}: line i of one must belong to line i of the other "
        '(where a text has no counterpart, leave a blank line; lines end at "\\n" alone)'
    )
    return DataError(problem, path=source_file)


# ---------------------------------------------------------------- one file


def _columns_of(
    path: str | Path, columns: Mapping[str, str], *, widths: tuple[int, ...]
) -> Iterator[tuple[str, ...]]:
    """The values of the columns asked for, row by row; without a header the file has one of the `widths`."""
    suffix = None if str(path) == STANDARD_INPUT else table_suffix(path)
    if suffix in (".jsonl", ".parquet"):
        yield from (row.values for row in read_table(path, columns))
        return
    name = place_name(path)
    with open_text(path) as lines:
        records = csv_records(lines, name) if suffix == ".csv" else tsv_records(lines)
        places, width, records = _layout(records, columns, widths, name)
        yield from _values(records, places, width, name)


def _layout(
    records: Iterator[_Record], columns: Mapping[str, str], widths: tuple[int, ...], path: str
) -> tuple[tuple[int, ...], int, Iterator[_Record]]:
    """Where the columns stand, how many there are in all, and the records behind any header."""
    seen: list[_Record] = []
    for record in records:
        seen.append(record)
        if not _is_blank(record[1]):
            break
    else:
        raise DataError("only blank lines; one row a line is needed", path=path)
    line, names = seen[-1][0], [field.strip() for field in seen[-1][1]]
    missing = next((name for name in columns if name not in names), None)
    if missing is None:
        return column_places(names, columns, path=path, line=line), len(names), records
    if not columns.items() <= _OPTIONS.items():  # names that somebody chose must be there
        raise missing_column(missing, names, columns, path=path, line=line)
    if len(names) not in widths:
        rule = " or ".join(map(str, widths))
        asked = " and ".join(map(quoted, columns))
        more = f"; a file of more columns needs a first line that names {asked}"
        raise _wrong_width(len(names), rule, path, line, more)
    return tuple(range(len(columns))), len(names), chain(seen, records)


def _values(
    records: Iterator[_Record], places: tuple[int, ...], width: int, path: str
) -> Iterator[tuple[str, ...]]:
    has_rows = False
    for line, fields in records:
        if len(fields) == width:
            has_rows = True
            yield tuple([fields[place] for place in places])
        elif not _is_blank(fields):
            raise _wrong_width(len(fields), str(width), path, line)
    if not has_rows:
        raise DataError("a header, but no rows after it", path=path)


def _wrong_width(found: int, rule: str, path: str, line: int, more: str = "") -> DataError:
    is_csv = table_suffix(path) == ".csv"
    fix = (
        "put a field that holds a comma in double quotes"
        if is_csv
        else "a tab stands between columns and nowhere else"
    )
    return DataError(f"the number of columns must be {rule}; got {found} ({fix}{more})", path=path, line=line)


def _is_blank(fields: list[str]) -> bool:
    return len(fields) == 1 and not fields[0].strip()

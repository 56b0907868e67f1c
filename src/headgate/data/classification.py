"""Labelled texts to learn from, and bare texts to predict."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from headgate.data.files import STANDARD_INPUT, place_name, read_lines
from headgate.data.hub import hub_rows, is_hub_id
from headgate.data.tables import read_table, table_suffix
from headgate.errors import ConfigError, DataError

LABELS_SHOWN = 20
"""Labels that an error message lists at the most."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text, which may be empty, and its label, which is not.

    `line` is where it starts in its file, counted from 1 (in parquet files and hub datasets: its row).
    """

    text: str
    label: str
    line: int


def read_labelled(
    path_or_id: str | Path, *, text_column: str = "text", label_column: str = "label"
) -> Iterator[LabelledText]:
    """The labelled texts of a table (csv, tsv, jsonl, parquet, each also .gz; "-") or of a hub dataset.

    White space around a label is dropped; a text is kept as it is. Raises ConfigError if both columns are the
    same one, and DataError, at the row where it is met, as `read_table` does and for an empty label.
    """
    if text_column == label_column:
        raise ConfigError(
            f'text and label must be two columns; both are "{text_column}" '
            "(choose them with --text-column and --label-column)"
        )
    columns = {text_column: "--text-column", label_column: "--label-column"}
    rows = hub_rows(path_or_id, columns) if is_hub_id(path_or_id) else read_table(path_or_id, columns)
    for (text, label), line in rows:
        stripped = label.strip()
        if not stripped:
            problem = f'the label (column "{label_column}") is empty (fill it or drop the row)'
            raise DataError(problem, path=place_name(path_or_id), line=line)
        yield LabelledText(text, stripped, line)


def read_texts(path: str | Path, *, text_column: str = "text") -> Iterator[str]:
    """Texts to predict, in order: a table's text column, or one text a line of any other file and of "-".

    There are as many texts as lines or rows: a blank line of a plain file is an empty text. Raises DataError
    as `read_table` and `open_text` do.
    """
    if str(path) == STANDARD_INPUT or table_suffix(path) is None:
        yield from read_lines(path)
        return
    for row in read_table(path, {text_column: "--text-column"}):
        yield row.values[0]


def label_numbers(
    examples: Iterable[LabelledText], labels: Sequence[str], path_or_id: str | Path
) -> list[int]:
    """The place of each example's label among `labels`; DataError names the line of one that is not there."""
    numbers = {label: number for number, label in enumerate(labels)}
    found: list[int] = []
    for example in examples:
        if example.label not in numbers:
            known = ", ".join(labels[:LABELS_SHOWN]) + (", ..." if len(labels) > LABELS_SHOWN else "")
            problem = f'label "{example.label}" was not seen in training; the labels are {known}'
            raise DataError(problem, path=place_name(path_or_id), line=example.line)
        found.append(numbers[example.label])
    return found

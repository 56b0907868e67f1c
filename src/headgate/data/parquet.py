"""Rows of a parquet file, a batch at a time. pyarrow is imported only here, and only when called."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from headgate.data.files import open_seekable
from headgate.data.rows import Columns, Row, column_places, rows_of_batches
from headgate.errors import DataError, MissingExtraError

_BATCH_ROWS = 4096


def parquet_rows(path: str | Path, columns: Columns) -> Iterator[Row]:
    """The rows of a parquet file; DataError names the row (as its line) where the problem is in one.

    Raises MissingExtraError where pyarrow is not installed.
    """
    with open_seekable(path) as file:
        yield from rows_of_batches(_batches(file, path, columns), columns, path=path)


def _batches(file: BinaryIO, path: str | Path, columns: Columns) -> Iterator[Sequence[Sequence[object]]]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("reading parquet files", "data") from error
    try:
        with parquet.ParquetFile(file) as table:
            column_places(table.schema_arrow.names, columns, path=path)
            for batch in table.iter_batches(_BATCH_ROWS, columns=list(columns)):
                yield [batch.column(name).to_pylist() for name in columns]
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).split("\n")[0]
        raise DataError(f"not a parquet file that can be read: {reason}", path=path) from error

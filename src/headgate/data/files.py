"""Open a text file so that its lines mean one thing: UTF-8, ended by "\\n" alone, .gz read as if plain.

Python's own `splitlines`, and its universal newlines, also break lines at "\\r" (and the former at U+0085 and
U+2028), which occur inside real texts: line numbers and line-aligned files then come apart.
"""

import codecs
import gzip
import io
import shutil
import sys
import tempfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from headgate.errors import DataError

STANDARD_INPUT = "-"
"""The path that means standard input."""

_READ_ERRORS = (OSError, EOFError, zlib.error)


@contextmanager
def open_text(path: str | Path) -> Generator[TextIO]:
    """Open a plain or .gz text file, or standard input ("-"), as UTF-8; a byte order mark is dropped.

    Lines end at "\\n" only and keep their ends, a "\\r" included. Raises DataError when opened for a missing
    file or a folder, and when read for an empty file, bytes that are not UTF-8 (with their line) and damaged
    gzip data.
    """
    with _open_bytes(path) as source:
        checked = cast(BinaryIO, _CheckedBytes(source, place_name(path)))
        with io.TextIOWrapper(checked, encoding="utf-8-sig", newline="\n") as text:
            yield text


def read_lines(path: str | Path) -> Iterator[str]:
    """The lines of a text file without their ends ("\\n" or "\\r\\n"), blank lines included.

    Raises DataError as `open_text` does, at the first line asked for.
    """
    with open_text(path) as text:
        for line in text:
            yield without_line_end(line)


def without_line_end(line: str) -> str:
    """The line without its "\\n" or "\\r\\n"; any other white space stays."""
    return line.removesuffix("\n").removesuffix("\r")


@contextmanager
def open_seekable(path: str | Path) -> Generator[BinaryIO]:
    """Open a plain or .gz binary file for reading at any place; .gz goes through a temporary file.

    Raises DataError for a missing file, a folder, an empty file and damaged gzip data.
    """
    with _open_bytes(path) as source, tempfile.TemporaryFile() as unpacked:
        file = source
        if is_gzip(path):
            try:
                shutil.copyfileobj(source, unpacked)
            except _READ_ERRORS as error:
                raise _unreadable(error, place_name(path)) from error
            file = cast(BinaryIO, unpacked)
        if file.seek(0, io.SEEK_END) == 0:
            raise DataError("the file is empty", path=path)
        file.seek(0)
        yield file


def check_file(path: str | Path) -> None:
    """Raise DataError unless there is a file at `path`."""
    try:
        if Path(path).is_dir():
            raise DataError("is a folder; a file is needed", path=path)
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError("no such file", path=path) from error
    except OSError as error:
        raise _unreadable(error, place_name(path)) from error


def is_gzip(path: str | Path) -> bool:
    """Whether the name says gzip."""
    return Path(path).suffix.lower() == ".gz"


def place_name(path: str | Path) -> str:
    """The path as messages name it."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


@contextmanager
def _open_bytes(path: str | Path) -> Generator[BinaryIO]:
    if str(path) == STANDARD_INPUT:
        yield sys.stdin.buffer  # left open: it is not ours to close
        return
    check_file(path)
    try:
        file = gzip.open(path) if is_gzip(path) else Path(path).open("rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise _unreadable(error, str(path)) from error
    with file:
        yield cast(BinaryIO, file)


def _unreadable(error: Exception, name: str) -> DataError:
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return DataError(f"damaged or cut-off gzip data ({error})", path=name)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataError(f"cannot be read ({reason})", path=name)


class _CheckedBytes(io.BufferedIOBase):
    """Bytes on their way to a text reader: every problem in them becomes a DataError that names its place.

    They are decoded here once more than needed: only here is it known which file and line a bad byte is in,
    also for standard input, which cannot be read a second time.
    """

    def __init__(self, source: BinaryIO, name: str) -> None:
        self._source = cast(io.BufferedIOBase, source)
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._newlines = 0
        self._is_empty = True

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(self.read1, b""))
        return self.read1(size)

    def read1(self, size: int = -1, /) -> bytes:
        try:
            chunk = self._source.read1(size)
        except _READ_ERRORS as error:
            raise _unreadable(error, self._name) from error
        try:
            text = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise self._not_utf8(error) from error
        self._is_empty = self._is_empty and not text
        if not chunk and self._is_empty:
            raise DataError("the file is empty", path=self._name)
        self._newlines += chunk.count(b"\n")
        return chunk

    def _not_utf8(self, error: UnicodeDecodeError) -> DataError:
        line = 1 + self._newlines + error.object.count(b"\n", 0, error.start)
        head = error.object[:2] if self._newlines == 0 and error.start <= 1 else b""
        if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            problem = "UTF-16, not UTF-8 text (convert the file: iconv -f utf-16 -t utf-8)"
        elif head == b"\x1f\x8b":
            problem = "gzip data, not text (unpack it, or give the file a name that ends in .gz)"
        else:
            byte = error.object[error.start]
            problem = f"not UTF-8 text: byte 0x{byte:02x} (convert the file: iconv -f latin1 -t utf-8)"
        return DataError(problem, path=self._name, line=line)

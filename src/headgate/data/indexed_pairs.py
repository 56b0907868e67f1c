"""Pairs by the million to learn from, of which memory holds at most where each begins and ends.

The texts lie one after the other in a temporary file without a name, which the system removes once nothing
reads it; a second file says where. Both are mapped, so what is read often stays in the system's file cache.
"""

import hashlib
import mmap
import struct
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from headgate.data.parallel_text import Pair
from headgate.errors import DataError, OutputError
from headgate.shapes import Int

_ENTRY = struct.Struct("=3q")
"""Where a pair's source begins, where its target begins and where that ends, in bytes of the text file."""

_ENTRIES_AT_ONCE = 4096
_HALVES = "surrogatepass"  # half a character, which no file holds but a str may


@dataclass(frozen=True, eq=False)
class IndexedPairs:
    """Pairs with text on both sides, in order: `of` writes them, `select` gives some of them.

    `fingerprint` tells pairs apart: the same pairs in the same order have the same one, and so have the same
    rows selected of them. `left_out` counts the pairs that were not taken because a side was empty or white
    space; a selection keeps that number.
    """

    fingerprint: str
    left_out: int
    _text: mmap.mmap
    _entries: Int[NDArray[Any], "pairs 3"]

    @classmethod
    def of(cls, pairs: Iterable[Pair]) -> "IndexedPairs":
        """Read the pairs once and write them to temporary files (in the folder TMPDIR, where that is set).

        Raises DataError where no pair has text on both sides, and OutputError where the disk is full.
        """
        try:
            with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as entries:
                fingerprint, left_out = _write(pairs, text, entries)
                table = np.frombuffer(_mapped(entries), np.int64).reshape(-1, 3)
                return cls(fingerprint, left_out, _mapped(text), table)
        except OutputError:
            raise
        except OSError as error:
            problem = f"pairs cannot be kept in a temporary file: {error} (set TMPDIR to a folder with room)"
            raise OutputError(problem) from error

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, row: int) -> Pair:
        """The pair of a row; IndexError where there is none."""
        start, middle, end = self._entries[row].tolist()
        return Pair(self._decoded(start, middle), self._decoded(middle, end))

    def __iter__(self) -> Iterator[Pair]:
        for start, middle, end in self._spans():
            yield Pair(self._decoded(start, middle), self._decoded(middle, end))

    @property
    def sources(self) -> Iterator[str]:
        """The sources in order, from the first at every call."""
        return (self._decoded(start, middle) for start, middle, _ in self._spans())

    @property
    def targets(self) -> Iterator[str]:
        """The targets in order, from the first at every call."""
        return (self._decoded(middle, end) for _, middle, end in self._spans())

    def select(self, rows: Int[NDArray[Any], " rows"]) -> "IndexedPairs":
        """The pairs of these rows, in the order given, from the same files; takes 24 bytes a pair."""
        digest = hashlib.sha256(self.fingerprint.encode() + rows.astype(np.int64).tobytes())
        return IndexedPairs(digest.hexdigest()[:16], self.left_out, self._text, self._entries[rows])

    def _spans(self) -> Iterator[list[int]]:
        for first in range(0, len(self), _ENTRIES_AT_ONCE):
            yield from self._entries[first : first + _ENTRIES_AT_ONCE].tolist()

    def _decoded(self, start: int, end: int) -> str:
        return self._text[start:end].decode("utf-8", _HALVES)


def _write(pairs: Iterable[Pair], text: IO[bytes], entries: IO[bytes]) -> tuple[str, int]:
    """Write the pairs; returns their fingerprint and how many were left out."""
    digest = hashlib.sha256()
    start, left_out = 0, 0
    for source, target in pairs:
        if not (source.strip() and target.strip()):
            left_out += 1
            continue
        first, second = source.encode("utf-8", _HALVES), target.encode("utf-8", _HALVES)
        middle = start + len(first)
        entry = _ENTRY.pack(start, middle, middle + len(second))
        text.write(first + second)
        entries.write(entry)
        digest.update(entry + first + second)
        start = middle + len(second)
    if start == 0:
        raise DataError(f"no pair has text on both sides; got {left_out} with an empty one")
    return digest.hexdigest()[:16], left_out


def _mapped(file: IO[bytes]) -> mmap.mmap:
    file.flush()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

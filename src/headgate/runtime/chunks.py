"""Many texts, a bounded number of them at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

CHUNK_TEXTS = 4096
"""Texts that are read ahead to be batched by length; bounds the memory that a long input takes."""

Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int | None = None) -> Iterator[list[Item]]:
    """The items in order, `size` (`CHUNK_TEXTS`) at a time."""
    remaining = iter(items)
    while chunk := list(islice(remaining, size or CHUNK_TEXTS)):
        yield chunk

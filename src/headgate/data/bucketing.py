"""Which texts go into a batch together: texts of like length, so that little is padded."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Int

SCORING_TEXTS = 256
"""The most texts that are scored in one batch."""
MOST_TOKENS = 16_384
"""The most tokens of a batch, padding included: bounds the memory that long texts take."""

Rows = NDArray[np.int64]


def longest_first_batches(lengths: Int[NDArray[Any], " texts"]) -> Iterator[Rows]:
    """Batches for scoring: rows of texts in falling order of length, a bounded number of tokens in each.

    A single text longer than the bound is a batch by itself.
    """
    yield from _cut(np.argsort(-lengths, kind="stable"), lengths, SCORING_TEXTS)


def shuffled_batches(
    lengths: Int[NDArray[Any], " texts"],
    batch_size: int,
    generator: "np.random.Generator",  # quoted, since the bare name would import numpy.random
    *,
    pool_batches: int = 50,
) -> list[Rows]:
    """One epoch of training batches: every row once, in random order, texts of like length together.

    Rows are shuffled, cut into pools of `pool_batches` batches, sorted by length within each pool (ties at
    random), cut into batches of at most `batch_size` texts and `MOST_TOKENS` tokens, and the batches are
    shuffled: random enough to learn from, little padding.
    """
    order = generator.permutation(len(lengths))
    batches: list[Rows] = []
    for start in range(0, len(order), batch_size * pool_batches):
        pool = order[start : start + batch_size * pool_batches]
        batches += _cut(pool[np.argsort(-lengths[pool], kind="stable")], lengths, batch_size)
    return [batches[index] for index in generator.permutation(len(batches))]


def _cut(rows: Rows, lengths: NDArray[Any], batch_size: int) -> Iterator[Rows]:
    """Cut rows in falling order of length into batches; a text longer than the bound is one by itself."""
    start = 0
    while start < len(rows):
        longest = max(1, int(lengths[rows[start]]))
        size = min(batch_size, max(1, MOST_TOKENS // longest))
        yield rows[start : start + size]
        start += size

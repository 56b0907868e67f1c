"""Which texts go into a batch together: texts of like length, so that little is padded."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Int

SCORING_TEXTS = 256
SCORING_TOKENS = 16_384
"""The most texts, and the most tokens with padding, that are scored in one batch."""

Rows = NDArray[np.int64]


def longest_first_batches(lengths: Int[NDArray[Any], " texts"]) -> Iterator[Rows]:
    """Batches for scoring: rows of texts in falling order of length, a bounded number of tokens in each.

    A single text longer than the bound is a batch by itself.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = max(1, int(lengths[order[start]]))
        size = min(SCORING_TEXTS, max(1, SCORING_TOKENS // longest))
        yield order[start : start + size]
        start += size


def shuffled_batches(
    lengths: Int[NDArray[Any], " texts"],
    batch_size: int,
    generator: "np.random.Generator",  # quoted, since the bare name would import numpy.random
    *,
    pool_batches: int = 50,
) -> list[Rows]:
    """One epoch of training batches: every row once, in random order, texts of like length together.

    Rows are shuffled, cut into pools of `pool_batches` batches, sorted by length within each pool (ties at
    random), cut into batches, and the batches shuffled: random enough to learn from, little padding.
    """
    order = generator.permutation(len(lengths))
    batches: list[Rows] = []
    for start in range(0, len(order), batch_size * pool_batches):
        pool = order[start : start + batch_size * pool_batches]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[first : first + batch_size] for first in range(0, len(pool), batch_size)]
    return [batches[index] for index in generator.permutation(len(batches))]

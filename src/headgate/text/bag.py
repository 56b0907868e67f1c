"""A text → a bag of its words and pairs of neighbouring words, hashed into a fixed number of buckets.

The cheapest good features there are for classification (Wang & Manning 2012; Joulin et al. 2017). A pair
keeps the little word order that "not good" needs.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

Ints = NDArray[np.int64]

EMPTY_BUCKET = 0
_FIRST, _SECOND = np.int64(40503), np.int64(2246822519)


def word_hash(key: str) -> int:
    """The number that stands for a word: its CRC-32."""
    return crc32(key.encode())


@dataclass(frozen=True)
class HashedBag:
    """`buckets`: how many hash values. Bucket 0 stands for nothing."""

    buckets: int

    def ids(self, hashes: Int[Ints, " words"], previous: int | None = None) -> Int[Ints, " features"]:
        """The buckets (1 to `buckets`) of the words with these hashes, and of every two neighbours among them.

        `previous` is the hash of the word just before the first, where there is one.
        """
        chain = hashes if previous is None else np.concatenate((np.array([previous], np.int64), hashes))
        pairs = chain[:-1] * _FIRST ^ chain[1:] * _SECOND
        return np.concatenate((hashes, (pairs ^ pairs >> 29) & 0x7FFFFFFF)) % self.buckets + 1

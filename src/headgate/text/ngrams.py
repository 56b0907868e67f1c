"""A word → its character n-grams, hashed into a fixed number of buckets (Bojanowski et al. 2017).

Words that share pieces share part of their vector, so that a word never seen in training, an inflection or
a misspelling still means something. The word's ends count as characters: "<cat>" has "<ca", "cat", "at>".

Deviation from the paper: CRC-32 in place of FNV-1a, because Python has it in C.
"""

from dataclasses import dataclass
from zlib import crc32

PADDING_BUCKET = 0
LONGEST_WORD = 40
"""Characters of a word that count; keeps the cost of a "word" such as a line of base64 bounded."""


@dataclass(frozen=True)
class CharacterNgrams:
    """`buckets`: how many hash values; `shortest`, `longest`: n-gram lengths in characters.

    `cased`: upper and lower case differ, as names want it.
    """

    buckets: int
    shortest: int = 3
    longest: int = 4
    cased: bool = False

    def __post_init__(self) -> None:
        """ValueError for numbers that make no n-grams, as a damaged file may hold."""
        if not 1 <= self.shortest <= self.longest or self.buckets < 1:
            raise ValueError(f"character n-grams need buckets and lengths of at least 1; got {self}")

    def ids(self, word: str) -> list[int]:
        """The buckets of a word's n-grams, each from 1 to `buckets`; never empty."""
        marked = f"<{word[:LONGEST_WORD]}>"
        pieces = [
            marked[start : start + size]
            for size in range(self.shortest, self.longest + 1)
            for start in range(len(marked) - size + 1)
        ]
        # surrogatepass: half a pair, as a broken file or command line may hold, is a character like any other
        hashes = (crc32(piece.encode("utf-8", "surrogatepass")) for piece in pieces or [marked])
        return [value % self.buckets + 1 for value in hashes]

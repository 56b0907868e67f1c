"""Text without labels: it says what many more words mean than the labelled texts do."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headgate.data import read_lines
from headgate.errors import DataError
from headgate.text import Vocabulary, split_words, word_key
from headgate.text.vocabulary import UNKNOWN_ID

LEAST_COUNT = 5
"""Times a word must occur in raw text to be known for it."""
MOST_WORDS = 40_000

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class RawText:
    """The words of a plain text file, line by line, by their keys."""

    lines: list[list[str]]

    @classmethod
    def read(cls, path: Path, *, fold_digits: bool) -> "RawText":
        """Read a file, plain or .gz; DataError as `read_lines`, and for one without words."""
        keys: dict[str, str] = {}
        lines: list[list[str]] = []
        for line in read_lines(path):
            words = split_words(line)
            for word in words:
                if word not in keys:
                    keys[word] = word_key(word, fold_digits=fold_digits)
            if words:
                lines.append([keys[word] for word in words])
        if not lines:
            raise DataError("there is no word in it", path=path)
        return cls(lines)

    @cached_property
    def known_words(self) -> list[str]:
        """The words that occur often enough to be learned from it, the most frequent first."""
        counts = Counter(word for line in self.lines for word in line)
        return [word for word, count in counts.most_common(MOST_WORDS) if count >= LEAST_COUNT]

    def ids(self, vocabulary: Vocabulary) -> list[Ints]:
        """Each line as ids; those of words that are not known are `UNKNOWN_ID`."""
        numbers = {word: vocabulary.id(word) for word in self.known_words}
        return [np.array([numbers.get(word, UNKNOWN_ID) for word in line], np.int64) for line in self.lines]

    @property
    def fingerprint(self) -> str:
        """Tells one text from another."""
        digest = hashlib.sha256()
        for line in self.lines:
            digest.update("\0".join(line).encode("utf-8", "surrogatepass") + b"\1")
        return digest.hexdigest()[:16]

"""Words ↔ ids. Id 0 is padding and id 1 stands for every word that is not in the vocabulary."""

from collections.abc import Iterable, Mapping, Sequence

PADDING_ID = 0
UNKNOWN_ID = 1
FIRST_WORD_ID = 2


class Vocabulary:
    """An immutable list of word keys; the word at position i has id i + 2."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._ids = {word: index for index, word in enumerate(self.words, start=FIRST_WORD_ID)}

    @classmethod
    def from_counts(cls, counts: Mapping[str, int]) -> "Vocabulary":
        """All the words counted, the most frequent first, ties in alphabetical order."""
        return cls(sorted(counts, key=lambda word: (-counts[word], word)))

    def __len__(self) -> int:
        """The number of ids, padding and the unknown word included."""
        return len(self.words) + FIRST_WORD_ID

    def __contains__(self, word: str) -> bool:
        return word in self._ids

    def id(self, word: str) -> int:
        """The id of a word key, or `UNKNOWN_ID`."""
        return self._ids.get(word, UNKNOWN_ID)

    def ids(self, words: Iterable[str]) -> list[int]:
        """The ids of word keys, in order."""
        return [self._ids.get(word, UNKNOWN_ID) for word in words]

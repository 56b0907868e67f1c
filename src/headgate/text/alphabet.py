"""A word → the ids of its characters, case and all, between marks for its beginning and its end."""

from collections import Counter
from collections.abc import Mapping

PADDING_CHARACTER = 0
UNKNOWN_CHARACTER = 1
WORD_BEGIN = 2
WORD_END = 3
FIRST_CHARACTER = 4
LONGEST_HALF = 20
"""Characters that are read at each end of a longer word: bounds the cost of a "word" such as a line of
base64, and keeps the prefix and the suffix, which say most."""


class Alphabet:
    """An immutable list of characters (code points); the one at position i has id i + 4."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        self._ids = {character: index for index, character in enumerate(characters, start=FIRST_CHARACTER)}

    @classmethod
    def from_counts(cls, words: Mapping[str, int], *, min_count: int = 2, also: str = "") -> "Alphabet":
        """The characters that occur `min_count` times in words that occur so often, in code-point order.

        `also`: characters that are known whether or not they occur.
        """
        counts: Counter[str] = Counter()
        for word, count in words.items():
            for character in word:
                counts[character] += count
        frequent = {character for character, count in counts.items() if count >= min_count}
        return cls("".join(sorted(frequent | set(also))))

    def __len__(self) -> int:
        """The number of ids, those of padding, the unknown and the two marks included."""
        return len(self.characters) + FIRST_CHARACTER

    def ids(self, word: str) -> list[int]:
        """The ids of a word's characters, marks included; an unheard-of character is `UNKNOWN_CHARACTER`."""
        if len(word) > 2 * LONGEST_HALF:
            word = word[:LONGEST_HALF] + word[-LONGEST_HALF:]
        known = self._ids
        return [WORD_BEGIN, *(known.get(character, UNKNOWN_CHARACTER) for character in word), WORD_END]

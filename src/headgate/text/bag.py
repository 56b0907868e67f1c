"""A text → the bag of its words and pairs of neighbouring words, as ids.

The cheapest good features there are for classification (Wang & Manning 2012). A pair keeps the little word
order that "not good" needs.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Int
from headgate.text.vocabulary import FIRST_WORD_ID, PADDING_ID, UNKNOWN_ID

Ints = NDArray[np.int64]


class WordBag:
    """Ids below `vocab_size` are word ids; from there on they number the known pairs. Id 0 means nothing.

    `pairs`: the known pairs of word ids, in any order.
    """

    def __init__(self, vocab_size: int, pairs: Iterable[tuple[int, int]]) -> None:
        self.vocab_size = vocab_size
        codes = {first * vocab_size + second for first, second in pairs}
        self._codes = np.array(sorted(codes), np.int64)

    @classmethod
    def from_texts(
        cls, vocab_size: int, texts: Iterable[Int[Ints, " words"]], *, min_count: int, most: int
    ) -> "WordBag":
        """Know the `most` frequent of the pairs that texts of word ids hold at least `min_count` times."""
        counts: Counter[int] = Counter()
        for text in texts:
            real = (text[:-1] >= FIRST_WORD_ID) & (text[1:] >= FIRST_WORD_ID)
            counts.update((text[:-1] * vocab_size + text[1:])[real].tolist())
        frequent = [(code, count) for code, count in counts.items() if count >= min_count]
        frequent.sort(key=lambda pair: (-pair[1], pair[0]))
        return cls(vocab_size, (divmod(code, vocab_size) for code, _ in frequent[:most]))

    @property
    def size(self) -> int:
        """The number of ids."""
        return self.vocab_size + len(self._codes)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The known pairs, in the order of their ids."""
        return [divmod(code, self.vocab_size) for code in self._codes.tolist()]

    def ids(self, words: Int[Ints, " words"], previous: int | None = None) -> Int[Ints, " features"]:
        """The ids of these words (by word id), and of every two neighbours among them; 0 for the unknown.

        `previous` is the id of the word just before the first, where there is one.
        """
        known = np.where(words == UNKNOWN_ID, PADDING_ID, words)
        chain = words if previous is None else np.concatenate((np.array([previous], np.int64), words))
        if len(self._codes) == 0 or len(chain) < 2:
            return known
        codes = chain[:-1] * self.vocab_size + chain[1:]
        places = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        pairs = np.where(self._codes[places] == codes, self.vocab_size + places, PADDING_ID)
        return np.concatenate((known, pairs))

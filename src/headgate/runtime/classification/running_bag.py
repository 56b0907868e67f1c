"""The linear bag of words and pairs, one piece of text at a time, from constant memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Float, Int
from headgate.text import WordBag

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
NO_WORD = -1


@dataclass(frozen=True)
class RunningBag:
    """`total`: the summed weights so far; `previous`: the id of the last word, -1 before the first."""

    total: Float[Floats, "1 classes"]
    previous: Int[Ints, " 1"]

    @classmethod
    def empty(cls, classes: int) -> "RunningBag":
        """Nothing read yet."""
        return cls(np.zeros((1, classes), np.float32), np.array([NO_WORD], np.int64))

    def include(
        self, words: Int[Ints, " words"], bag: WordBag, table: Float[Floats, "features classes"]
    ) -> "RunningBag":
        """The sums with these words (at least one, by id) and the pairs that they make."""
        previous = int(self.previous[0])
        ids = bag.ids(words, None if previous == NO_WORD else previous)
        return RunningBag(self.total + table[ids].sum(axis=0), words[-1:])

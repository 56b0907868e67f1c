"""Lists of different lengths in two arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Int

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Ragged:
    """Lists of ids, of any lengths above 0, one after the other; `starts` says where each begins."""

    ids: Int[Ints, " ids"]
    starts: Int[Ints, " lists"]

    @classmethod
    def of_lists(cls, lists: list[list[int]]) -> "Ragged":
        """The lists in this order."""
        sizes = np.array([len(ids) for ids in lists], np.int64)
        return cls(np.array([*chain.from_iterable(lists)], np.int64), np.cumsum(sizes) - sizes)

    @classmethod
    def joined(cls, lists: Sequence[Ints]) -> "Ragged":
        """The same for arrays."""
        return cls(np.concatenate(lists), np.cumsum([0] + [len(ids) for ids in lists[:-1]]))

    @property
    def sizes(self) -> Int[Ints, " lists"]:
        """The length of each list."""
        return np.diff(self.starts, append=len(self.ids))

    def chosen(self, rows: Int[Ints, " chosen"]) -> "Ragged":
        """The lists of these rows."""
        sizes = self.sizes[rows]
        starts = np.cumsum(sizes) - sizes
        places = np.repeat(self.starts[rows] - starts, sizes) + np.arange(sizes.sum(), dtype=np.int64)
        return Ragged(self.ids[places], starts)

    def padded(self) -> Int[Ints, "lists longest"]:
        """The lists side by side, filled up with 0."""
        sizes = self.sizes
        side_by_side = np.zeros((len(sizes), sizes.max(initial=0)), np.int64)
        side_by_side[np.arange(side_by_side.shape[1]) < sizes[:, None]] = self.ids
        return side_by_side

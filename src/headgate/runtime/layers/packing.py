"""Where the tokens of a batch stand when a recurrent layer reads it step after step.

Nothing is computed for padding. Texts come sorted by length, the longest first, so that the texts still
running at step t are the first few of the batch. Their tokens are laid out step after step, one array for
the whole batch without a gap: what is done to each token by itself is one operation on all of them, and the
recurrence goes from one stretch of the array to the next.

What is done to a token by itself, if it depends on the word alone, is one operation on the distinct words: a
table of their vectors, and for each token its row in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Float, Int

CHUNK_TOKENS = 8_192
"""Vectors that are projected in one product: bounds the memory that a very long text takes."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Packing:
    """Where the tokens of a batch stand when they are laid out step after step.

    `lengths` counts the real tokens of each text, in falling order. Token n of the layout is that of text
    `rows[n]` at step `steps[n]`; those of step t begin at `starts[t]`.
    """

    lengths: Int[Ints, " batch"]

    @cached_property
    def running(self) -> Int[Ints, " time"]:
        """How many texts are longer than each step."""
        time = int(self.lengths.max(initial=0))
        return np.searchsorted(-self.lengths, -np.arange(time), side="left")

    @cached_property
    def starts(self) -> Int[Ints, " time_1"]:
        """Where the tokens of each step begin, and at last the number of all tokens."""
        return np.concatenate((np.zeros(1, np.int64), np.cumsum(self.running)))

    @cached_property
    def steps(self) -> Int[Ints, " tokens"]:
        """The step of each token."""
        return np.repeat(np.arange(len(self.running)), self.running)

    @cached_property
    def rows(self) -> Int[Ints, " tokens"]:
        """The text of each token: at every step the first ones, in order."""
        return np.arange(int(self.starts[-1])) - self.starts[self.steps]

    def places(self, rows: Int[Ints, " some"], steps: Int[Ints, " some"]) -> Int[Ints, " some"]:
        """Where the tokens of these texts at these steps stand."""
        return self.starts[steps] + rows

    @cached_property
    def mirrored(self) -> Int[Ints, " tokens"]:
        """For each token the place of the one as far from the text's end as it is from its beginning."""
        return self.places(self.rows, self.lengths[self.rows] - 1 - self.steps)

    def padded(
        self, packed: Float[Floats, "tokens features"], time: int
    ) -> Float[Floats, "batch time features"]:
        """The tokens side by side, text by text; zeros at padding."""
        side_by_side = np.zeros((len(self.lengths), time, packed.shape[1]), packed.dtype)
        side_by_side[self.rows, self.steps] = packed
        return side_by_side

    def last(self, packed: Float[Floats, "tokens features"]) -> Float[Floats, "batch features"]:
        """What stands at each text's last token; zeros for a text without any."""
        full = np.flatnonzero(self.lengths)
        found = np.zeros((len(self.lengths), packed.shape[1]), packed.dtype)
        found[full] = packed[self.places(full, self.lengths[full] - 1)]
        return found

    def windows(self, packed: Float[Floats, "tokens input"]) -> Float[Floats, "tokens window"]:
        """Each token's vector, and before it that of the token before; zeros before the first."""
        before = np.zeros_like(packed)
        later = np.flatnonzero(self.steps)
        before[later] = packed[self.places(self.rows[later], self.steps[later] - 1)]
        return np.concatenate((before, packed), axis=1)


def projected_steps(
    project: Callable[[Floats], Floats],
    table: Float[Floats, "words input"],
    index: Int[Ints, "direction tokens"],
    packing: Packing,
) -> Iterator[tuple[slice, Float[Floats, "direction running gates"]]]:
    """For each step where its tokens stand, and what `project` makes of them in each direction.

    Token n of direction d reads row `index[d, n]` of `table`. `project` takes vectors of each direction, or
    the same for all, to (direction some gates). A table of more than `CHUNK_TOKENS` rows is not projected as
    a whole, but the tokens are, so many at a time.
    """
    starts: list[int] = packing.starts.tolist()
    if len(table) <= CHUNK_TOKENS:
        projected = project(table[None])
        flat = projected.reshape(-1, projected.shape[2])
        rows = index + len(table) * np.arange(len(index), dtype=np.int64)[:, None]
        for start, end in pairwise(starts):
            yield slice(start, end), flat[rows[:, start:end]]
        return
    projected, offset, projected_to = table[:0], 0, 0
    for start, end in pairwise(starts):
        if end > projected_to:
            offset, projected_to = start, max(end, start + CHUNK_TOKENS)
            projected = project(table[index[:, offset:projected_to]])
        yield slice(start, end), projected[:, start - offset : end - offset]

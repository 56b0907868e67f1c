"""The best path found while the scores still come in: a tag is given out as soon as nothing can change it.

Viterbi's best path is known at the end alone, but most of it is decided long before: as soon as the best ways
on from the newest token, to every tag that may come next and to the end, agree on their beginning, whatever
comes cannot change that beginning (Bloit & Rodet 2008). What is given out is therefore exactly what `viterbi`
finds in the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.decoding.crf import FORBIDDEN, Transitions
from headgate.decoding.lattice import marginals
from headgate.shapes import Float

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decided:
    """A token's tag, and the probability of every tag given all that had been read when it was decided."""

    tag: int
    shares: Float[Floats, " tag"]


@dataclass(frozen=True)
class OnlineState:
    """The tokens not yet decided, and what everything before them comes to.

    - `best[tag]`: the best score of a beginning that goes on with this tag; `total[tag]`: the log of the sum
      over all beginnings that do
    """

    pending: Float[Floats, "tokens tag"]
    best: Float[Floats, " tag"]
    total: Float[Floats, " tag"]


class OnlineDecoder:
    """Takes tokens' scores one by one, and gives out tags in order; `state` may be read and put back."""

    def __init__(self, transitions: Transitions) -> None:
        self._between = transitions.between.astype(np.float64)
        self._last = transitions.last.astype(np.float64)
        first = transitions.first.astype(np.float64)
        self.state = OnlineState(np.zeros((0, len(first))), first, first)

    def push(self, scores: Float[NDArray[np.float32], " tag"]) -> list[Decided]:
        """The tags that this token's scores decide: none, its own, or several."""
        state = self.state
        self.state = OnlineState(
            np.vstack((state.pending, scores.astype(np.float64))), state.best, state.total
        )
        best, came_from = self._best_ways()
        # The best ways on, to each tag that may come next and to the end; none goes on from a forbidden move.
        ways = np.column_stack((best[-1][:, None] + self._between, best[-1] + self._last))  # from to
        highest = ways.max(axis=0)
        tags = np.unique(ways.argmax(axis=0)[highest > highest.max() + FORBIDDEN / 2])
        decided = 0
        path: list[int] = []
        for step in range(len(best) - 1, -1, -1):
            if len(tags) == 1:
                decided, path = step + 1, self._back(came_from, step, int(tags[0]))
                break
            tags = np.unique(came_from[step][tags])
        return self._give_out(decided, path, best)

    def finish(self) -> list[Decided]:
        """The tags of all tokens that are left: the text is over."""
        if not len(self.state.pending):
            return []
        best, came_from = self._best_ways()
        path = self._back(came_from, len(best) - 1, int((best[-1] + self._last).argmax()))
        return self._give_out(len(path), path, best, last=self._last)

    def _best_ways(self) -> tuple[Floats, NDArray[np.int64]]:
        """The best score into each tag of each pending token, and the tag before it on that way."""
        pending = self.state.pending
        best, came_from = np.empty_like(pending), np.zeros(pending.shape, np.int64)
        best[0] = self.state.best + pending[0]
        for step in range(1, len(pending)):
            ways = best[step - 1][:, None] + self._between  # from to
            came_from[step] = ways.argmax(axis=0)
            best[step] = ways.max(axis=0) + pending[step]
        return best, came_from

    @staticmethod
    def _back(came_from: NDArray[np.int64], step: int, tag: int) -> list[int]:
        path = [tag]
        for at in range(step, 0, -1):
            path.append(int(came_from[at][path[-1]]))
        return path[::-1]

    def _give_out(
        self, count: int, path: Sequence[int], best: Floats, last: Floats | None = None
    ) -> list[Decided]:
        if not count:
            return []
        state = self.state
        ends = np.zeros_like(self._last) if last is None else last
        mask = np.ones((1, len(state.pending)), np.bool_)
        shares = marginals(state.pending[None], mask, Transitions(self._between, state.total, ends))[0]
        total = state.total
        for scores in state.pending[:count]:
            sums = (total + scores)[:, None] + self._between
            highest = sums.max(axis=0)
            total = np.log(np.exp(sums - highest).sum(axis=0)) + highest
        # Every way that has a future passes through the last tag given out.
        onward = best[count - 1, path[-1]] + self._between[path[-1]]
        # Both are known up to a constant alone; kept near zero they never outgrow their digits.
        self.state = OnlineState(state.pending[count:], onward - onward.max(), total - total.max())
        return [Decided(tag, shares[step]) for step, tag in enumerate(path)]

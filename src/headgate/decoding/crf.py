"""The linear-chain conditional random field, and its best path.

(Lafferty et al. 2001; over the scores of a recurrent network, Lample et al. 2016.)

A network scores every tag of every token by itself; what it cannot say is which tags go together. Here a
whole path of tags y_1 ... y_T is scored, with a score for each move from a tag to the next,

    s(y) = first[y_1] + sum_t scores[t, y_t] + sum_t between[y_{t-1}, y_t] + last[y_T],

and its probability is p(y) = exp(s(y)) / Z, where Z sums exp(s) over all paths (see `lattice`). The best path
is found without trying them all, because its future depends on its past through one tag alone:

    best_1(j) = first[j] + scores[1, j]
    best_t(j) = max_i (best_{t-1}(i) + between[i, j]) + scores[t, j]              (Viterbi 1967)

Real tokens may stand anywhere in a row: masked steps are skipped as if cut out. A row without real tokens has
one path, the empty one, of probability 1. Whatever the inputs' type, sums are kept in float64.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.decoding.constraints import AllowedMoves
from headgate.shapes import Bool, Float, Int

FORBIDDEN = -10_000.0
"""The score of a move that is not allowed: finite, so that nothing is ever NaN, and e^-10000 is 0."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Transitions:
    """The scores of the moves: `between[one, next]`, of starting with a tag and of ending with it.

    Forbidden moves hold `FORBIDDEN`.
    """

    between: Float[NDArray[Any], "tag tag"]
    first: Float[NDArray[Any], " tag"]
    last: Float[NDArray[Any], " tag"]

    def constrained(self, allowed: AllowedMoves) -> "Transitions":
        """The same with `FORBIDDEN` where a move is not allowed."""
        return Transitions(
            np.where(allowed.between, self.between, FORBIDDEN),
            np.where(allowed.first, self.first, FORBIDDEN),
            np.where(allowed.last, self.last, FORBIDDEN),
        )

    def cooled(self, temperature: float) -> "Transitions":
        """The same divided by a temperature; what is forbidden stays so."""
        return Transitions(*(_cooled(moves, temperature) for moves in (self.between, self.first, self.last)))


def is_forbidden(moves: Float[NDArray[Any], "*moves"]) -> Bool[NDArray[Any], "*moves"]:
    """Which of these scores are of forbidden moves: a file's half precision may have rounded `FORBIDDEN`."""
    return moves < FORBIDDEN / 2


def _cooled(moves: NDArray[Any], temperature: float) -> NDArray[Any]:
    return np.where(is_forbidden(moves), FORBIDDEN, moves / temperature)


def viterbi(
    scores: Float[NDArray[Any], "batch time tag"],
    token_mask: Bool[NDArray[Any], "batch time"],
    transitions: Transitions,
) -> Int[Integers, "batch time"]:
    """The best path of each row; 0 where there is no real token. Of equally good ones, any."""
    best_path = np.zeros(token_mask.shape, np.int64)
    if not best_path.size:
        return best_path
    steps, columns, lengths = laid_out(token_mask)
    running = columns_at_each_step(lengths, token_mask.shape[1])
    ordered = np.zeros((len(running), scores.shape[2], len(lengths)))
    ordered[steps, :, columns] = scores[token_mask]
    best = _best_beginnings(ordered, transitions, running)
    time, _, batch = best.shape
    tags: Integers = (best[lengths - 1, :, np.arange(batch)] + transitions.last).argmax(axis=1)
    path = np.empty((time, batch), np.int64)
    path[-1] = tags
    # Where the best came from is found again along the path alone: cheaper than noting it everywhere.
    between = transitions.between.astype(np.float64)
    for step in range(time - 2, -1, -1):
        longer = slice(running[step + 1])
        tags[longer] = (best[step, :, longer] + between[:, tags[longer]]).argmax(axis=0)
        path[step] = tags
    best_path[token_mask] = path[steps, columns]
    return best_path


def _best_beginnings(
    steps: Float[Floats, "time tag batch"], transitions: Transitions, running: list[int]
) -> Float[Floats, "time tag batch"]:
    """The score of the best beginning that ends in each tag at each step.

    The batch stands last, because NumPy is fast along the last axis and nothing is summed over it.
    """
    between = transitions.between.astype(np.float64)[:, :, None]  # from to batch
    best = np.zeros_like(steps)
    best[0] = transitions.first[:, None] + steps[0]
    for step in range(1, len(steps)):
        longer = slice(running[step])
        moved = (best[step - 1, :, None, longer] + between).max(axis=0)
        np.add(moved, steps[step, :, longer], out=best[step, :, longer])
    return best


def laid_out(
    token_mask: Bool[NDArray[Any], "batch time"],
) -> tuple[Int[Integers, " tokens"], Int[Integers, " tokens"], Int[Integers, " batch"]]:
    """Where the recursions keep each real token, row after row: its step, its column; and columns' lengths.

    Steps count the real tokens of a row alone. Columns are the rows in falling order of length, so that those
    that have a step are the first few.
    """
    of_rows = token_mask.sum(axis=1, dtype=np.int64)
    order = np.argsort(-of_rows, kind="stable")
    columns = np.empty_like(of_rows)
    columns[order] = np.arange(len(order))
    begins = np.repeat(np.cumsum(of_rows) - of_rows, of_rows)
    steps = np.arange(len(begins), dtype=np.int64) - begins
    return steps, np.repeat(columns, of_rows), of_rows[order]


def columns_at_each_step(lengths: Int[Integers, " batch"], time: int) -> list[int]:
    """For each of `time` steps how many columns are longer; `lengths` are theirs, in falling order."""
    return np.searchsorted(-lengths, -np.arange(time, dtype=np.int64), side="left").tolist()

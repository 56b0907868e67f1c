"""The likeliest continuations, sought by a beam: at each step the few best go on.

(Sutskever et al. 2014, section 3.2; a beam of one is greedy search.)

Of all continuations of the hypotheses in the beam by one unit, the `beam` likeliest are taken. Those that end
there leave the beam, the others are the next beam. The result is ranked by

    score = log p / ((5 + n) / 6)^length_penalty + coverage            (Wu et al. 2016, eq. 14)

for n units: log p falls with every unit, so alone (length_penalty 0) it favours the short. The coverage, of
a model that attends to a source, is what it costs to leave some of the source unread.

The search is over when nothing in the beam can come to a better score than the worst that is kept. A
hypothesis of log-probability L < 0 goes on to log p <= L, and at best that is divided by the greatest
divisor, that of `max_steps` units; so L over that divisor is a bound that none of its continuations passes.
No coverage is above 0, so none passes it with its coverage either.

Many sentences are searched side by side, each in a beam of its own; one whose search is over leaves.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.decoding.step import Floats, Integers, State, StepModel, forbid
from headgate.errors import ConfigError
from headgate.shapes import Bool, Float, Int

End = int | Callable[[tuple[int, ...]], bool] | None

LANES = 256
"""Into how many parts a row of scores is cut to find its highest: more than a beam, fewer than most rows."""


@dataclass(frozen=True)
class Hypothesis:
    """A continuation: its units, the one that ended it included, and how likely the model holds it.

    `log_probability` is that of all units, in nats; `score` is what hypotheses are ranked by.
    """

    ids: tuple[int, ...]
    log_probability: float
    score: float


def beam_search(
    model: StepModel[State],
    scores: Float[NDArray[Any], "1 vocab"],
    state: State,
    *,
    beam: int,
    max_steps: int,
    end: End = None,
    length_penalty: float = 0.0,
    n_best: int = 1,
    forbidden: Sequence[int] = (),
) -> list[Hypothesis]:
    """`beam_searches` of one prompt: its best `n_best` continuations, best first."""
    (found,) = beam_searches(
        model,
        scores,
        state,
        beam=beam,
        max_steps=max_steps,
        end=end,
        length_penalty=length_penalty,
        n_best=n_best,
        forbidden=forbidden,
    )
    return found


def beam_searches(
    model: StepModel[State],
    scores: Float[NDArray[Any], "sentence vocab"],
    state: State,
    *,
    beam: int,
    max_steps: int | Int[NDArray[Any], " sentence"],
    end: End = None,
    length_penalty: float = 0.0,
    n_best: int = 1,
    forbidden: Sequence[int] = (),
    coverage: Callable[[State], Float[NDArray[Any], " row"]] | None = None,
) -> list[list[Hypothesis]]:
    """For each sentence the best `n_best` continuations that its beam finds, best first; fewer, where there
    are fewer. No sentence's answer depends on the others.

    `scores` and `state`, one row a sentence, are what the model says after the beginning. From then on the
    rows are hypotheses, sentence by sentence in the order given, those of one sentence as many as those of
    any other: so a model may keep once a sentence what all its hypotheses read. A sentence with fewer is
    filled up with copies of one, which the search does not look at; one whose search is over has none.

    A hypothesis ends with the unit `end`, or where `end(ids)` says so; at `max_steps` units, one number or
    one a sentence, it is cut off and counts as it stands. The units `forbidden` never come; the probabilities
    of the others stay the model's own. On a tie what was found first goes first, and of a step's finds those
    of the better hypothesis, then those of lower ids. `coverage`, of the state from which the scores of the
    last unit came, is at most 0, in nats, and is added to the score of what ends there.

    Raises ConfigError for a beam, max_steps or n_best below 1, more n_best than beam, a length_penalty
    below 0, or where all units are forbidden.
    """
    limits = np.broadcast_to(max_steps, len(scores))
    _check(beam, limits, length_penalty, n_best)
    forbid(scores[:1], forbidden)  # refuses where that leaves nothing
    results = _Results(limits, length_penalty, n_best)
    has_ended = _end_test(end)
    running = _Running(np.arange(len(scores)), np.zeros(len(scores)), np.zeros((len(scores), 0), np.int64))
    for length in range(1, int(limits.max(initial=0)) + 1):
        rows, running = _likeliest(running, scores, beam, forbidden)
        over_mask = (limits[running.sentences] == length) | has_ended(running.written)
        if over_mask.any():
            penalties = coverage(state)[rows[over_mask]] if coverage else np.zeros(over_mask.sum())
            results.add(running.take(over_mask), penalties)
        places = np.flatnonzero(~over_mask)
        places = places[results.may_gain(running.take(places))]
        if not len(places):
            break
        places, copies_mask = _fill_up(running.sentences[places], places)
        running = running.take(places)
        running.totals[copies_mask] = -np.inf
        scores, state = model.step(running.written[:, -1], model.select(state, rows[places]))
    return results.kept


@dataclass(frozen=True)
class _Running:
    """Hypotheses: their sentences, log-probabilities and units. Sentence by sentence, the likeliest first."""

    sentences: Int[Integers, " row"]
    totals: Float[Floats, " row"]
    written: Int[Integers, "row length"]

    def take(self, rows: NDArray[Any]) -> "_Running":
        return _Running(self.sentences[rows], self.totals[rows], self.written[rows])


class _Results:
    """The best of what has ended, for each sentence."""

    def __init__(self, limits: Int[NDArray[Any], " sentence"], length_penalty: float, n_best: int) -> None:
        self.kept: list[list[Hypothesis]] = [[] for _ in limits]
        self._length_penalty = length_penalty
        self._n_best = n_best
        self._greatest = np.array(
            [length_divisor(limit, length_penalty) for limit in limits.tolist()], np.float64
        )
        self._to_beat = np.full(len(limits), -np.inf)

    def add(self, ended: _Running, penalties: Float[NDArray[Any], " row"]) -> None:
        divisor = length_divisor(ended.written.shape[1], self._length_penalty)
        scores = (ended.totals / divisor + penalties).tolist()
        for row, sentence in enumerate(ended.sentences):
            found = Hypothesis(tuple(ended.written[row].tolist()), float(ended.totals[row]), scores[row])
            kept = self.kept[int(sentence)]
            kept[:] = sorted([*kept, found], key=lambda one: -one.score)[: self._n_best]
            if len(kept) == self._n_best:
                self._to_beat[sentence] = kept[-1].score

    def may_gain(self, running: _Running) -> Bool[NDArray[np.bool_], " row"]:
        """Of which rows the sentence may still come to a better result."""
        best = np.full(len(self.kept), -np.inf)
        np.maximum.at(best, running.sentences, running.totals)
        return (best / self._greatest > self._to_beat)[running.sentences]


def length_divisor(units: int, length_penalty: float) -> float:
    """What the log-probability of a hypothesis of so many units is divided by."""
    return ((5 + units) / 6) ** length_penalty


def _check(beam: int, limits: Int[NDArray[Any], " sentence"], length_penalty: float, n_best: int) -> None:
    for name, number in (("beam", beam), ("max_steps", limits.min(initial=1)), ("n_best", n_best)):
        if number < 1:
            raise ConfigError(f"{name} must be at least 1; got {number}")
    if n_best > beam:
        rule = f"must be at most beam, {beam}"
        raise ConfigError(f"n_best {rule}; got {n_best} (widen the beam or ask for fewer)")
    if not 0 <= length_penalty < math.inf:
        raise ConfigError(f"length_penalty must be at least 0 and finite; got {length_penalty}")


def _end_test(end: End) -> Callable[[Int[Integers, "row length"]], Bool[NDArray[np.bool_], " row"]]:
    if callable(end):
        return lambda written: np.array([end(tuple(ids)) for ids in written.tolist()], np.bool_)
    return lambda written: written[:, -1] == end


def _likeliest(
    running: _Running, scores: Float[NDArray[Any], "row vocab"], beam: int, forbidden: Sequence[int]
) -> tuple[Int[Integers, " beam"], _Running]:
    """Of each sentence the `beam` likeliest continuations by one unit, and the rows that they continue."""
    rows, ids, logs = _highest(scores, beam, forbidden)
    totals = running.totals[rows] + logs
    order = np.lexsort((-totals, running.sentences[rows]))  # stable: rows, then ids
    order = order[totals[order] > -np.inf]
    sentences = running.sentences[rows[order]]
    ranks = np.arange(len(order)) - np.searchsorted(sentences, sentences)
    order = order[ranks < beam]
    rows, ids = rows[order], ids[order]
    written = np.concatenate((running.written[rows], ids[:, None]), axis=1)
    return rows, _Running(running.sentences[rows], totals[order], written)


def _highest(
    scores: Float[NDArray[Any], "row vocab"], some: int, forbidden: Sequence[int]
) -> tuple[Int[Integers, " found"], Int[Integers, " found"], Float[Floats, " found"]]:
    """In each row the `some` likeliest units that may come, and perhaps more: rows, ids, log-probabilities.

    The n-th highest of the highest scores of the row's parts is at most the n-th highest score of the row. So
    the n highest are among the few that are not below it, and to find these is faster than a partition.
    Probabilities are computed in the precision of the scores.
    """
    scores = np.ascontiguousarray(scores, np.result_type(scores, np.float32))
    lanes = _lanes(scores)
    enough = some + len(set(forbidden))
    highest = lanes.max(axis=1, keepdims=True, initial=-np.inf)
    lowest = np.partition(lanes, -enough, axis=1)[:, -enough, None] if enough <= lanes.shape[1] else -np.inf
    rows, ids = np.divmod(np.flatnonzero(scores >= lowest), scores.shape[1])
    may_come = np.ones(scores.shape[1], np.bool_)
    may_come[list(forbidden)] = False
    rows, ids = rows[may_come[ids]], ids[may_come[ids]]
    shifted = scores - highest
    logs = shifted[rows, ids].astype(np.float64)
    sums = np.exp(shifted, out=shifted).sum(axis=1)
    return rows, ids, logs - np.log(sums.astype(np.float64))[rows]


def _lanes(scores: Float[NDArray[Any], "row vocab"]) -> Float[NDArray[Any], "row lane"]:
    """The highest score of each of `LANES` parts, of units that stand that far apart."""
    rows, vocab = scores.shape
    whole = vocab - vocab % LANES
    if whole == 0:
        return scores
    lanes = scores[:, :whole].reshape(rows, whole // LANES, LANES).max(axis=1)
    rest = lanes[:, : vocab - whole]
    np.maximum(rest, scores[:, whole:], out=rest)
    return lanes


def _fill_up(
    sentences: Int[Integers, " row"], places: Int[Integers, " row"]
) -> tuple[Int[Integers, " filled"], Bool[NDArray[np.bool_], " filled"]]:
    """The places, in each sentence as many as in the one with the most: its last again; which are copies."""
    counts = np.bincount(sentences)
    counts = counts[counts > 0, None]
    ranks = np.arange(int(counts.max()))
    filled = counts.cumsum()[:, None] - counts + np.minimum(ranks, counts - 1)
    return places[filled.ravel()], (ranks >= counts).ravel()

"""The likeliest continuations, sought by a beam: at each step the few best go on.

(Sutskever et al. 2014, section 3.2; a beam of one is greedy search.)

Of all continuations of the hypotheses in the beam by one unit, the `beam` likeliest are taken. Those that end
there leave the beam, the others are the next beam. The result is ranked by

    score = log p / ((5 + n) / 6)^length_penalty            (Wu et al. 2016, eq. 14, without coverage)

for n units: log p falls with every unit, so alone (length_penalty 0) it favours the short.

The search is over when nothing in the beam can come to a better score than the worst that is kept. A
hypothesis of log-probability L < 0 goes on to log p <= L, and at best that is divided by the greatest
divisor, that of `max_steps` units; so L over that divisor is a bound that none of its continuations passes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.decoding.step import Floats, Integers, State, StepModel, forbid
from headgate.errors import ConfigError
from headgate.shapes import Float, Int


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
    end: int | Callable[[tuple[int, ...]], bool] | None = None,
    length_penalty: float = 0.0,
    n_best: int = 1,
    forbidden: Sequence[int] = (),
) -> list[Hypothesis]:
    """The best `n_best` continuations that the beam finds, best first; fewer, where there are fewer.

    `scores` and `state`, of one row, are what the model says after the prompt. A hypothesis ends with the
    unit `end`, or where `end(ids)` says so; at `max_steps` units it is cut off and counts as it stands. The
    units `forbidden` never come; the probabilities of the others stay the model's own. On a tie what was
    found first goes first, and of a step's finds those of the better hypothesis, then those of lower ids.

    Raises ConfigError for a beam, max_steps or n_best below 1, more n_best than beam, a length_penalty
    below 0, or where all units are forbidden.
    """
    _check(beam, max_steps, length_penalty, n_best)
    has_ended = _end_test(end)
    running: list[tuple[int, ...]] = [()]
    totals = np.zeros(1)
    kept: list[Hypothesis] = []
    for length in range(1, max_steps + 1):
        rows, ids, totals = _likeliest(totals[:, None] + _log_probabilities(scores, forbidden), beam)
        running = [(*running[row], unit) for row, unit in zip(rows.tolist(), ids.tolist(), strict=True)]
        goes_on = np.array([length < max_steps and not has_ended(units) for units in running], np.bool_)
        divisor = _divisor(length, length_penalty)
        kept += [
            Hypothesis(running[place], total, total / divisor)
            for place, total in enumerate(totals.tolist())
            if not goes_on[place]
        ]
        kept = sorted(kept, key=lambda hypothesis: -hypothesis.score)[:n_best]
        running = [units for units, going in zip(running, goes_on, strict=True) if going]
        totals = totals[goes_on]
        bound = totals.max(initial=-np.inf) / _divisor(max_steps, length_penalty)
        if not running or (len(kept) == n_best and bound <= kept[-1].score):
            break
        scores, state = model.step(ids[goes_on], model.select(state, rows[goes_on]))
    return kept


def _check(beam: int, max_steps: int, length_penalty: float, n_best: int) -> None:
    for name, number in (("beam", beam), ("max_steps", max_steps), ("n_best", n_best)):
        if number < 1:
            raise ConfigError(f"{name} must be at least 1; got {number}")
    if n_best > beam:
        rule = f"must be at most beam, {beam}"
        raise ConfigError(f"n_best {rule}; got {n_best} (widen the beam or ask for fewer)")
    if not 0 <= length_penalty < math.inf:
        raise ConfigError(f"length_penalty must be at least 0 and finite; got {length_penalty}")


def _end_test(end: int | Callable[[tuple[int, ...]], bool] | None) -> Callable[[tuple[int, ...]], bool]:
    if callable(end):
        return end
    return lambda ids: ids[-1] == end


def _divisor(length: int, length_penalty: float) -> float:
    return ((5 + length) / 6) ** length_penalty


def _log_probabilities(
    scores: Float[NDArray[Any], "row vocab"], forbidden: Sequence[int]
) -> Float[Floats, "row vocab"]:
    """Those of the model; -infinity for what is forbidden, without scaling up the rest."""
    logs = scores.astype(np.float64)
    logs -= logs.max(axis=1, keepdims=True)
    return forbid(logs - np.log(np.exp(logs).sum(axis=1, keepdims=True)), forbidden)


def _likeliest(
    totals: Float[Floats, "row vocab"], count: int
) -> tuple[Int[Integers, " beam"], Int[Integers, " beam"], Float[Floats, " beam"]]:
    """The rows, the ids and the values of the highest, in falling order; never of -infinity."""
    flat = totals.ravel()
    lowest = np.partition(flat, -count)[-count] if count < len(flat) else -np.inf
    places = np.flatnonzero((flat >= lowest) & (flat > -np.inf))
    places = places[np.argsort(-flat[places], kind="stable")][:count]
    return places // totals.shape[1], places % totals.shape[1], flat[places]

"""Text by chance: each unit is drawn from what the model holds likely, reshaped by what the user asks for.

A unit's chance is made from the model's scores s in this order, each part seeing what the one before left:

    repetition penalty   s / penalty where s > 0, else s * penalty, for units already seen (Keskar et al.
                         2019, section 4.1; they divide always, which favours a unit of negative score)
    temperature          p = softmax(s / temperature); below 1 the likely gains, above 1 the unlikely
    top-k                the k likeliest units (Fan et al. 2018)
    top-p                the fewest of the likeliest units whose chances come to top_p (Holtzman et al. 2020,
                         section 3.1)
    min-p                the units at least min_p times as likely as the likeliest (Nguyen et al. 2024)

and what is left is scaled to sum to 1. The likeliest unit is always left. Where units tie for the last place
in top-k or top-p, lower ids go first, so that the same scores always have the same chances.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from headgate.decoding.step import Floats, Integers, State, StepModel, forbid
from headgate.errors import ConfigError
from headgate.shapes import Bool, Float, Int


@dataclass(frozen=True)
class Sampling:
    """How units are drawn; None leaves a part out.

    - `temperature`: above 0
    - `top_k`: at least 1, in units; more than there are keeps them all
    - `top_p`, `min_p`: above 0 and at most 1
    - `repetition_penalty`: above 0; 1 does nothing, 1.2 is what its authors found to balance well, and less
      than 1 favours what was seen

    No two of these contradict each other: each filter drops units, and never the likeliest. One may leave
    another nothing to do, as `top_k=1` takes the likeliest at any temperature.

    Raises ConfigError for a number that breaks its rule.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            fix = "use --beam 1 to always take the likeliest"
            raise ConfigError(f"temperature must be above 0 and finite; got {self.temperature} ({fix})")
        if self.top_k is not None and self.top_k < 1:
            raise ConfigError(f"top_k must be at least 1; got {self.top_k} (leave it out to keep all units)")
        for name, share in (("top_p", self.top_p), ("min_p", self.min_p)):
            if share is not None and not 0 < share <= 1:
                rule = "must be above 0 and at most 1"
                raise ConfigError(f"{name} {rule}; got {share} (leave it out to keep all units)")
        if not 0 < self.repetition_penalty < math.inf:
            rule = "must be above 0 and finite"
            raise ConfigError(f"repetition_penalty {rule}; got {self.repetition_penalty} (1 does nothing)")

    def distribution(
        self,
        scores: Float[NDArray[Any], "row vocab"],
        seen_mask: Bool[NDArray[Any], "row vocab"] | None = None,
        forbidden: Sequence[int] = (),
    ) -> Float[Floats, "row vocab"]:
        """The chance of each unit to be drawn next; each row sums to 1.

        `seen_mask` is True for the units that the penalty is for: those in the prompt or drawn before.
        `forbidden` are the ids that must not come; ConfigError where they are all there is.
        """
        logs = forbid(scores, forbidden)
        if seen_mask is not None:
            penalty = np.where(logs > 0, 1 / self.repetition_penalty, self.repetition_penalty)
            logs = np.where(seen_mask, logs * penalty, logs)
        with np.errstate(over="ignore"):  # at a temperature of nearly 0, to -infinity: a chance of 0
            logs = (logs - logs.max(axis=1, keepdims=True)) / self.temperature
        if self.top_k is not None and self.top_k < logs.shape[1]:
            logs = _top_k(logs, self.top_k)
        if self.top_p is not None and self.top_p < 1:
            logs = _top_p(logs, self.top_p)
        chances = np.exp(logs)  # that of the likeliest is 1, until they are scaled
        if self.min_p is not None:
            chances[chances < self.min_p] = 0.0
        return chances / chances.sum(axis=1, keepdims=True)


def _top_k(logs: Float[Floats, "row vocab"], k: int) -> Float[Floats, "row vocab"]:
    """The k highest of each row, -infinity for the others."""
    last = np.partition(logs, -k, axis=1)[:, -k, None]
    return _highest(logs, last, k)


def _top_p(logs: Float[Floats, "row vocab"], share: float) -> Float[Floats, "row vocab"]:
    """The fewest of the highest of each row that come to this share of it, -infinity for the others."""
    ranked = np.sort(logs, axis=1)[:, ::-1]
    sums = np.exp(ranked).cumsum(axis=1)
    counts = 1 + (sums[:, :-1] < share * sums[:, -1:]).sum(axis=1, keepdims=True, dtype=np.int64)
    return _highest(logs, np.take_along_axis(ranked, counts - 1, axis=1), counts)


def _highest(
    logs: Float[Floats, "row vocab"], last: Float[Floats, "row 1"], counts: Int[Integers, "row 1"] | int
) -> Float[Floats, "row vocab"]:
    """So many of each row, down to the score of the last of them; of those that tie with it, the first."""
    higher, tied = logs > last, logs == last
    room = counts - higher.sum(axis=1, keepdims=True)
    return np.where(higher | (tied & (tied.cumsum(axis=1) <= room)), logs, -np.inf)


def draw(
    probabilities: Float[Floats, "row vocab"], generators: Sequence[np.random.Generator]
) -> Int[Integers, " row"]:
    """One id a row: where the running sum of its probabilities passes a uniform number of its generator.

    Each row takes one number from a generator of its own, so what it draws does not depend on the others.
    An id of probability 0 is never drawn.
    """
    assert len(generators) == len(probabilities), "one generator a row"
    sums = probabilities.cumsum(axis=1)
    # In [0, 1) and scaled by a sum that may be off by a rounding, so always below the sum itself.
    thresholds = np.array([generator.random() for generator in generators]) * sums[:, -1]
    return (sums <= thresholds[:, None]).sum(axis=1, dtype=np.int64)


class Sampler(Generic[State]):
    """Draws continuations of several rows side by side: an iterator over the next id of each row.

    It has no end of its own. Rows that have come to theirs are dropped between two draws:

        for ids in sampler:
            running_mask = ...              # which of these rows are to go on
            sampler.keep(running_mask)

    and after the last one the iteration ends. The model makes a step when the next ids are asked for, none in
    vain. A row draws the same whichever rows run beside it, as far as the model scores it the same.

    - `scores`, `state`: what the model says after the prompt, for each row
    - `generators`: one a row; `np.random.default_rng(seed).spawn(rows)` makes the first rows of 5 samples
      those of 2
    - `seen_mask`: True for the units of the prompt, which the repetition penalty is also for
    - `forbidden`: ids that are never drawn
    """

    def __init__(
        self,
        model: StepModel[State],
        scores: Float[NDArray[Any], "row vocab"],
        state: State,
        sampling: Sampling,
        generators: Sequence[np.random.Generator],
        *,
        seen_mask: Bool[NDArray[Any], "row vocab"] | None = None,
        forbidden: Sequence[int] = (),
    ) -> None:
        assert len(generators) == len(scores), "one generator a row"
        self._model, self._scores, self._state = model, scores, state
        self._sampling, self._generators, self._forbidden = sampling, list(generators), forbidden
        self._seen_mask = None
        if sampling.repetition_penalty != 1:
            self._seen_mask = np.zeros(scores.shape, np.bool_) if seen_mask is None else seen_mask.copy()
        self._drawn: Integers | None = None
        self.log_probabilities: Floats = np.zeros(len(scores))
        """Of the ids just drawn, by the model itself, whatever shaped their chances; in nats."""

    def __iter__(self) -> "Sampler[State]":
        return self

    def __next__(self) -> Int[Integers, " row"]:
        if not self._generators:
            raise StopIteration
        if self._drawn is not None:
            self._scores, self._state = self._model.step(self._drawn, self._state)
        chances = self._sampling.distribution(self._scores, self._seen_mask, self._forbidden)
        self._drawn = draw(chances, self._generators)
        logs = self._scores.astype(np.float64) - self._scores.max(axis=1, keepdims=True)
        logs -= np.log(np.exp(logs).sum(axis=1, keepdims=True))
        self.log_probabilities = logs[np.arange(len(logs)), self._drawn]
        if self._seen_mask is not None:
            self._seen_mask[np.arange(len(self._drawn)), self._drawn] = True
        return self._drawn.copy()

    def keep(self, running_mask: Bool[NDArray[Any], " row"]) -> None:
        """Go on with the rows that are True, in their order, and drop the others."""
        if running_mask.all():
            return
        rows = np.flatnonzero(running_mask)
        self._generators = [self._generators[row] for row in rows]
        if not self._generators:
            return
        self._scores, self._state = self._scores[rows], self._model.select(self._state, rows)
        if self._seen_mask is not None:
            self._seen_mask = self._seen_mask[rows]
        if self._drawn is not None:
            self._drawn = self._drawn[rows]

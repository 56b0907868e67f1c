"""Lengths to train at, from short ones to the full one.

What has been learned over ten steps needs little to hold over twenty, while over five hundred it would
hardly be found (curriculum learning, Bengio et al. 2009). A stage is left when the problem is solved at its
length, or when its share of the budget is spent, so that the full length is always reached and trained on.
How much of its share the slowest stage has spent says how hard the problem is; the learning rate goes by it.
"""

from collections import deque
from statistics import fmean

import torch

from headgate.lab.problem import Problem

FIRST_LENGTH = 8
"""Training begins at lengths up to this, or to twice the shortest there is, and doubles them."""
EARLY_SHARE = 0.6
"""Of the budget, what stages before the full length may spend in all."""
RECENT = 20
"""Batches over which a stage must be solved."""


class Curriculum:
    """Lengths that double up to the problem's; `spent` is the share of the budget that is gone."""

    def __init__(self, problem: Problem, budget: int) -> None:
        self._problem, self._whole = problem, budget * problem.steps
        self.lengths = [max(FIRST_LENGTH, 2 * problem.shortest)]
        while self.lengths[-1] < problem.length:
            self.lengths.append(2 * self.lengths[-1])
        self.lengths[-1] = problem.length
        self._stage, self._left_at, self._slowest = 0, 0.0, 0.0
        self._recent: deque[float] = deque(maxlen=RECENT)
        self.spent = 0.0

    @property
    def at_full_length(self) -> bool:
        """Whether this is the last stage."""
        return self._stage == len(self.lengths) - 1

    @property
    def slowest(self) -> float:
        """The largest share of what it may spend that any stage so far has spent; never falls."""
        return max(self._slowest, min(1.0, self._stage_spent))

    @property
    def _stage_spent(self) -> float:
        """The share of what this stage may spend that is gone; the last one may spend whatever is left."""
        allowance = 1.0 - self._left_at if self.at_full_length else EARLY_SHARE / (len(self.lengths) - 1)
        return (self.spent - self._left_at) / allowance

    def draw_problem(self, generator: torch.Generator) -> Problem:
        """The problem at a length between the last stage's and this one's: no network learns one by heart."""
        longest = self.lengths[self._stage]
        shortest = self.lengths[self._stage - 1] if self._stage else self._problem.shortest
        return self._problem.at(int(torch.randint(shortest, longest + 1, (), generator=generator)))

    def take_note(self, steps: int, score: float) -> bool:
        """Count a batch; says whether the problem has just been solved at a stage's length, which ends it."""
        self.spent += steps / self._whole
        self._recent.append(score)
        solved = len(self._recent) == RECENT and self._problem.is_solved(fmean(self._recent))
        if solved or self._stage_spent > 1.0:
            self._recent.clear()
            if not self.at_full_length:
                self._slowest, self._left_at = self.slowest, self.spent
                self._stage += 1
        return solved

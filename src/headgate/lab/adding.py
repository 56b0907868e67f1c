"""The adding problem: of a long row of numbers add up the two that are marked.

    number   0.31  0.72  0.05  0.94  0.48  0.66  0.12
    mark     0     1     0     0     0     1     0          say at the end: 1.38

Hochreiter & Schmidhuber 1997 (section 5.4), in the form of today: numbers are uniform in 0 ... 1, one mark
falls into the first half, the other into the second, and the answer is the sum at the last step. Whoever
always says 1 is wrong by 1/6 in the mean square.

Deviation: the paper draws numbers from -1 ... 1, scales the sum, and lets lengths vary by a tenth.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from headgate.lab.problem import Batch, Problem
from headgate.shapes import Float


@dataclass(frozen=True)
class Adding(Problem):
    """The adding problem over `length` numbers."""

    name = "adding"
    title = "The adding problem: two marked numbers of many"
    measure = "mean squared error"
    chance = 1.0 / 6.0
    solved = 0.01
    enough = 0.007
    input_size = 2
    output_size = 1
    shortest = 3

    def draw(self, generator: torch.Generator, size: int) -> Batch:
        """The features of an input are the number and its mark."""
        numbers = torch.rand(size, self.length, generator=generator)
        half = self.length // 2
        first = torch.randint(half, (size, 1), generator=generator)
        second = torch.randint(half, self.length, (size, 1), generator=generator)
        marks = torch.zeros_like(numbers).scatter_(1, torch.cat((first, second), dim=1), 1.0)
        targets = (numbers * marks).sum(1, keepdim=True).expand_as(numbers)
        answer_mask = torch.zeros_like(numbers, dtype=torch.bool)
        answer_mask[:, -1] = True
        return Batch(torch.stack((numbers, marks), dim=2), targets, answer_mask)

    def loss(self, outputs: Float[Tensor, "batch time output"], batch: Batch) -> Tensor:
        """The mean squared error."""
        return functional.mse_loss(outputs[batch.answer_mask].squeeze(-1), batch.targets[batch.answer_mask])

    def score(self, outputs: Float[Tensor, "batch time output"], batch: Batch) -> float:
        """The mean squared error."""
        return self.loss(outputs, batch).item()

    def reaches(self, score: float, goal: float) -> bool:
        """Whether an error is as small as this one or smaller."""
        return score <= goal

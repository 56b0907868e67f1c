"""What the problems of the lab have in common, so that one experiment runs them all."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import torch
from torch import Tensor
from torch.nn import functional

from headgate.errors import ConfigError
from headgate.shapes import Bool, Float


@dataclass(frozen=True)
class Batch:
    """Sequences of one length: what is read, what should be said, and where an answer is due.

    - `inputs`: (batch time input)
    - `targets`: (batch time) of symbols, or of numbers; any value where no answer is due
    - `answer_mask`: True where an answer is due
    """

    inputs: Float[Tensor, "batch time input"]
    targets: Tensor
    answer_mask: Bool[Tensor, "batch time"]

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device."""
        return Batch(self.inputs.to(device), self.targets.to(device), self.answer_mask.to(device))


@dataclass(frozen=True)
class Problem(ABC):
    """A problem at a length: where batches of it come from, and how answers are judged.

    A class gives its `name` and `title`; the `measure` of success, its value by `chance` (the best without a
    memory), the value from which the problem is `solved` and, a little better, the one that is `enough` to
    stop training at; the features of an input and of an output; and the `shortest` length that makes sense.
    """

    length: int

    name: ClassVar[str]
    title: ClassVar[str]
    measure: ClassVar[str] = "accuracy"
    chance: ClassVar[float]
    solved: ClassVar[float] = 0.99
    enough: ClassVar[float] = 0.995
    input_size: ClassVar[int]
    output_size: ClassVar[int]
    shortest: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.length < self.shortest:
            raise ConfigError(f"a length of {self.name} must be at least {self.shortest}; got {self.length}")

    @property
    def steps(self) -> int:
        """Steps that a network reads."""
        return self.length

    @property
    def memory_length(self) -> int | None:
        """Steps that something has to be remembered, at the most; None where only the last step counts."""
        return self.steps

    @property
    def test_lengths(self) -> tuple[int, ...]:
        """The lengths that a network trained on this one is tested at."""
        return (self.length,)

    @abstractmethod
    def draw(self, generator: torch.Generator, size: int) -> Batch:
        """That many fresh sequences."""

    @abstractmethod
    def loss(self, outputs: Float[Tensor, "batch time output"], batch: Batch) -> Tensor:
        """What training makes small: a mean over all answers due."""

    @abstractmethod
    def score(self, outputs: Float[Tensor, "batch time output"], batch: Batch) -> float:
        """The measure of success on this batch."""

    def reaches(self, score: float, goal: float) -> bool:
        """Whether a score is as good as this one or better."""
        return score >= goal

    def is_solved(self, score: float) -> bool:
        """Whether a score is as good as `solved` or better."""
        return self.reaches(score, self.solved)

    def at(self, length: int) -> Self:
        """The same problem at another length."""
        return replace(self, length=length)


class SymbolProblem(Problem):
    """A problem whose answers are symbols, one of `output_size`."""

    def loss(self, outputs: Float[Tensor, "batch time output"], batch: Batch) -> Tensor:
        """Cross-entropy in nats."""
        return functional.cross_entropy(outputs[batch.answer_mask], batch.targets[batch.answer_mask])

    def score(self, outputs: Float[Tensor, "batch time output"], batch: Batch) -> float:
        """The share of answers that are right."""
        answers = outputs[batch.answer_mask].argmax(-1)
        return (answers == batch.targets[batch.answer_mask]).float().mean().item()

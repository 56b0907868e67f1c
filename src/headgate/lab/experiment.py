"""One experiment: train a network on a problem, from short sequences to long ones, and test it.

Every batch is fresh, so that there is nothing to overfit.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import Any, TypeAlias

import torch
from torch import nn

from headgate.errors import ConfigError
from headgate.lab.curriculum import Curriculum
from headgate.lab.problem import Problem
from headgate.lab.sequence_model import SequenceModel
from headgate.models.devices import device_named

AT_FULL_LENGTH = 0.3
"""The learning rate at the full length, as a share of the earlier one: longer gradients vary more."""
CHECKS = 40
"""How often in a run, evenly over its budget, the network is tested at the full length."""
CHECK_BATCHES, TEST_BATCHES, TEST_BATCH = 4, 16, 64
"""What a check and what the test at the end score: so many batches of so many sequences."""


@dataclass(frozen=True)
class Settings:
    """How a network is made and trained.

    - `hidden`: units of a layer
    - `budget`: batches at the full length; shorter ones count by their steps
    - `batch`: sequences in a batch
    - `unsolved_rate`: the learning rate when a stage has spent its share of the budget unsolved, as a share
      of the first one; it falls linearly until then, and does not rise again
    - `clip`: the longest gradient that is taken as it is
    - `device`: auto, cpu or cuda
    """

    hidden: int = 128
    layers: int = 1
    budget: int = 2_000
    batch: int = 32
    learning_rate: float = 3e-3
    unsolved_rate: float = 1.0
    clip: float = 1.0
    seed: int = 1
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("hidden", "layers", "budget", "batch", "learning_rate", "unsolved_rate", "clip"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be positive; got {getattr(self, name)}")
        _ = self.torch_device  # there must be one

    @property
    def torch_device(self) -> torch.device:
        """The device that `device` means here."""
        if self.device == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return device_named(self.device)


@dataclass(frozen=True)
class Check:
    """How far training is: the score at the full length, and the loss at the length trained on.

    `spent` is the share of the budget that is gone.
    """

    batches: int
    spent: float
    seconds: float
    trained_length: int
    loss: float
    score: float


@dataclass(frozen=True)
class Outcome:
    """What became of one cell at one length; `scores` by the length tested at."""

    cell: str
    length: int
    parameters: int
    scores: dict[int, float]
    checks: list[Check]

    def to_record(self) -> dict[str, Any]:
        """For JSON and for pictures; the scores become `tests`, a record each."""
        tests = [{"length": length, "score": score} for length, score in self.scores.items()]
        return {
            "cell": self.cell,
            "length": self.length,
            "parameters": self.parameters,
            "tests": tests,
            "checks": [vars(check) for check in self.checks],
        }


Watcher: TypeAlias = Callable[[Check], None]


def ignore(check: Check) -> None:
    """Watch nothing."""


def run_experiment(cell: str, problem: Problem, settings: Settings, watch: Watcher = ignore) -> Outcome:
    """Train a network of this cell on the problem at its length and test it; the seed decides everything."""
    torch.manual_seed(settings.seed)
    model = SequenceModel(
        cell,
        problem.input_size,
        settings.hidden,
        problem.output_size,
        layers=settings.layers,
        memory_length=problem.memory_length,
    ).to(settings.torch_device)
    checks = train(model, problem, settings, watch)
    scores = {
        length: score(model, problem.at(length), settings, TEST_BATCHES, seed=settings.seed + 2_000_000)
        for length in problem.test_lengths
    }
    return Outcome(cell, problem.length, sum(p.numel() for p in model.parameters()), scores, checks)


def train(model: nn.Module, problem: Problem, settings: Settings, watch: Watcher = ignore) -> list[Check]:
    """Train until the score at the full length is enough, or the budget is spent.

    Raises ConfigError when the loss is no longer a number.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.0)
    curriculum = Curriculum(problem, settings.budget)
    checks: list[Check] = []
    batches, start, checked = 0, time.perf_counter(), 0.0
    while curriculum.spent < 1.0:
        now = curriculum.draw_problem(generator)
        last_stage = curriculum.at_full_length
        factor = 1.0 - (1.0 - settings.unsolved_rate) * curriculum.slowest
        rate = settings.learning_rate * factor * (AT_FULL_LENGTH if last_stage else 1.0)
        optimiser.param_groups[0]["lr"] = rate
        loss, reached = learn(model, optimiser, now, settings, generator)
        batches += 1
        solved = curriculum.take_note(now.steps, reached)
        if solved or curriculum.spent - checked >= 1.0 / CHECKS or curriculum.spent >= 1.0:
            checked = curriculum.spent
            at_full = score(model, problem, settings, CHECK_BATCHES, seed=settings.seed + 1_000_000)
            seconds = time.perf_counter() - start
            checks.append(Check(batches, checked, seconds, now.length, loss, at_full))
            watch(checks[-1])
            if last_stage and problem.reaches(at_full, problem.enough):
                break
    return checks


def learn(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    problem: Problem,
    settings: Settings,
    generator: torch.Generator,
) -> tuple[float, float]:
    """Take one step on a fresh batch; its loss and its score before the step."""
    batch = problem.draw(generator, settings.batch).to(settings.torch_device)
    outputs = model(batch.inputs)
    loss = problem.loss(outputs, batch)
    if not math.isfinite(loss.item()):
        raise ConfigError(
            "training diverged: the loss is no longer a number "
            f"(learning_rate is {settings.learning_rate}; try a third of it)"
        )
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
    optimiser.step()
    return loss.item(), problem.score(outputs.detach(), batch)


@torch.no_grad()
def score(model: nn.Module, problem: Problem, settings: Settings, batches: int, *, seed: int) -> float:
    """The mean score over so many fresh batches, the same ones for a seed."""
    generator = torch.Generator().manual_seed(seed)
    scores: list[float] = []
    for _ in range(batches):
        batch = problem.draw(generator, TEST_BATCH).to(settings.torch_device)
        scores.append(problem.score(model(batch.inputs), batch))
    return fmean(scores)

"""The problems of the lab with what is tried on them when nothing else is said, and how they are tried."""

from collections.abc import Callable
from dataclasses import dataclass, field

from headgate.cells import cell_named
from headgate.lab.adding import Adding
from headgate.lab.copy_memory import CopyMemory
from headgate.lab.experiment import Check, Outcome, Settings, run_experiment
from headgate.lab.parity import Parity
from headgate.lab.problem import Problem
from headgate.lab.selective_copy import SelectiveCopy


@dataclass(frozen=True)
class Question:
    """Which cells can learn this problem, at which lengths? Raises ConfigError for one that is none."""

    problem: type[Problem]
    cells: tuple[str, ...]
    lengths: tuple[int, ...]
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        for cell in self.cells:
            cell_named(cell)
        for length in self.lengths:
            self.problem(length)


QUESTIONS: dict[str, Question] = {
    question.problem.name: question
    for question in (
        Question(CopyMemory, ("lstm", "gru"), (100,), Settings(learning_rate=1e-2)),
        Question(Adding, ("rnn", "lstm", "gru"), (200,), Settings(hidden=64, learning_rate=1e-2)),
        Question(
            SelectiveCopy,
            ("mingru",),
            (256,),
            # What a high rate nearly solves, a lower one solves.
            Settings(hidden=64, layers=3, budget=4_000, batch=64, unsolved_rate=0.1),
        ),
        Question(
            Parity,
            ("rnn", "lstm", "gru", "mingru", "minlstm", "qrnn"),
            (32,),
            Settings(hidden=64, budget=300, learning_rate=1e-2),
        ),
    )
}
"""Every problem by its name, with defaults that take minutes on two cores."""


def ask(
    question: Question,
    *,
    watch: Callable[[str, int, Check], None] = lambda cell, length, check: None,
    done: Callable[[list[Outcome]], None] = lambda outcomes: None,
) -> list[Outcome]:
    """Try every cell at every length, one after the other.

    `watch` is told how each is getting on; `done`, after each, of all outcomes so far.
    """
    outcomes: list[Outcome] = []
    for length in question.lengths:
        for cell in question.cells:
            outcomes.append(
                run_experiment(
                    cell,
                    question.problem(length),
                    question.settings,
                    lambda check, cell=cell, length=length: watch(cell, length, check),
                )
            )
            done(outcomes)
    return outcomes

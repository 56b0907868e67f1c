"""Experiments on recurrent networks themselves: one question a file, answered with a table and a picture.

- `copy_memory`, `adding`, `selective_copy`, `parity`: can a network remember, and for how long? Each file is
  a `problem`; `experiment` trains a `sequence_model` on one, along a `curriculum` of lengths, and tests it
- `questions`: which cells are tried on which problem, at which lengths
- `gradients`: how far back does a gradient reach?
"""

from headgate.errors import MissingExtraError

try:
    import torch  # noqa: F401  # pyright: ignore[reportUnusedImport]
except ImportError as error:
    raise MissingExtraError("headgate lab", "train") from error

from headgate.lab.adding import Adding
from headgate.lab.copy_memory import CopyMemory
from headgate.lab.experiment import Check, Outcome, Settings, run_experiment
from headgate.lab.gradients import GradientCurve, GradientSettings, compare_gradients, gradients_by_lag
from headgate.lab.parity import Parity
from headgate.lab.problem import Batch, Problem
from headgate.lab.questions import QUESTIONS, Question, ask
from headgate.lab.selective_copy import SelectiveCopy
from headgate.lab.sequence_model import SequenceModel

__all__ = [
    "QUESTIONS",
    "Adding",
    "Batch",
    "Check",
    "CopyMemory",
    "GradientCurve",
    "GradientSettings",
    "Outcome",
    "Parity",
    "Problem",
    "Question",
    "SelectiveCopy",
    "SequenceModel",
    "Settings",
    "ask",
    "compare_gradients",
    "gradients_by_lag",
    "run_experiment",
]

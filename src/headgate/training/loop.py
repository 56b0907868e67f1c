"""The training loop, on one page: whatever the task, this is what happens and in which order."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn

from headgate.errors import ConfigError, HeadgateError
from headgate.training.checkpoints import Part, RunState
from headgate.training.interruption import Interruption
from headgate.training.optimisation import Optimisation, WeightAverage, mixed_precision
from headgate.training.processes import any_process, mean_over_processes, part_of_batch
from headgate.training.reporting import Reporter
from headgate.training.settings import Settings


class TrainingInterrupted(HeadgateError):  # noqa: N818 (no error: named as KeyboardInterrupt is)
    """Training was stopped from outside; its state is saved and `--resume` goes on with it."""


@dataclass(frozen=True)
class Evaluation:
    """A result on the dev set: `score` decides which weights are kept (higher is better; of equal ones the
    later, which is the steadier); `measures` are for the log."""

    score: float
    measures: dict[str, float]


class Objective(Protocol):
    """What a task brings to the loop."""

    @property
    def parts(self) -> dict[str, Part]:
        """What of it changes from step to step, and is saved with the run; nothing, for most tasks."""
        ...

    def batches(self, epoch: int, settings: Settings) -> list[NDArray[np.int64]]:
        """The rows of each batch of an epoch, decided by seed and epoch alone: a resumed run meets the same.

        Every epoch has as many batches.
        """
        ...

    def loss(self, model: nn.Module, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """The mean loss over these training texts."""
        ...

    def evaluate(self, model: nn.Module, accelerator: Accelerator) -> Evaluation:
        """The model as it is now on the dev set, the same on every process."""
        ...


def fit(
    model: nn.Module,
    objective: Objective,
    settings: Settings,
    accelerator: Accelerator,
    reporter: Reporter,
    checkpoint: Path,
) -> dict[str, Tensor]:
    """Train until the epochs are over or the dev result has stopped improving; the best weights, by name.

    A batch is shared out over all processes, so the number of processes does not change what is learned.
    Raises TrainingInterrupted, after saving, on Ctrl-C, and ConfigError when the loss is no longer a number.
    """
    total_steps = settings.epochs * len(objective.batches(0, settings))
    optimisation = Optimisation(model, settings, total_steps)
    average = WeightAverage(model, int(settings.average_from * total_steps) + 1, total_steps)
    network, precision = accelerator.prepare(model), mixed_precision(settings, accelerator.device)
    torch.manual_seed(settings.seed + accelerator.process_index)
    parts = {"optimisation": optimisation, "average": average} | objective.parts
    state = RunState(model, parts, accelerator, checkpoint)
    state.restore()
    position = state.position

    reporter.start(position.step, total_steps)
    with Interruption() as interruption:
        while position.epoch < settings.epochs and position.stale < settings.patience:
            model.train()
            batches = objective.batches(position.epoch, settings)
            for rows in batches[position.batch :]:
                part, factor = part_of_batch(rows, accelerator)
                with precision:
                    loss = objective.loss(network, part, accelerator.device) * factor
                accelerator.backward(loss)
                batch_loss = _finite(mean_over_processes(loss, accelerator), settings)
                optimisation.step(position.step)
                position.end_step(batch_loss)
                average.include(position.step)
                reporter.step(position.step, batch_loss)
                if any_process(interruption.requested, accelerator):
                    state.save()
                    raise TrainingInterrupted(
                        f"stopped in epoch {position.epoch + 1} of {settings.epochs}; "
                        f"all is saved in {checkpoint} (continue with --resume)"
                    )
            model.eval()
            mean_loss = position.loss / len(batches)
            with average.applied():
                evaluation = objective.evaluate(model, accelerator)
                if position.end_epoch(evaluation.score):
                    state.keep_best()
            reporter.epoch(position.epoch, settings.epochs, mean_loss, evaluation.measures)
            state.save()
    reporter.finish(position.best_epoch)
    return state.best_weights


def make_accelerator(settings: Settings) -> Accelerator:
    """The device and the processes to train with, as accelerate finds them.

    Raises ConfigError when the settings ask for a device that is not there.
    """
    has_gpu = torch.cuda.is_available()
    if settings.device == "cuda" and not has_gpu:
        raise ConfigError("device cuda was asked for and there is none (use --device cpu or auto)")
    on_gpu = has_gpu and settings.device != "cpu"
    try:
        return Accelerator(cpu=not on_gpu, mixed_precision="no")  # `mixed_precision` sees to that
    except ValueError as error:  # accelerate keeps the first choice for as long as the process lives
        raise ConfigError(
            f"an earlier training in this process had another device than {settings.device} "
            "(start a new process)"
        ) from error


def _finite(loss: float, settings: Settings) -> float:
    if not math.isfinite(loss):
        raise ConfigError(
            f"training diverged: the loss is no longer a number (learning_rate is {settings.learning_rate}; "
            "try --set learning_rate= with a third of it)"
        )
    return loss

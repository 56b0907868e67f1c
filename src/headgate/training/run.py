"""A training run from first to last, whatever its task: folder, log, network, finished model."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from headgate.training.checkpoints import RunFolder
from headgate.training.loop import Objective, fit, make_accelerator
from headgate.training.optimisation import takes_bfloat16
from headgate.training.reporting import Reporter
from headgate.training.settings import Settings
from headgate.version import VERSION

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Provenance:
    """What the card says of where a model comes from; `name` is what users call the model."""

    name: str
    training_data: str
    licence: str = "not stated"


class Draft(Protocol):
    """A finished model that is not yet written."""

    def write(self, path: Path, metrics: dict[str, Any], provenance: Provenance) -> None:
        """Write the model folder, with its card and metrics."""
        ...


class TaskRun(Protocol):
    """What a task brings to a run."""

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        ...

    @property
    def identity(self) -> dict[str, Any]:
        """What else must be the same for a run to go on to the very same model."""
        ...

    @property
    def summary(self) -> str:
        """The data in a few words."""
        ...

    @property
    def sizes(self) -> dict[str, int]:
        """How much there was to learn from, for the record."""
        ...

    def module(self) -> nn.Module:
        """The fresh network."""
        ...

    def objective(self) -> Objective:
        """What it is trained for."""
        ...

    def finish(self, weights: dict[str, Floats], reporter: Reporter) -> tuple[dict[str, Any], Draft]:
        """The trained network as a finished model, and all that was measured."""
        ...


def run_training(run: TaskRun, out: Path, *, resume: bool, quiet: bool, provenance: Provenance) -> Path:
    """Train, calibrate, measure and write; returns the model folder. A finished run is kept."""
    started = time.perf_counter()
    settings = run.settings
    accelerator = make_accelerator(settings)
    arithmetic = ", bfloat16" if takes_bfloat16(settings, accelerator.device) else ""
    same = {"processes": accelerator.num_processes, "headgate": VERSION}
    folder = RunFolder(out, settings.model_dump(mode="json") | run.identity | same, resume=resume)
    if folder.is_finished:
        return folder.model
    if accelerator.is_main_process:
        folder.open()
    accelerator.wait_for_everyone()
    with Reporter(folder.log, quiet=quiet, main=accelerator.is_main_process) as reporter:
        kind = accelerator.device.type
        reporter.say(f"{run.summary}; {settings.cell} of {settings.hidden} units, {kind}{arithmetic}")
        torch.manual_seed(settings.seed)
        best = fit(run.module(), run.objective(), settings, accelerator, reporter, folder.checkpoint)
        if accelerator.is_main_process:
            weights = {name: tensor.numpy() for name, tensor in best.items()}
            metrics, draft = run.finish(weights, reporter)
            metrics["training"] = {
                **run.sizes,
                "processes": accelerator.num_processes,
                "seconds": round(time.perf_counter() - started, 1),
                "settings": settings.model_dump(mode="json"),
            }
            draft.write(folder.model, metrics, provenance)
            folder.finish()
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return folder.model

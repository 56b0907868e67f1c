"""What language modelling brings to the training loop: the next unit to learn by, dev loss to choose by.

The training text is cut into as many streams as a batch has rows, and all of them are read side by side, one
stretch a step. The state goes on from stretch to stretch, the gradient does not: truncated back-propagation
through time (Williams & Peng 1990). So a text teaches what lies further back than any stretch is long.
"""

import math
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn

from headgate.cells import Cell, map_state
from headgate.cells.cell import State
from headgate.models import LanguageModel
from headgate.training.checkpoints import Part
from headgate.training.generation.settings import GenerationSettings
from headgate.training.loop import Evaluation
from headgate.training.settings import Settings

DEV_STREAMS = 8
"""Streams that the dev text is cut into, at the most: each begins without what stands before it."""
LEAST_DEV_STREAM = 1_000
"""Units of a dev stream, at the least."""
DEV_STRETCH = 256
LENGTH_DEVIATION = 5.0
"""Standard deviation of the length of a stretch, in units."""
HALVED = 0.05
"""The probability that a stretch is half as long (Merity et al. 2018, section 4.1)."""


@dataclass
class Carried:
    """The state after the last stretch, and where each stream stands: what the next stretch goes on from."""

    cell: Cell
    ends: list[int] = field(default_factory=list[int])
    states: list[State] | None = None

    def before(self, starts: list[int], device: torch.device) -> list[State] | None:
        """The state to read these stretches from; none where they do not go on from the last ones."""
        if self.states is None or starts != self.ends:
            return None

        def moved(part: Tensor) -> Tensor:  # a checkpoint gives the state back on the CPU
            return part.to(device)

        return [map_state(moved, state) for state in self.states]

    def keep(self, ends: list[int], states: list[State]) -> None:
        """Take the state for the next stretch, cut off from how it came about."""
        self.ends = ends
        self.states = [map_state(Tensor.detach, state) for state in states]

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        states = [list(vars(state).values()) for state in self.states or []]
        return {"ends": self.ends, "states": states}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.ends = state["ends"]
        self.states = [self.cell.state_type(*parts) for parts in state["states"]] or None


@dataclass(frozen=True)
class GenerationObjective:
    """The units of the training text and of the dev text; `dev_characters` is how long the latter is."""

    train: NDArray[np.int64]
    dev: NDArray[np.int64]
    dev_characters: int
    settings: GenerationSettings
    carried: Carried

    @property
    def parts(self) -> dict[str, Part]:
        """The state that is carried from stretch to stretch."""
        return {"carried": self.carried}

    def batches(self, epoch: int, settings: Settings) -> list[NDArray[np.int64]]:
        """Stretch after stretch, the start and the end of each stream's in the training text."""
        streams = min(settings.batch_size, len(self.train) - 1)
        width = (len(self.train) - 1) // streams
        firsts = np.arange(streams, dtype=np.int64)[:, None] * width
        cuts = self._cuts(width, np.random.default_rng((settings.seed, epoch)))
        return [firsts + cuts[step : step + 2] for step in range(len(cuts) - 1)]

    def _cuts(self, width: int, generator: "np.random.Generator") -> NDArray[np.int64]:
        """Where a stream is cut into stretches, both of its ends included; always as many."""
        count = math.ceil(width / self.settings.bptt)
        lengths = np.ones(count)
        if self.settings.variable_lengths:
            lengths = np.where(generator.random(count) < HALVED, 0.5, 1.0) * self.settings.bptt
            lengths = np.maximum(
                1.0, generator.normal(lengths, min(LENGTH_DEVIATION, self.settings.bptt / 4))
            )
        cuts = np.concatenate(([0.0], np.cumsum(lengths))) * (width / lengths.sum())
        cuts, steps = np.round(cuts).astype(np.int64), np.arange(count + 1)
        # No stretch is empty, however short they are: every epoch has as many.
        cuts = np.maximum.accumulate(cuts - steps) + steps
        return np.minimum(cuts, width - count + steps)

    def loss(self, model: nn.Module, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """The mean loss over these stretches in nats a unit, and the penalties that the settings ask for.

        A stretch shorter than the others counts less, by its length, as its learning rate would be scaled.
        """
        network, settings = cast("LanguageModel", model), self.settings
        length = int(rows[0, 1] - rows[0, 0])
        places = rows[:, :1] + np.arange(length + 1)
        units = torch.from_numpy(self.train[places]).to(device)
        before = self.carried.before(rows[:, 0].tolist(), device)
        outputs, states = network.read_on(units[:, :-1], before)
        self.carried.keep(rows[:, 1].tolist(), states)
        loss = network.output.loss(outputs, units[:, 1:]).mean()
        if settings.activation_penalty:
            loss = loss + settings.activation_penalty * outputs.square().mean()
        if settings.slowness_penalty and length > 1:
            loss = loss + settings.slowness_penalty * outputs.diff(dim=1).square().mean()
        return loss * min(1.0, length / settings.bptt) if settings.variable_lengths else loss

    @torch.no_grad()
    def evaluate(self, model: nn.Module, accelerator: Accelerator) -> Evaluation:
        """The dev loss, which weights are chosen by."""
        network = cast("LanguageModel", model)
        streams = max(1, min(DEV_STREAMS, (len(self.dev) - 1) // LEAST_DEV_STREAM))
        width = (len(self.dev) - 1) // streams
        places = np.arange(streams)[:, None] * width + np.arange(width + 1)
        units = torch.from_numpy(self.dev[places]).to(accelerator.device)
        states, total = None, 0.0
        for start in range(0, width, DEV_STRETCH):
            stretch = units[:, start : start + DEV_STRETCH + 1]
            losses, states = network.loss(stretch[:, :-1], stretch[:, 1:], states)
            total += losses.sum().item()
        loss = total / (streams * width)
        bits = loss / math.log(2) * len(self.dev) / self.dev_characters
        return Evaluation(-loss, {"loss": loss, "bits_per_character": bits})

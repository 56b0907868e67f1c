"""All that changes while a run goes on, saved and restored together."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from accelerate import Accelerator
from torch import Tensor, nn

from headgate.training.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from headgate.training.processes import random_states, restore_random_state


@dataclass
class Position:
    """Where a run is: the epoch and the batch that come next, steps taken, epochs since the best.

    `loss` is the sum of this epoch's losses so far.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss: float = 0.0
    stale: int = 0
    best: float | None = None
    best_epoch: int = 0

    def end_step(self, loss: float) -> None:
        """One step was taken, over a batch with this mean loss."""
        self.step, self.batch, self.loss = self.step + 1, self.batch + 1, self.loss + loss

    def end_epoch(self, score: float) -> bool:
        """Go on to the next epoch; whether the one that is over was the best so far, or as good."""
        improved = self.best is None or score >= self.best
        self.epoch, self.batch, self.loss = self.epoch + 1, 0, 0.0
        if improved:
            self.best, self.best_epoch = score, self.epoch
        self.stale = 0 if improved else self.stale + 1
        return improved


class Part(Protocol):
    """Whatever can give its state and take it back: a model, its optimisation, the average of its weights."""

    def state_dict(self) -> dict[str, Any]:
        """The state, of dicts, lists, tensors and plain values."""
        ...

    def load_state_dict(self, state: dict[str, Any], /) -> Any:
        """Go on from what `state_dict` gave."""
        ...


class RunState:
    """The position, the best weights and every part of a run; `restore` goes on where `save` left off."""

    def __init__(
        self, model: nn.Module, parts: dict[str, Part], accelerator: Accelerator, checkpoint: Path
    ) -> None:
        self._model, self._parts = model, {"model": model} | parts
        self._accelerator, self._checkpoint = accelerator, checkpoint
        self.position = Position()
        self.keep_best()

    def keep_best(self) -> None:
        """Take the model's weights, as they are now, for the best."""
        self.best_weights: dict[str, Tensor] = {
            name: tensor.detach().cpu().clone() for name, tensor in self._model.state_dict().items()
        }

    def save(self) -> None:
        """Write everything, by the main process; the others wait. Raises OutputError."""
        chance = random_states(self._accelerator)
        if self._accelerator.is_main_process:
            state: dict[str, Any] = {name: part.state_dict() for name, part in self._parts.items()}
            state |= {"position": asdict(self.position), "best": self.best_weights, "random": chance}
            save_checkpoint(self._checkpoint, state)
        self._accelerator.wait_for_everyone()

    def restore(self) -> None:
        """Read what was saved, where anything was. Raises ModelError when it is damaged."""
        saved = load_checkpoint(self._checkpoint)
        if saved is None:
            return
        for name, part in self._parts.items():
            part.load_state_dict(saved[name])
        self.best_weights, self.position = saved["best"], Position(**saved["position"])
        restore_random_state(saved["random"], self._accelerator)

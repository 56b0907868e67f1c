"""The average of a run's late weights: steadier than any one of them (Polyak & Juditsky 1992).

The iterates of stochastic gradient descent wander around a minimum; their mean lies nearer to it. One
snapshot in every few steps is as good as all of them, and costs next to nothing.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

SNAPSHOTS = 100
"""About how many snapshots a run would take if it averaged from its first step to its last."""


class WeightAverage:
    """The running mean of a model's parameters from step `first` of `total` on."""

    def __init__(self, model: nn.Module, first: int, total: int) -> None:
        self._parameters = dict(model.named_parameters())
        self._first, self._every = first, max(1, total // SNAPSHOTS)
        self._count = 0
        self._mean: dict[str, Tensor] = {}

    @torch.no_grad()
    def include(self, step: int) -> None:
        """Take the weights after this step (counted from 1) into the mean, if it is their turn."""
        if step < self._first or step % self._every:
            return
        self._count += 1
        for name, parameter in self._parameters.items():
            if self._count == 1:
                self._mean[name] = parameter.detach().clone()
            else:
                self._mean[name].lerp_(parameter, 1.0 / self._count)

    @contextmanager
    def applied(self) -> Generator[None]:
        """Within the block the model's weights are the mean, where there is one yet."""
        current = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}
        self._load(self._mean)
        try:
            yield
        finally:
            self._load(current)

    @torch.no_grad()
    def _load(self, weights: dict[str, Tensor]) -> None:
        for name, tensor in weights.items():
            self._parameters[name].copy_(tensor)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"count": self._count, "mean": self._mean}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self._count = state["count"]
        self._mean = {name: mean.to(self._parameters[name].device) for name, mean in state["mean"].items()}

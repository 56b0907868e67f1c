"""How a step is taken: AdamW for the network, a sparse Adam for the tables, one schedule for both.

A batch touches a few hundred rows of an embedding table that may have tens of thousands. A dense Adam step
over all of them costs as much as half a pass of the LSTM; the sparse one touches the same rows as the batch.
"""

import re
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from headgate.training.optimisation.row_adam import RowAdam
from headgate.training.settings import ReaderSettings, Settings

BETAS = (0.9, 0.99)
FINAL_SHARE = 0.05
"""The learning rate at the last step, as a share of the highest."""

_LAYER = re.compile(r"_l(\d+)")


def learning_rate_share(step: int, total: int, warmup: float) -> float:
    """The share of the highest learning rate at a step (from 0) of `total`: a linear rise, then a fall."""
    rise = min(1.0, (step + 1) / max(1.0, warmup * total))
    return rise * (1.0 - (1.0 - FINAL_SHARE) * step / total)


def sparse_tables(model: nn.Module) -> list[torch.Tensor]:
    """The model's tables whose gradients are sparse; those kept frozen are left out."""
    tables = [layer for layer in model.modules() if isinstance(layer, nn.Embedding | nn.EmbeddingBag)]
    return [table.weight for table in tables if table.sparse and table.weight.requires_grad]


def _thawing_steps(
    model: nn.Module, settings: Settings, total_steps: int
) -> list[tuple[nn.Parameter, float]]:
    """The step from which each parameter of the recurrent layers and the embedding is trained.

    What stands on the top layer is trained from the start, the top layer after `unfreeze_epochs`, the one
    below it after twice as many, and so on down; the embedding last of all.
    """
    if not isinstance(settings, ReaderSettings) or settings.unfreeze_epochs == 0:
        return []
    stretch = settings.unfreeze_epochs * total_steps / settings.epochs
    steps: list[tuple[nn.Parameter, float]] = []
    for name, parameter in model.named_parameters():
        layer = _LAYER.search(name)
        if name.startswith("recurrent.") and layer is not None:
            steps.append((parameter, stretch * (settings.layers - int(layer[1]))))
        elif name.startswith("embedding."):
            steps.append((parameter, stretch * (settings.layers + 1)))
    return steps


class Optimisation:
    """The optimisers of a model's parameters, stepped together."""

    def __init__(self, model: nn.Module, settings: Settings, total_steps: int) -> None:
        self._thaw = _thawing_steps(model, settings, total_steps)
        self.total_steps, self._warmup, self._clip = total_steps, settings.warmup, settings.clip
        tables = sparse_tables(model)
        in_tables = set(map(id, tables))
        self.dense = [p for p in model.parameters() if p.requires_grad and id(p) not in in_tables]
        self.optimisers: list[Optimizer] = [
            AdamW(
                [
                    {"params": [p for p in self.dense if p.ndim > 1], "weight_decay": settings.weight_decay},
                    # A bias says how often something is so: to pull it to zero would, of all things, have an
                    # LSTM forget half of what it knows at each step.
                    {"params": [p for p in self.dense if p.ndim < 2], "weight_decay": 0.0},
                ],
                lr=settings.learning_rate,
                betas=BETAS,
                fused=True,
            )
        ]
        if tables:
            assert isinstance(settings, ReaderSettings), "no other network has sparse tables"
            self.optimisers.append(RowAdam(tables, lr=settings.embedding_learning_rate))
        self._highest = [optimiser.param_groups[0]["lr"] for optimiser in self.optimisers]

    def step(self, step: int) -> None:
        """Clip the gradients, move the weights at the learning rate of this step (from 0), clear them."""
        share = learning_rate_share(step, self.total_steps, self._warmup)
        for parameter, first in self._thaw:
            if step < first:
                parameter.grad = None  # no optimiser moves what has none
        torch.nn.utils.clip_grad_norm_(self.dense, self._clip)
        for optimiser, highest in zip(self.optimisers, self._highest, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = highest * share
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        return {"optimisers": [optimiser.state_dict() for optimiser in self.optimisers]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)

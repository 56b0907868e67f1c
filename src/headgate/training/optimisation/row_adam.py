"""Adam for tables of vectors of which a batch touches a few rows: a step costs what the touched rows cost.

A dense Adam step over an embedding table of tens of thousands of rows takes as long as half a pass of the
LSTM. This one differs from Adam (Kingma & Ba 2015) in three ways, each of which saves a pass over memory:

- only rows with a gradient are moved, as in `torch.optim.SparseAdam`;
- the second moment is one number a row, the mean over its units (as in row-wise Adagrad, Mudigere et al.
  2022), and a row's own steps count for its bias correction;
- there is no first moment: between two visits to a row many steps pass, so a momentum would be stale.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

DECAY = 0.99
EPSILON = 1e-8


class RowAdam(Optimizer):
    """Steps parameters (rows features) by sparse gradients; `lr` is about how far a unit moves in a step."""

    def __init__(self, tables: Iterable[Tensor], lr: float) -> None:
        super().__init__(tables, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Move every row that has a gradient."""
        for group in self.param_groups:
            for table in group["params"]:
                if table.grad is not None:
                    self._step_table(table, table.grad.coalesce(), group["lr"])

    def _step_table(self, table: Tensor, gradient: Tensor, lr: float) -> None:
        state = self.state[table]
        if not state:
            state["moment"] = table.new_zeros(table.shape[0])
            state["visits"] = table.new_zeros(table.shape[0])
        rows, values = gradient.indices()[0], gradient.values()
        moment = state["moment"][rows].mul_(DECAY).add_(values.square().mean(1), alpha=1.0 - DECAY)
        visits = state["visits"][rows].add_(1.0)
        state["moment"][rows] = moment
        state["visits"][rows] = visits
        deviation = (moment / (1.0 - DECAY**visits)).sqrt_().add_(EPSILON)
        table.index_add_(0, rows, values.div_(deviation.unsqueeze(1)), alpha=-lr)

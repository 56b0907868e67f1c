"""How far back does a gradient reach? The norm of dLoss/dh_t, and of dLoss/dc_t, against the lag T - t.

The loss is that of the last step alone, so that whatever arrives at step t has travelled T - t steps back:

    dLoss/ds_t = dLoss/ds_{t+1} · ds_{t+1}/ds_t ,

one Jacobian a step (Hochreiter 1991; Bengio et al. 1994). Products of Jacobians shrink or grow exponentially
in their number: the gradient vanishes or explodes. A state may have two parts, s = (h, c); the derivative by
one is taken with the other held, so that dLoss/dc_t is what travels along the memory cell.

Norms are means over sequences, as a share of the norm of dLoss/dh_T: 1 is where the way back begins.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from headgate.cells import CELLS, Cell, cell_named, map_state
from headgate.cells.cell import State
from headgate.errors import ConfigError
from headgate.lab.adding import Adding
from headgate.lab.experiment import Settings, train
from headgate.lab.sequence_model import SequenceModel
from headgate.shapes import Float

SEQUENCES = 64
"""How many sequences norms are means over."""
SCALES = (0.5, 1.0, 1.5, 2.0)
"""What the recurrent matrix of an `rnn` is multiplied by, to show both ways a gradient can go."""
SETTINGS = (
    "rnn, recurrent matrix scaled",
    "first weights",
    "first weights, memory length stated",
    "after training",
)
"""The panels of the picture."""


@dataclass(frozen=True)
class GradientCurve:
    """One line of the picture: relative norms by lag, from 0 on.

    `setting` is the panel it belongs to; `network` what was measured, a cell or a scaled one; `part` is
    "hidden" or "cell".
    """

    setting: str
    network: str
    part: str
    norms: list[float]


@dataclass(frozen=True)
class GradientSettings:
    """The cells, the steps of a sequence, the units of the one layer, and `budget` batches of training."""

    cells: tuple[str, ...] = tuple(CELLS)
    length: int = 100
    hidden: int = 64
    budget: int = 150
    seed: int = 1

    def __post_init__(self) -> None:
        for name in self.cells:
            cell_named(name)
        if self.length < Adding.shortest:
            raise ConfigError(f"length must be at least {Adding.shortest} steps; got {self.length}")
        _ = self.training  # checks the other numbers

    @property
    def training(self) -> Settings:
        """How the networks of the last panel are trained."""
        return Settings(self.hidden, budget=self.budget, learning_rate=1e-2, seed=self.seed, device="cpu")


def gradients_by_lag(
    cell: Cell, weights: Any, inputs: Float[Tensor, "batch time input"], loss: Callable[[Tensor], Tensor]
) -> dict[str, Float[Tensor, "lag batch hidden"]]:
    """dLoss/ds_t for each part s of the state, from the last step back to the state before the first one.

    `loss` takes the last hidden state (batch hidden) and returns a number.
    """
    state = cell.initial_state(inputs.shape[0], weights, like=inputs)
    states: list[State] = [map_state(Tensor.requires_grad_, state)]
    for step in inputs.unbind(1):
        # clone: the next step and the loss read this copy, so its gradient is by this part alone
        states.append(map_state(torch.clone, cell.step(step, states[-1], weights)))
    value = loss(states[-1].hidden)
    gradients: dict[str, Tensor] = {}
    for part in vars(state):
        if part != "previous":
            of_part = [getattr(state, part) for state in reversed(states)]
            gradients[part] = torch.stack(
                torch.autograd.grad(value, of_part, retain_graph=True, materialize_grads=True)
            )
    return gradients


def measure(
    model: SequenceModel, problem: Adding, seed: int, setting: str, network: str
) -> list[GradientCurve]:
    """The curves of a one-layer network on sequences of a problem that is answered at the last step."""
    batch = problem.draw(torch.Generator().manual_seed(seed), SEQUENCES)
    cell, weights = model.recurrence()

    def loss(hidden: Tensor) -> Tensor:
        # the sum over sequences, so that each one's gradient is its own
        return (model.answer(hidden).squeeze(1) - batch.targets[:, -1]).square().sum()

    by_part = {
        name: of.norm(dim=2) for name, of in gradients_by_lag(cell, weights, batch.inputs, loss).items()
    }
    start = by_part["hidden"][0].mean()
    return [
        GradientCurve(setting, network, part, (norms.mean(1) / start).tolist())
        for part, norms in by_part.items()
    ]


def compare_gradients(
    settings: GradientSettings, say: Callable[[str], None] = lambda line: None
) -> list[GradientCurve]:
    """All curves: a scaled rnn, every cell with its first weights of both kinds, and after training."""
    problem = Adding(settings.length)
    scaled, usual, stated, trained = SETTINGS
    curves: list[GradientCurve] = []
    for scale in SCALES:
        model = _network("rnn", settings, None)
        with torch.no_grad():
            model.recurrence()[1].weight_hh.mul_(scale)
        curves += measure(model, problem, settings.seed, scaled, f"rnn × {scale:g}")
    for name in settings.cells:
        curves += measure(_network(name, settings, None), problem, settings.seed, usual, name)
        model = _network(name, settings, settings.length)
        curves += measure(model, problem, settings.seed, stated, name)
        checks = train(model, problem, settings.training)
        say(f"{name}: trained in {checks[-1].seconds:.0f} s to an error of {checks[-1].score:.4f}")
        curves += measure(model, problem, settings.seed, trained, name)
    return sorted(curves, key=lambda curve: SETTINGS.index(curve.setting))


def _network(cell: str, settings: GradientSettings, memory_length: int | None) -> SequenceModel:
    torch.manual_seed(settings.seed)
    return SequenceModel(
        cell, Adding.input_size, settings.hidden, 1, memory_length=memory_length, blocks=False
    )

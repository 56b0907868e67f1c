"""Recurrent layers over whole batches, in NumPy: the loop over time that `headgate.cells` leaves out.

It goes over a `Packing`, so that nothing is computed for padding. An LSTM, the cell of most models, runs as
`FusedLSTM`; every other cell by its own equations.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells import LSTM, Cell, map_state, project
from headgate.cells.cell import State
from headgate.runtime.layers.fused_lstm import FusedLSTM
from headgate.runtime.layers.packing import Packing, projected_steps
from headgate.shapes import Float, Int

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Layer:
    """One layer: weights of the forward direction and, in a bidirectional one, of the backward direction.

    They are of the cell's `weights_type`.
    """

    forward: Any
    backward: Any | None

    @property
    def directions(self) -> tuple[Any, ...]:
        """The weights of each direction, forward first."""
        return (self.forward,) if self.backward is None else (self.forward, self.backward)

    @cached_property
    def fused(self) -> FusedLSTM:
        """The weights as they run in a layer of LSTMs; rearranged at the first call, then kept."""
        return FusedLSTM.of(self.directions)


def run_packed(
    cell: Cell,
    layers: tuple[Layer, ...],
    table: Float[Floats, "words input"],
    index: Int[Ints, " tokens"],
    packing: Packing,
) -> tuple[Float[Floats, "tokens output"], list[State]]:
    """Run every layer over the outputs of the one below: the top one's outputs, and each layer's last state.

    Token n of the packing reads row `index[n]` of the table: what a distinct word contributes is computed
    once. Outputs and states of both directions stand side by side; the last state is that after a text's last
    token, backward after its first; zeros for a text without tokens.
    """
    ends: list[State] = []
    for layer in layers:
        orders = np.stack((index, index[packing.mirrored])[: len(layer.directions)])
        if cell is LSTM:
            hidden, memory = layer.fused.run(table, orders, packing)
            states = [
                cell.state_type(packing.last(one), cells) for one, cells in zip(hidden, memory, strict=True)
            ]
        else:
            pairs = zip(layer.directions, orders, strict=True)
            hidden, states = zip(
                *(run_direction(cell, weights, table, order, packing) for weights, order in pairs),
                strict=True,
            )
        table = np.concatenate((hidden[0], *(backward[packing.mirrored] for backward in hidden[1:])), axis=1)
        index = np.arange(len(index), dtype=np.int64)
        ends.append(map_state(lambda *parts: np.concatenate(parts, axis=1), *states))
    return table, ends


def run_direction(
    cell: Cell,
    weights: Any,
    table: Float[Floats, "words input"],
    index: Int[Ints, " tokens"],
    packing: Packing,
) -> tuple[Float[Floats, "tokens hidden"], State]:
    """Read every text from its first token to its last: the hidden state after each token, and at last.

    Token n of the layout reads row `index[n]` of the table.
    """
    outputs = np.empty((len(index), cell.hidden_size(weights)), table.dtype)
    state: State = cell.initial_state(len(packing.lengths), weights, like=table)
    last = map_state(np.copy, state)
    if cell.window > 1:
        table, index = packing.windows(table[index]), np.arange(len(index), dtype=np.int64)
    steps = projected_steps(lambda some: project(some, weights), table, index[None], packing)
    for here, (projected,) in steps:
        state = map_state(itemgetter(slice(len(projected))), state)
        state = cell.step_projected(projected, state, weights)
        outputs[here] = state.hidden
        for name in (field.name for field in fields(cell.state_type)):
            getattr(last, name)[: len(projected)] = getattr(state, name)
    return outputs, last

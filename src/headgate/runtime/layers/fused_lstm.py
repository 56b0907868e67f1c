"""The LSTM of `headgate.cells.lstm` for speed: its equations rearranged, its answers the same.

- sigmoid(x) = (tanh(x / 2) + 1) / 2, so with the weights of the three sigmoid gates halved beforehand one
  tanh serves all four gates. They are ordered with the candidate last, to lie together.
- Both directions of a layer go step by step together, as one product of stacked matrices.
- The matrices are stored as the product reads them, and intermediate results overwrite each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.cells import Weights
from headgate.cells.lstm import GATES, State
from headgate.runtime.layers.packing import Packing, projected_steps
from headgate.shapes import Float, Int

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

ORDER = ("input", "forget", "output", "candidate")
"""The gates as they are stacked here."""


@dataclass(frozen=True)
class FusedLSTM:
    """The weights of each direction of one layer, as the products read them."""

    from_input: Float[Floats, "direction input gates_hidden"]
    from_hidden: Float[Floats, "direction hidden gates_hidden"]
    bias: Float[Floats, "direction 1 gates_hidden"]

    @classmethod
    def of(cls, directions: Sequence[Weights]) -> "FusedLSTM":
        """The weights of a layer's directions, rearranged once for all calls."""
        return cls(
            _columns([_rearranged(weights.weight_ih) for weights in directions]),
            _columns([_rearranged(weights.weight_hh) for weights in directions]),
            _columns([_rearranged((weights.bias_ih + weights.bias_hh)[:, None]) for weights in directions]),
        )

    def project(self, inputs: Float[Floats, "_ some input"]) -> Float[Floats, "direction some gates_hidden"]:
        """What the inputs contribute to the gates of each direction, and both biases."""
        projected = np.matmul(inputs, self.from_input)
        projected += self.bias
        return projected

    def run(
        self, table: Float[Floats, "words input"], index: Int[Ints, "direction tokens"], packing: Packing
    ) -> tuple[Float[Floats, "direction tokens hidden"], Float[Floats, "direction batch hidden"]]:
        """Read every text from its first token to its last: the hidden state after each token, and at last
        the memory cell of each text.

        Token n of direction d is row `index[d, n]` of the table.
        """
        directions, hidden, stacked = self.from_hidden.shape
        batch = len(packing.lengths)
        outputs = np.empty((directions, index.shape[1], hidden), table.dtype)
        gates = np.empty((directions, batch, stacked), table.dtype)
        memory = np.zeros((directions, batch, hidden), table.dtype)
        before = np.zeros_like(memory)
        for here, projected in projected_steps(self.project, table, index, packing):
            running = projected.shape[1]
            affine = np.matmul(before[:, :running], self.from_hidden, out=gates[:, :running])
            affine += projected
            before = advance(affine, memory[:, :running], outputs[:, here])
        return outputs, memory

    def step(self, inputs: Float[Floats, "row input"], state: State) -> State:
        """One token further, for a layer of one direction: the state after reading `inputs`."""
        return self.step_projected(self.project(inputs[None])[0], state)

    def step_projected(self, projected: Float[Floats, "row gates_hidden"], state: State) -> State:
        """`step` for inputs that have been through `project` already."""
        affine = state.hidden @ self.from_hidden[0]
        affine += projected
        memory, shown = state.cell[None].copy(), np.empty_like(state.cell[None])
        return State(advance(affine[None], memory, shown)[0], memory[0])


def advance(
    affine: Float[Floats, "direction running gates_hidden"],
    cell: Float[Floats, "direction running hidden"],
    shown: Float[Floats, "direction running hidden"],
) -> Float[Floats, "direction running hidden"]:
    """One step: overwrites `cell` with the new memory and `shown` with the hidden state, and returns it.

    `affine`, what the gates are functions of, is used up.
    """
    size = cell.shape[2]
    np.tanh(affine, out=affine)
    sigmoids, candidate = affine[:, :, : 3 * size], affine[:, :, 3 * size :]
    sigmoids *= 0.5
    sigmoids += 0.5
    cell *= sigmoids[:, :, size : 2 * size]
    candidate *= sigmoids[:, :, :size]
    cell += candidate
    np.tanh(cell, out=shown)
    shown *= sigmoids[:, :, 2 * size :]
    return shown


def _rearranged(stacked: Float[Floats, "gates_hidden columns"]) -> Float[Floats, "gates_hidden columns"]:
    """The gates in `ORDER`, those that go through a sigmoid halved."""
    by_name = dict(zip(GATES, np.split(stacked, len(GATES)), strict=True))
    return np.concatenate([by_name[gate] * (1.0 if gate == "candidate" else 0.5) for gate in ORDER])


def _columns(matrices: Sequence[Floats]) -> Floats:
    """The transposed matrices, one after the other in memory."""
    return np.ascontiguousarray(np.stack([matrix.T for matrix in matrices]), np.float32)

"""The weights of a cell, and the half of its affine map that needs no state.

A cell computes W_ih x_t + b_ih + W_hh h_{t-1} + b_hh for all of its gates at once: the gates are stacked
along the first axis of both matrices, in the order of the cell's `GATES`. Names, layout and the two
biases (where a textbook has one, their sum) are those of `torch.nn.LSTM` and its kin, so that weights can
be exchanged with PyTorch in both directions.
"""

from dataclasses import dataclass

from headgate.cells.arrays import Array, affine
from headgate.shapes import Float


@dataclass(frozen=True)
class Weights:
    """One direction of one recurrent layer; `gates_hidden` is the number of gates times the hidden size."""

    weight_ih: Float[Array, "gates_hidden input"]
    weight_hh: Float[Array, "gates_hidden hidden"]
    bias_ih: Float[Array, " gates_hidden"]
    bias_hh: Float[Array, " gates_hidden"]

    @property
    def hidden_size(self) -> int:
        """The number of hidden units."""
        return self.weight_hh.shape[1]


@dataclass(frozen=True)
class InputWeights:
    """One direction of one layer of a cell whose gates do not look at the state (`parallel`)."""

    weight_ih: Float[Array, "gates_hidden input"]
    bias_ih: Float[Array, " gates_hidden"]


def project(
    inputs: Float[Array, "*batch input"], weights: Weights | InputWeights
) -> Float[Array, "*batch gates_hidden"]:
    """What the inputs alone contribute to every gate: W_ih x_t + b_ih.

    It does not depend on the state, so a whole sequence (batch time input) can be projected in one product
    before the recurrence begins.
    """
    return affine(inputs, weights.weight_ih, weights.bias_ih)

"""Long short-term memory (Hochreiter & Schmidhuber 1997; with the forget gate of Gers et al. 2000).

    i_t = sigmoid(W_i [x_t, h_{t-1}] + b_i)        input gate: how much of the candidate to write
    f_t = sigmoid(W_f [x_t, h_{t-1}] + b_f)        forget gate: how much of the old memory to keep
    g_t = tanh   (W_g [x_t, h_{t-1}] + b_g)        candidate: what could be written
    o_t = sigmoid(W_o [x_t, h_{t-1}] + b_o)        output gate: how much of the memory to show
    c_t = f_t * c_{t-1} + i_t * g_t                the memory cell
    h_t = o_t * tanh(c_t)                          the hidden state

The point is the fifth line. The memory is carried over by an addition and a gate, with no matrix and no
squashing in between: while the forget gate stays near 1, a gradient travels back along c undiminished.

Deviation from the papers: no peephole connections, as in every library today.
"""

from dataclasses import dataclass

from headgate.cells.arrays import Array, sigmoid, split, tanh
from headgate.cells.cell import Cell
from headgate.cells.weights import Weights, project
from headgate.shapes import Float

GATES = ("input", "forget", "candidate", "output")


@dataclass(frozen=True)
class State:
    """What the network remembers: the hidden state h that it shows and the memory cell c that it keeps."""

    hidden: Float[Array, "batch hidden"]
    cell: Float[Array, "batch hidden"]


@dataclass(frozen=True)
class Gates:
    """The four gates at one step: `candidate` in (-1, 1), the others in (0, 1)."""

    input: Float[Array, "batch hidden"]
    forget: Float[Array, "batch hidden"]
    candidate: Float[Array, "batch hidden"]
    output: Float[Array, "batch hidden"]


def gates(inputs: Float[Array, "batch input"], state: State, weights: Weights) -> Gates:
    """What the gates say about this input, given the state."""
    return gates_given(project(inputs, weights), state, weights)


def gates_given(projected: Float[Array, "batch gates_hidden"], state: State, weights: Weights) -> Gates:
    """`gates` for an input already projected: W_ih x_t + b_ih."""
    affine = projected + state.hidden @ weights.weight_hh.T + weights.bias_hh
    input, forget, candidate, output = split(affine, len(GATES))
    return Gates(sigmoid(input), sigmoid(forget), tanh(candidate), sigmoid(output))


def advance(gates: Gates, state: State) -> State:
    """What becomes of the state: forget some, write some, show some."""
    cell = gates.forget * state.cell + gates.input * gates.candidate
    return State(hidden=gates.output * tanh(cell), cell=cell)


LSTM = Cell("lstm", GATES, State, gates_given, advance, torch_name="LSTM")

"""The quasi-recurrent network (Bradbury et al. 2016, section 2, with fo-pooling and a window of two inputs).

    z_t = tanh   (W_z [x_{t-1}, x_t] + b_z)      candidate: what could be written
    f_t = sigmoid(W_f [x_{t-1}, x_t] + b_f)      forget gate: how much of the old memory to keep
    o_t = sigmoid(W_o [x_{t-1}, x_t] + b_o)      output gate: how much of the memory to show
    c_t = f_t * c_{t-1} + (1 - f_t) * z_t        the memory cell
    h_t = o_t * c_t                              the hidden state

The gates are a convolution over the inputs in place of a look at the state: two neighbours tell a little of
what h_{t-1} told the gates of an LSTM. The memory is a scan, c_t = a_t * c_{t-1} + b_t with a_t = f_t and
b_t = (1 - f_t) * z_t; the output gate acts on it afterwards.

Deviation from the paper: biases. Before the first input stands an input of zeros, as its masked convolution
has it; a stream that goes on from a saved state has the input before it in the state.
"""

from dataclasses import dataclass

from headgate.cells.arrays import Array, concatenate, sigmoid, split, tanh
from headgate.cells.parallel import ParallelCell
from headgate.cells.weights import InputWeights, project
from headgate.shapes import Float

GATES = ("candidate", "forget", "output")
WINDOW = 2


@dataclass(frozen=True)
class State:
    """What the network remembers: the hidden state h, the memory cell c, and the input that came last."""

    hidden: Float[Array, "batch hidden"]
    cell: Float[Array, "batch hidden"]
    previous: Float[Array, "batch input"]


@dataclass(frozen=True)
class Gates:
    """The gates, at one step or at every step: `candidate` in (-1, 1), the others in (0, 1)."""

    candidate: Float[Array, "*batch hidden"]
    forget: Float[Array, "*batch hidden"]
    output: Float[Array, "*batch hidden"]


def gates(inputs: Float[Array, "batch input"], state: State, weights: InputWeights) -> Gates:
    """What the gates say about this input and the one before it, whatever else the state is."""
    return gates_given(project(concatenate(state.previous, inputs), weights), state, weights)


def gates_given(projected: Float[Array, "*batch gates_hidden"], state: State, weights: InputWeights) -> Gates:
    """`gates` for windows already projected: W_ih [x_{t-1}, x_t] + b_ih."""
    candidate, forget, output = split(projected, len(GATES))
    return Gates(tanh(candidate), sigmoid(forget), sigmoid(output))


def advance(gates: Gates, state: State) -> State:
    """The memory becomes a mean of itself and the candidate; the output gate shows a part of it."""
    cell = gates.forget * state.cell + (1.0 - gates.forget) * gates.candidate
    return State(hidden=gates.output * cell, cell=cell, previous=state.previous)


def coefficients(gates: Gates) -> tuple[Array, Array]:
    """a_t and b_t of the scan."""
    return gates.forget, (1.0 - gates.forget) * gates.candidate


def shown(gates: Gates, memory: Float[Array, "*batch hidden"]) -> Float[Array, "*batch hidden"]:
    """The hidden state: what the output gate lets through of the memory that the scan computes."""
    return gates.output * memory


QRNN = ParallelCell(
    "qrnn", GATES, State, gates_given, advance, window=WINDOW, coefficients=coefficients, shown=shown
)

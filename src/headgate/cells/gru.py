"""The gated recurrent unit in the form that PyTorch and cuDNN compute (after Cho et al. 2014).

    r_t = sigmoid(W_r x_t + b_r + U_r h_{t-1} + d_r)            reset gate: how much of the old state to use
    z_t = sigmoid(W_z x_t + b_z + U_z h_{t-1} + d_z)            update gate: how much of the old state to keep
    n_t = tanh   (W_n x_t + b_n + r_t * (U_n h_{t-1} + d_n))    candidate: what could take its place
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}                       the hidden state

One state and three gates do the work of the LSTM's two states and four: the update gate forgets and writes
with one value, so that what is added is what was let go.

Deviation from the paper, whose eq. 7 has the same z_t: there the reset gate acts before the product with
U_n, as in `original_gru`. Here it acts after it, so that all three products can be computed at once, and the
candidate's product has a bias of its own, d_n. (In Chung et al. 2014 z_t has the other sense: it renews.)
"""

from dataclasses import dataclass

from headgate.cells.arrays import Array, sigmoid, split, tanh
from headgate.cells.cell import Cell
from headgate.cells.weights import Weights, project
from headgate.shapes import Float

GATES = ("reset", "update", "candidate")


@dataclass(frozen=True)
class State:
    """What the network remembers: its hidden state h."""

    hidden: Float[Array, "batch hidden"]


@dataclass(frozen=True)
class Gates:
    """The three gates at one step: `candidate` in (-1, 1), the others in (0, 1)."""

    reset: Float[Array, "batch hidden"]
    update: Float[Array, "batch hidden"]
    candidate: Float[Array, "batch hidden"]


def gates(inputs: Float[Array, "batch input"], state: State, weights: Weights) -> Gates:
    """What the gates say about this input, given the state."""
    return gates_given(project(inputs, weights), state, weights)


def gates_given(projected: Float[Array, "batch gates_hidden"], state: State, weights: Weights) -> Gates:
    """`gates` for an input already projected: W_ih x_t + b_ih."""
    from_input = split(projected, len(GATES))
    from_state = split(state.hidden @ weights.weight_hh.T + weights.bias_hh, len(GATES))
    reset = sigmoid(from_input[0] + from_state[0])
    update = sigmoid(from_input[1] + from_state[1])
    candidate = tanh(from_input[2] + reset * from_state[2])
    return Gates(reset, update, candidate)


def advance(gates: Gates, state: State) -> State:
    """What becomes of the state: the update gate's share of the old one stays, the candidate is the rest."""
    return State(hidden=(1.0 - gates.update) * gates.candidate + gates.update * state.hidden)


GRU = Cell("gru", GATES, State, gates_given, advance, torch_name="GRU")

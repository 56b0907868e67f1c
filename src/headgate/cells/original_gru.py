"""The gated recurrent unit as it was published (Chung et al. 2014, eqs. 4 to 7; Cho et al. 2014).

    r_t = sigmoid(W_r [x_t, h_{t-1}] + b_r)               reset gate: how much of the old state to use
    z_t = sigmoid(W_z [x_t, h_{t-1}] + b_z)               update gate: how much of the state to renew
    n_t = tanh   (W_n [x_t, r_t * h_{t-1}] + b_n)         candidate: what could take its place
    h_t = (1 - z_t) * h_{t-1} + z_t * n_t                 the hidden state

The reset gate acts on the old state before the product, so it decides which units the candidate may look
at. The candidate's product must therefore wait for the reset gate; `gru` is the form that need not wait.
The two differ in what they compute, and in the sense of z_t, so weights of one are no use to the other.

Deviation from Chung et al.: none but the biases, which they leave out. Cho et al. (eq. 7) give z_t the other
sense, as `gru` does: there it keeps the old state.
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
    hidden = weights.hidden_size
    affine = projected + weights.bias_hh
    of_gates = affine[..., : 2 * hidden] + state.hidden @ weights.weight_hh[: 2 * hidden].T
    reset, update = (sigmoid(part) for part in split(of_gates, 2))
    of_candidate = affine[..., 2 * hidden :] + (reset * state.hidden) @ weights.weight_hh[2 * hidden :].T
    return Gates(reset, update, tanh(of_candidate))


def advance(gates: Gates, state: State) -> State:
    """What becomes of the state: the update gate's share is renewed by the candidate, the rest stays."""
    return State(hidden=(1.0 - gates.update) * state.hidden + gates.update * gates.candidate)


ORIGINAL_GRU = Cell("original_gru", GATES, State, gates_given, advance)

"""The minimal gated recurrent unit (Feng et al. 2024, section 3.1): a GRU whose gates never see the state.

    z_t = sigmoid(W_z x_t + b_z)             update gate: how much of the state to renew
    n_t = W_n x_t + b_n                      candidate: what could take its place
    h_t = (1 - z_t) * h_{t-1} + z_t * n_t    the hidden state

Without the state in it, every gate of a sequence is known before the recurrence begins, and what is left,

    h_t = a_t * h_{t-1} + b_t    with    a_t = 1 - z_t,   b_t = z_t * n_t,

is linear in h: a scan, which need not go step by step. A gradient travels back through the a_t alone, with no
matrix to make it explode. The price: one layer cannot choose what to do by what it remembers, and no number
of them can follow a state that each input turns round, such as the parity of a growing string of bits.

Deviation from the paper: biases, which it leaves out. Its code keeps h positive, to scan over logarithms; the
scans of Headgate need no logarithm, so the candidate is linear, as the paper's equations have it.
"""

from dataclasses import dataclass

from headgate.cells.arrays import Array, sigmoid, split
from headgate.cells.parallel import ParallelCell
from headgate.cells.weights import InputWeights, project
from headgate.shapes import Float

GATES = ("update", "candidate")


@dataclass(frozen=True)
class State:
    """What the network remembers: its hidden state h."""

    hidden: Float[Array, "batch hidden"]


@dataclass(frozen=True)
class Gates:
    """The gates, at one step or at every step of a sequence: `update` in (0, 1), `candidate` any number."""

    update: Float[Array, "*batch hidden"]
    candidate: Float[Array, "*batch hidden"]


def gates(inputs: Float[Array, "batch input"], state: State, weights: InputWeights) -> Gates:
    """What the gates say about this input, whatever the state is."""
    return gates_given(project(inputs, weights), state, weights)


def gates_given(projected: Float[Array, "*batch gates_hidden"], state: State, weights: InputWeights) -> Gates:
    """`gates` for inputs already projected: W_ih x_t + b_ih."""
    update, candidate = split(projected, len(GATES))
    return Gates(sigmoid(update), candidate)


def advance(gates: Gates, state: State) -> State:
    """What becomes of the state: the update gate's share is renewed by the candidate, the rest stays."""
    return State(hidden=(1.0 - gates.update) * state.hidden + gates.update * gates.candidate)


def coefficients(gates: Gates) -> tuple[Array, Array]:
    """a_t and b_t of the scan."""
    return 1.0 - gates.update, gates.update * gates.candidate


def shown(gates: Gates, memory: Float[Array, "*batch hidden"]) -> Float[Array, "*batch hidden"]:
    """The hidden state is what the scan computes."""
    return memory


MINGRU = ParallelCell("mingru", GATES, State, gates_given, advance, coefficients=coefficients, shown=shown)

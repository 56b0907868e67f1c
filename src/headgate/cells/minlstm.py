"""The minimal LSTM (Feng et al. 2024, section 3.2): an LSTM whose gates never look at the state.

    f_t = sigmoid(W_f x_t + b_f)                 forget gate
    i_t = sigmoid(W_i x_t + b_i)                 input gate
    n_t = W_n x_t + b_n                          candidate: what could be written
    f'_t = f_t / (f_t + i_t)                     how much of the state to keep
    i'_t = i_t / (f_t + i_t) = 1 - f'_t          how much of the candidate to write
    h_t = f'_t * h_{t-1} + i'_t * n_t            the hidden state

The two gates compete, so that the state is always a mean of what was there and what comes, and cannot grow
with time; there is no memory cell beside it and no output gate. As in `mingru` nothing but the last line is a
recurrence, and that one is a scan: h_t = a_t * h_{t-1} + b_t with a_t = f'_t, b_t = i'_t * n_t.

Deviation from the paper: biases, and a linear candidate, as in `mingru`. The quotient is computed as
f' = sigmoid(log f - log i), to which it is equal, because both gates may be too small for a division.
"""

from dataclasses import dataclass

from headgate.cells.arrays import Array, log_sigmoid, sigmoid, split
from headgate.cells.parallel import ParallelCell
from headgate.cells.weights import InputWeights, project
from headgate.shapes import Float

GATES = ("input", "forget", "candidate")


@dataclass(frozen=True)
class State:
    """What the network remembers: its hidden state h."""

    hidden: Float[Array, "batch hidden"]


@dataclass(frozen=True)
class Gates:
    """The gates, at one step or at every step: `input` and `forget` in (0, 1), which add up to 1."""

    input: Float[Array, "*batch hidden"]
    forget: Float[Array, "*batch hidden"]
    candidate: Float[Array, "*batch hidden"]


def gates(inputs: Float[Array, "batch input"], state: State, weights: InputWeights) -> Gates:
    """What the gates say about this input, whatever the state is."""
    return gates_given(project(inputs, weights), state, weights)


def gates_given(projected: Float[Array, "*batch gates_hidden"], state: State, weights: InputWeights) -> Gates:
    """`gates` for inputs already projected: W_ih x_t + b_ih."""
    input, forget, candidate = split(projected, len(GATES))
    log_quotient = log_sigmoid(forget) - log_sigmoid(input)
    return Gates(sigmoid(-log_quotient), sigmoid(log_quotient), candidate)


def advance(gates: Gates, state: State) -> State:
    """What becomes of the state: a mean of the old one and the candidate."""
    return State(hidden=gates.forget * state.hidden + gates.input * gates.candidate)


def coefficients(gates: Gates) -> tuple[Array, Array]:
    """a_t and b_t of the scan."""
    return gates.forget, gates.input * gates.candidate


def shown(gates: Gates, memory: Float[Array, "*batch hidden"]) -> Float[Array, "*batch hidden"]:
    """The hidden state is what the scan computes."""
    return memory


MINLSTM = ParallelCell("minlstm", GATES, State, gates_given, advance, coefficients=coefficients, shown=shown)

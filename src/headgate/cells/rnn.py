"""The simple recurrent network (Elman 1990).

    h_t = tanh(W_ih x_t + W_hh h_{t-1} + b)        the state: a blend of the new input and the old state
    y_t = W_hy h_t + b_y                           the output read off the state

The state is rewritten from scratch at every step, through one squashing function. A gradient that travels
back over k steps is multiplied k times by W_hh and by the slope of tanh: it vanishes or explodes
exponentially in k (Bengio et al. 1994), which is what the gated cells beside this file are for.

Deviation from the paper: the context units are the hidden state itself, as everywhere today, and tanh
takes the place of the logistic function.
"""

from dataclasses import dataclass

from headgate.cells.arrays import Array, tanh
from headgate.cells.cell import Cell
from headgate.cells.weights import Weights, project
from headgate.shapes import Float

GATES = ("candidate",)


@dataclass(frozen=True)
class State:
    """What the network remembers: its hidden state h."""

    hidden: Float[Array, "batch hidden"]


@dataclass(frozen=True)
class Gates:
    """A simple network has no gate: the candidate, in (-1, 1), becomes the state as it is."""

    candidate: Float[Array, "batch hidden"]


def gates(inputs: Float[Array, "batch input"], state: State, weights: Weights) -> Gates:
    """What this input proposes, given the state."""
    return gates_given(project(inputs, weights), state, weights)


def gates_given(projected: Float[Array, "batch gates_hidden"], state: State, weights: Weights) -> Gates:
    """`gates` for an input already projected: W_ih x_t + b_ih."""
    return Gates(candidate=tanh(projected + state.hidden @ weights.weight_hh.T + weights.bias_hh))


def advance(gates: Gates, state: State) -> State:
    """The next state is the candidate; nothing of the old one is kept except through it."""
    return State(hidden=gates.candidate)


def output(
    state: State, weight_hy: Float[Array, "output hidden"], bias_y: Float[Array, " output"]
) -> Float[Array, "batch output"]:
    """The output y_t read off the state, before any softmax."""
    return state.hidden @ weight_hy.T + bias_y


RNN = Cell("rnn", GATES, State, gates_given, advance, torch_name="RNN")

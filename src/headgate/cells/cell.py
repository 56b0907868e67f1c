"""What all cells have in common, so that whatever runs one cell runs them all."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from headgate.cells.arrays import Array, zeros
from headgate.cells.weights import Weights, project
from headgate.shapes import Float

State: TypeAlias = Any
"""A cell's own frozen dataclass of arrays, each (batch hidden); the first field is always `hidden`."""

Gates: TypeAlias = Any
"""A cell's own frozen dataclass of gate activations, each (batch hidden)."""


@dataclass(frozen=True)
class Cell:
    """A recurrent cell: its gates by name, in the order its weights stack them, and its two halves.

    `gates_given` computes the gates from the projected input and the state; `advance` computes the next
    state from the gates. `torch_name` is the module of `torch.nn` that computes the very same equations
    over whole sequences, where there is one.
    """

    name: str
    gate_names: tuple[str, ...]
    state_type: type
    gates_given: Callable[[Array, State, Weights], Gates]
    advance: Callable[[Gates, State], State]
    torch_name: str | None

    def initial_state(self, batch: int, hidden_size: int, like: Array) -> State:
        """What is known before the first token: zeros, in the library and type of `like`."""
        return self.state_type(*(zeros((batch, hidden_size), like) for _ in fields(self.state_type)))

    def step(self, inputs: Float[Array, "batch input"], state: State, weights: Weights) -> State:
        """One token further: the state after reading `inputs`."""
        return self.step_projected(project(inputs, weights), state, weights)

    def step_projected(
        self, projected: Float[Array, "batch gates_hidden"], state: State, weights: Weights
    ) -> State:
        """`step` for an input that has been through `project` already."""
        return self.advance(self.gates_given(projected, state, weights), state)


def map_state(function: Callable[..., Array], *states: State) -> State:
    """A state whose every field is `function` of that field of the given states (all of one type)."""
    first = states[0]
    values = (function(*(getattr(state, field.name) for state in states)) for field in fields(first))
    return type(first)(*values)

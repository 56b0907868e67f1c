"""What all cells have in common, so that whatever runs one cell runs them all."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

from headgate.cells.arrays import Array, concatenate, zeros
from headgate.cells.weights import Weights, project
from headgate.shapes import Float

State: TypeAlias = Any
"""A cell's own frozen dataclass of arrays, each (batch hidden); the first field is always `hidden`."""

Gates: TypeAlias = Any
"""A cell's own frozen dataclass of gate activations, each (batch hidden)."""


@dataclass(frozen=True)
class Cell:
    """A recurrent cell: its gates by name, in the order its weights stack them, and its two halves.

    - `gates_given` computes the gates from the projected input and the state, `advance` the next state from
      the gates
    - `torch_name`: the module of `torch.nn` that computes the very same equations over whole sequences, where
      there is one
    - `weights_type`: the record of its weights, by their names in files
    - `window`: how many inputs the gates read: 2 for those of a step and of the step before it, which the
      state then holds as `previous`
    """

    name: str
    gate_names: tuple[str, ...]
    state_type: type
    gates_given: Callable[[Array, State, Any], Gates]
    advance: Callable[[Gates, State], State]
    torch_name: str | None = None
    weights_type: type = Weights
    window: int = 1

    def hidden_size(self, weights: Any) -> int:
        """The number of hidden units that these weights are for."""
        return weights.weight_ih.shape[0] // len(self.gate_names)

    def initial_state(self, batch: int, weights: Any, like: Array | None = None) -> State:
        """What is known before the first token: zeros, in the library and type of `like`, or the weights'."""
        hidden, inputs = self.hidden_size(weights), weights.weight_ih.shape[1] // self.window
        sizes = (inputs if field.name == "previous" else hidden for field in fields(self.state_type))
        kind = weights.weight_ih if like is None else like
        return self.state_type(*(zeros((batch, size), kind) for size in sizes))

    def step(self, inputs: Float[Array, "batch input"], state: State, weights: Any) -> State:
        """One token further: the state after reading `inputs`."""
        if self.window == 1:
            return self.step_projected(project(inputs, weights), state, weights)
        window = concatenate(state.previous, inputs)
        return replace(self.step_projected(project(window, weights), state, weights), previous=inputs)

    def step_projected(
        self, projected: Float[Array, "batch gates_hidden"], state: State, weights: Any
    ) -> State:
        """`step` for an input, or a window of them, that has been through `project` already."""
        return self.advance(self.gates_given(projected, state, weights), state)


def map_state(function: Callable[..., Array], *states: State) -> State:
    """A state whose every field is `function` of that field of the given states (all of one type)."""
    first = states[0]
    values = (function(*(getattr(state, field.name) for state in states)) for field in fields(first))
    return type(first)(*values)

"""Cells whose gates look at inputs alone, so that a whole sequence is one product and one scan.

A recurrent network is slow because h_t needs h_{t-1}, matrix product by matrix product. Where gates do not
look at the state, all of them are computed at once, and what is left of the recurrence is element by element
and linear,

    m_t = a_t * m_{t-1} + b_t.

Two such steps are a step of the same kind, (a, b) then (a', b') being (a' a, a' b + b'), so that a sequence
may be cut anywhere, its parts computed side by side, and joined (Blelloch 1990; Martin & Cundy 2018).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

from headgate.cells.arrays import Array, concatenate, stack
from headgate.cells.cell import Cell, Gates, State
from headgate.cells.weights import InputWeights, project
from headgate.shapes import Float

Scan: TypeAlias = Callable[[Array, Array, Array], Array]
"""(a, b, m_0), of (batch time hidden), the same, and (batch hidden) → every m_t, (batch time hidden)."""


@dataclass(frozen=True)
class ParallelCell(Cell):
    """A cell that is a scan: `coefficients` gives its a_t and b_t, `shown` the hidden state from the memory.

    The memory is the state's `cell` where it has one, and its `hidden` otherwise.
    """

    weights_type: type = InputWeights
    coefficients: Callable[[Gates], tuple[Array, Array]] = lambda gates: gates
    shown: Callable[[Gates, Array], Array] = lambda gates, memory: memory

    @property
    def memory_name(self) -> str:
        """The field of the state that the scan computes."""
        return "cell" if "cell" in {field.name for field in fields(self.state_type)} else "hidden"

    def read(
        self, inputs: Float[Array, "batch time input"], state: State, weights: InputWeights, scan: Scan
    ) -> tuple[Float[Array, "batch time hidden"], State]:
        """A whole sequence at once, from a state: the hidden state after each step, and the last state.

        There must be at least one step.
        """
        gates = self.gates_given(project(self.windows(inputs, state), weights), state, weights)
        keep, write = self.coefficients(gates)
        memory = scan(keep, write, getattr(state, self.memory_name))
        hidden = self.shown(gates, memory)
        last = {"hidden": hidden[:, -1], self.memory_name: memory[:, -1]}
        if self.window > 1:
            last["previous"] = inputs[:, -1]
        return hidden, replace(state, **last)

    def windows(
        self, inputs: Float[Array, "batch time input"], state: State
    ) -> Float[Array, "batch time window_input"]:
        """What the gates read at each step: the input, and before it the previous one where they read two."""
        if self.window == 1:
            return inputs
        before = concatenate(stack([state.previous], axis=1), inputs[:, :-1], axis=1)
        return concatenate(before, inputs)


def scan_stepwise(
    keep: Float[Array, "batch time hidden"],
    write: Float[Array, "batch time hidden"],
    memory: Float[Array, "batch hidden"],
) -> Float[Array, "batch time hidden"]:
    """The scan as it is defined, step by step, which every faster one is tested against."""
    memories: list[Array] = []
    for step in range(keep.shape[1]):
        memory = keep[:, step] * memory + write[:, step]
        memories.append(memory)
    return stack(memories, axis=1)

"""Recurrent layers over whole batches, in NumPy: the loop over time that `headgate.cells` leaves out.

No state is stepped over padding. Texts come sorted by length, the longest first, so that the texts still
running at step t are the first few of the batch, and the recurrence goes on with those alone.
"""

from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells import Cell, Weights, map_state, project
from headgate.cells.cell import State
from headgate.shapes import Float, Int

CHUNK_STEPS = 256
"""Time steps whose inputs are projected in one product: bounds the memory that a very long text takes."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """One layer: weights of the forward direction and, in a bidirectional one, of the backward direction."""

    forward: Weights
    backward: Weights | None

    @property
    def directions(self) -> tuple[Weights, ...]:
        """The weights of each direction, forward first."""
        return (self.forward,) if self.backward is None else (self.forward, self.backward)


def run_stack(
    cell: Cell,
    layers: tuple[Layer, ...],
    inputs: Float[Floats, "batch time input"],
    lengths: Int[NDArray[Any], " batch"],
) -> tuple[Float[Floats, "batch time output"], Float[Floats, "batch output"]]:
    """Run every layer over the outputs of the one below.

    `lengths` counts the real tokens of each text, in falling order. Returns the outputs of the top layer
    (padding is zero) and its final hidden states, with both directions side by side in each.
    """
    outputs, last = inputs, np.empty((len(lengths), 0), inputs.dtype)
    for layer in layers:
        halves = [run_direction(cell, layer.forward, outputs, lengths)]
        if layer.backward is not None:
            backward, final = run_direction(cell, layer.backward, reverse(outputs, lengths), lengths)
            halves.append((reverse(backward, lengths), final))
        outputs = np.concatenate([half[0] for half in halves], axis=2)
        last = np.concatenate([half[1] for half in halves], axis=1)
    return outputs, last


def run_direction(
    cell: Cell,
    weights: Weights,
    inputs: Float[Floats, "batch time input"],
    lengths: Int[NDArray[Any], " batch"],
) -> tuple[Float[Floats, "batch time hidden"], Float[Floats, "batch hidden"]]:
    """Read every text from its first token to its last: the hidden states, and the final one of each text.

    A text without tokens ends in the state it began with, zero. `inputs` has at least one step.
    """
    batch, time, _ = inputs.shape
    outputs = np.zeros((batch, time, weights.hidden_size), inputs.dtype)
    state: State = cell.initial_state(batch, weights.hidden_size, like=inputs)
    steps = np.arange(time, dtype=np.int64)
    running = np.searchsorted(-lengths, -steps, side="left")  # texts longer than each step
    for start in range(0, time, CHUNK_STEPS):
        projected = project(inputs[:, start : start + CHUNK_STEPS], weights)
        for step in range(projected.shape[1]):
            active = int(running[start + step])
            state = map_state(itemgetter(slice(active)), state)
            state = cell.step_projected(projected[:active, step], state, weights)
            outputs[:active, start + step] = state.hidden
    return outputs, outputs[np.arange(batch), np.maximum(lengths - 1, 0)]


def reverse(
    sequences: Float[Floats, "batch time features"], lengths: Int[NDArray[Any], " batch"]
) -> Float[Floats, "batch time features"]:
    """Turn each text round within its own length; padding stays where it is. Its own inverse."""
    steps = np.arange(sequences.shape[1], dtype=np.int64)
    index = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return np.take_along_axis(sequences, index[:, :, None], axis=1)

"""Recurrent layers over whole batches, in NumPy: the loop over time that `headgate.cells` leaves out.

Nothing is computed for padding. Texts come sorted by length, the longest first, so that the texts still
running at step t are the first few of the batch. Their tokens are laid out step after step, one array for
the whole batch without a gap: what is done to each token by itself is one operation on all of them, and the
recurrence goes from one stretch of the array to the next.
"""

from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells import Cell, Weights, map_state, project
from headgate.cells.cell import State
from headgate.shapes import Float, Int

CHUNK_TOKENS = 16_384
"""Tokens whose inputs are projected in one product: bounds the memory that a very long text takes."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Layer:
    """One layer: weights of the forward direction and, in a bidirectional one, of the backward direction."""

    forward: Weights
    backward: Weights | None

    @property
    def directions(self) -> tuple[Weights, ...]:
        """The weights of each direction, forward first."""
        return (self.forward,) if self.backward is None else (self.forward, self.backward)


@dataclass(frozen=True)
class Packing:
    """Where the tokens of a batch stand when they are laid out step after step.

    `lengths` counts the real tokens of each text, in falling order. Token n of the layout is that of text
    `rows[n]` at step `steps[n]`; those of step t begin at `starts[t]`.
    """

    lengths: Int[Ints, " batch"]

    @cached_property
    def running(self) -> Int[Ints, " time"]:
        """How many texts are longer than each step."""
        time = int(self.lengths.max(initial=0))
        return np.searchsorted(-self.lengths, -np.arange(time), side="left")

    @cached_property
    def starts(self) -> Int[Ints, " time_1"]:
        """Where the tokens of each step begin, and at last the number of all tokens."""
        return np.concatenate((np.zeros(1, np.int64), np.cumsum(self.running)))

    @cached_property
    def steps(self) -> Int[Ints, " tokens"]:
        """The step of each token."""
        return np.repeat(np.arange(len(self.running)), self.running)

    @cached_property
    def rows(self) -> Int[Ints, " tokens"]:
        """The text of each token: at every step the first ones, in order."""
        return np.arange(int(self.starts[-1])) - self.starts[self.steps]

    def places(self, rows: Int[Ints, " some"], steps: Int[Ints, " some"]) -> Int[Ints, " some"]:
        """Where the tokens of these texts at these steps stand."""
        return self.starts[steps] + rows

    @cached_property
    def mirrored(self) -> Int[Ints, " tokens"]:
        """For each token the place of the one as far from the text's end as it is from its beginning."""
        return self.places(self.rows, self.lengths[self.rows] - 1 - self.steps)

    def windows(self, packed: Float[Floats, "tokens input"]) -> Float[Floats, "tokens window"]:
        """Each token's vector, and before it that of the token before; zeros before the first."""
        before = np.zeros_like(packed)
        later = np.flatnonzero(self.steps)
        before[later] = packed[self.places(self.rows[later], self.steps[later] - 1)]
        return np.concatenate((before, packed), axis=1)


def run_stack(
    cell: Cell,
    layers: tuple[Layer, ...],
    inputs: Float[Floats, "batch time input"],
    lengths: Int[NDArray[Any], " batch"],
) -> tuple[Float[Floats, "batch time output"], Float[Floats, "batch output"]]:
    """Run every layer over the outputs of the one below.

    `lengths` counts the real tokens of each text, in falling order. Returns the outputs of the top layer
    (padding is zero) and its final hidden states, with both directions side by side in each; a text without
    tokens ends in the state it began with, zero.
    """
    batch, time, _ = inputs.shape
    packing = Packing(lengths)
    full = np.flatnonzero(lengths)
    ends = packing.places(full, lengths[full] - 1)
    packed, finals = inputs[packing.rows, packing.steps], inputs[:0, 0]
    for layer in layers:
        forward = run_direction(cell, layer.forward, packed, packing)
        halves, finals = [forward], forward[ends]
        if layer.backward is not None:
            backward = run_direction(cell, layer.backward, packed[packing.mirrored], packing)
            halves.append(backward[packing.mirrored])
            finals = np.concatenate((finals, backward[ends]), axis=1)
        packed = np.concatenate(halves, axis=1)
    outputs = np.zeros((batch, time, packed.shape[1]), inputs.dtype)
    outputs[packing.rows, packing.steps] = packed
    last = np.zeros((batch, packed.shape[1]), inputs.dtype)
    last[full] = finals
    return outputs, last


def run_direction(
    cell: Cell, weights: Weights, packed: Float[Floats, "tokens input"], packing: Packing
) -> Float[Floats, "tokens hidden"]:
    """Read every text from its first token to its last: the hidden state after each token."""
    outputs = np.empty((len(packed), cell.hidden_size(weights)), packed.dtype)
    state: State = cell.initial_state(len(packing.lengths), weights, like=packed)
    packed = packed if cell.window == 1 else packing.windows(packed)
    projected, offset = packed[:0], 0
    for start, running in zip(packing.starts.tolist(), packing.running.tolist(), strict=False):
        if start + running > offset + len(projected):
            end = max(start + running, start + CHUNK_TOKENS)
            projected, offset = project(packed[start:end], weights), start
        state = map_state(itemgetter(slice(running)), state)
        state = cell.step_projected(projected[start - offset : start - offset + running], state, weights)
        outputs[start : start + running] = state.hidden
    return outputs

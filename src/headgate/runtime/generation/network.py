"""The network of a language model, in NumPy: the twin of `headgate.models.LanguageModel` in evaluation."""

from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells import Cell, ParallelCell, map_state, project
from headgate.cells.cell import State
from headgate.cells.parallel import scan_stepwise
from headgate.modelfile import LanguageModelShape, Weights
from headgate.runtime.generation.scorer import States
from headgate.runtime.layers import NamedWeights, Reader, unit_scores
from headgate.shapes import Float, Int

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class LanguageNetwork(Reader):
    """Embedding → recurrent stack → a score for every unit that may come next.

    It runs as a `headgate.runtime.LanguageScorer`. `place` is the file the weights come from.
    Raises ModelError when a weight is missing or has another shape than the config says.
    """

    def __init__(self, shape: LanguageModelShape, weights: Weights, place: Path) -> None:
        named = NamedWeights(weights, place)
        super().__init__(shape, named)
        self._scores = unit_scores(shape, named, self.words)

    def scores(self, states: States) -> Float[Floats, "row vocab"]:
        """What may come next in each row, as unnormalised log-probabilities."""
        return self._scores(states[-1].hidden)

    def step(
        self, token_ids: Int[NDArray[Any], " row"], state: States
    ) -> tuple[Float[Floats, "row vocab"], States]:
        """What may follow these units, as unnormalised log-probabilities, and the state after them."""
        after = self.advance(self.words[token_ids], state)
        return self.scores(after), after

    def select(self, state: States, rows: Int[NDArray[Any], " some"]) -> States:
        """The state of these rows, in this order; a row may be asked for several times."""
        return [map_state(itemgetter(rows), of_layer) for of_layer in state]

    def read_on(
        self, token_ids: Int[Ints, " time"], states: States
    ) -> tuple[Float[Floats, "time hidden"], States]:
        """One text, read on from a state: the top layer's output after each unit, and the last state."""
        outputs, after = self.words[token_ids][None], list[State]()
        for layer, state in zip(self.layers, states, strict=True):
            outputs, last = _read_on(self.cell, layer.forward, outputs, state)
            after.append(last)
        return outputs[0], after

    def states_after(self, token_ids: Int[Ints, " time"], states: States) -> States:
        """The state after one text, read on from a state."""
        return self.read_on(token_ids, states)[1]

    def losses(
        self, token_ids: Int[Ints, " time"], states: States
    ) -> tuple[Float[NDArray[np.float64], " time"], States]:
        """-log of the probability of each unit of a text, in nats, and the state after the last one."""
        outputs, after = self.read_on(token_ids, states)
        before = np.concatenate((states[-1].hidden, outputs[:-1]))
        scores = self._scores(before).astype(np.float64)
        highest = scores.max(axis=1)
        log_sums = np.log(np.exp(scores - highest[:, None]).sum(axis=1)) + highest
        return log_sums - scores[np.arange(len(token_ids)), token_ids], after

    def to_numpy(self, states: States) -> States:
        """The states as they are saved: as they are."""
        return states

    def from_numpy(self, states: States) -> States:
        """States that were saved."""
        return states


def _read_on(
    cell: Cell, weights: Any, inputs: Float[Floats, "batch time input"], state: State
) -> tuple[Float[Floats, "batch time hidden"], State]:
    """One layer over the next stretch of texts: the hidden state after each unit, and the last state."""
    if isinstance(cell, ParallelCell):
        return cell.read(inputs, state, weights, scan_stepwise)
    outputs: list[Floats] = []
    projected = project(inputs, weights)
    for step in range(inputs.shape[1]):
        state = cell.step_projected(projected[:, step], state, weights)
        outputs.append(state.hidden)
    return np.stack(outputs, axis=1), state

"""Read one text piece by piece with a language model: constant memory, however long the text grows."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from headgate.runtime.generation.scorer import LanguageScorer, States
from headgate.runtime.stream_state import StreamState, layer_arrays, restored_layers
from headgate.shapes import Float, Int
from headgate.tasks import LanguageMetrics, words_and_line_ends
from headgate.text import Units
from headgate.text.vocabulary import FIRST_WORD_ID, UNKNOWN_ID

STRETCH = 512
"""Units that are read and scored at once: bounds the memory that a long piece takes."""

Ints = NDArray[np.int64]


class LanguageStream:
    """One text being read by a language model.

    `push` takes the next piece and tells how well it was foretold. Pieces of whole lines are read as the text
    at once is; a piece that ends inside a word may be cut into other units than the whole word. `state` can
    be saved, restored and forked:

        stream.push("To be, or not")
        other = model.stream()
        other.state = stream.state
    """

    def __init__(self, network: LanguageScorer, units: Units) -> None:
        self._network, self._units = network, units
        line_end = units.encode("\n")
        known = len(line_end) == 1 and line_end[0] != UNKNOWN_ID
        start = line_end if known else np.array([FIRST_WORD_ID], np.int64)
        self.states = network.states_after(start, network.initial_states())

    def push(self, text: str) -> LanguageMetrics:
        """Read a piece (an empty one is fine): how well it was foretold from all before it."""
        losses, unknown = self.losses(text)
        return LanguageMetrics(
            len(text), len(losses), unknown, words_and_line_ends(text), float(losses.sum())
        )

    def losses(self, text: str) -> tuple[Float[NDArray[np.float64], " units"], int]:
        """Read a piece: -log of the probability of each of its units, in nats; and how many are unknown."""
        ids = self._units.encode(text)
        losses = [np.zeros(0)]
        for stretch in _stretches(ids):
            of_stretch, self.states = self._network.losses(stretch, self.states)
            losses.append(of_stretch)
        return np.concatenate(losses), int((ids == UNKNOWN_ID).sum())

    def read(self, text: str) -> None:
        """Read a piece without asking how likely it is, which is cheaper."""
        for stretch in _stretches(self._units.encode(text)):
            self.states = self._network.states_after(stretch, self.states)

    @property
    def state(self) -> StreamState:
        """What the stream remembers now; later pushes do not change it."""
        return StreamState(layer_arrays(self._network.to_numpy(self.states)))

    @state.setter
    def state(self, state: StreamState) -> None:
        own = self._network.to_numpy(self.states)
        restored = restored_layers(own, state.checked_against(self.state))
        self.states: States = self._network.from_numpy(restored)


def _stretches(ids: Int[Ints, " units"]) -> Iterator[Int[Ints, " stretch"]]:
    for start in range(0, len(ids), STRETCH):
        yield ids[start : start + STRETCH]

"""What runs a language model: the network in NumPy, or its twin on a device with torch."""

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from headgate.cells.cell import State
from headgate.shapes import Float, Int

States: TypeAlias = list[State]
"""What each layer remembers of each row, in whatever arrays the scorer computes with."""


class LanguageScorer(Protocol):
    """A decoder's model (`headgate.decoding.StepModel`) that also reads whole texts."""

    def initial_states(self) -> States:
        """What each layer knows of one text before its first unit."""
        ...

    def scores(self, states: States) -> Float[NDArray[np.float32], "row vocab"]:
        """What may come next in each row, as unnormalised log-probabilities."""
        ...

    def step(
        self, token_ids: Int[NDArray[Any], " row"], state: States
    ) -> tuple[Float[NDArray[np.float32], "row vocab"], States]:
        """What may follow these units, as unnormalised log-probabilities, and the state after them."""
        ...

    def select(self, state: States, rows: Int[NDArray[Any], " some"]) -> States:
        """The state of these rows, in this order; a row may be asked for several times."""
        ...

    def states_after(self, token_ids: Int[NDArray[np.int64], " time"], states: States) -> States:
        """The state after one text, read on from a state."""
        ...

    def losses(
        self, token_ids: Int[NDArray[np.int64], " time"], states: States
    ) -> tuple[Float[NDArray[np.float64], " time"], States]:
        """-log of the probability of each unit of a text, in nats, and the state after the last one."""
        ...

    def to_numpy(self, states: States) -> States:
        """The states in NumPy arrays, as they are saved."""
        ...

    def from_numpy(self, states: States) -> States:
        """States that were saved."""
        ...

"""What the decoders of recurrent models ask of a model: one step, and the choice among states.

A recurrent model tells what comes next from a state and the last unit alone, so that is all a decoder sees,
be the units characters, subwords or words, and the model one of a language or the decoder of a translator.
What else such a model reads, as a translator its source, is part of its state.

The rows of a batch are continuations that run side by side: samples, or the hypotheses of a beam.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from headgate.errors import ConfigError
from headgate.shapes import Float, Int

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

State = TypeVar("State")
"""What a model remembers of each row; no decoder looks inside. A step leaves the state it was given as is."""


@runtime_checkable  # the tests check it in signatures
class StepModel(Protocol[State]):
    """A model that reads one unit a step. A row's answer must not depend on the rows beside it."""

    def step(
        self, token_ids: Int[NDArray[Any], " row"], state: State
    ) -> tuple[Float[NDArray[Any], "row vocab"], State]:
        """The scores of what may follow these units, as unnormalised log-probabilities; the state after."""
        ...

    def select(self, state: State, rows: Int[NDArray[Any], " some"]) -> State:
        """The state of these rows, in this order; a row may be asked for several times."""
        ...


def forbid(scores: Float[NDArray[Any], "row vocab"], forbidden: Sequence[int]) -> Float[Floats, "row vocab"]:
    """The scores in float64, -infinity for the units that must not come, such as padding.

    Raises ConfigError where that leaves a row no unit that might.
    """
    allowed = np.array(scores, np.float64, order="C")
    allowed[:, list(forbidden)] = -np.inf
    if np.any(allowed.max(axis=1, initial=-np.inf) == -np.inf):
        rule = f"must leave at least one of the {scores.shape[1]} units possible"
        raise ConfigError(f"forbidden {rule}; got {sorted(set(forbidden))}")
    return allowed

"""What runs a translator: the network in NumPy, or its twin on a device with torch."""

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Float, Int

Ints = NDArray[np.int64]
LEAST_COVERAGE = 1e-9
"""Stands for no attention at all, whose logarithm would be minus infinity."""

Reading = TypeVar("Reading")
"""What is known of each row: the decoder's state, the source that it looks back at, and where it looked."""


class TranslationScorer(Protocol, Generic[Reading]):
    """A decoder's model (`headgate.decoding.StepModel`) that begins with sources."""

    def begin(self, sources: Sequence[Int[Ints, " source"]], *, watched: bool = False) -> Reading:
        """The state after reading sources, one row each, before a target's first unit.

        `watched`: sum up, from step to step, how much each position is looked at, for `coverage`.
        """
        ...

    def step(
        self, token_ids: Int[NDArray[Any], " row"], state: Reading
    ) -> tuple[Float[NDArray[np.float32], "row vocab"], Reading]:
        """What may follow these units, as unnormalised log-probabilities, and the state after them."""
        ...

    def select(self, state: Reading, rows: Int[NDArray[Any], " some"]) -> Reading:
        """The state of these rows, in this order; a row may be asked for several times."""
        ...

    def coverage(self, state: Reading) -> Float[NDArray[np.float64], " row"]:
        """sum_j log min(1, sum_t a_tj) over the source's positions j and the steps t so far, at most 0.

        (Wu et al. 2016, eq. 14, without its factor.) Zeros without attention.
        """
        ...

    def look(
        self, source: Int[Ints, " source"], target: Int[Ints, " target"]
    ) -> Float[NDArray[np.float32], "target source"]:
        """How much the decoder looks at each unit of a source when it has read each unit of a target."""
        ...

"""What translation is: the answer for one source, and what a user asks of a translator."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.decoding import Sampling
from headgate.errors import ConfigError
from headgate.shapes import Float

SPARE_STEPS = 10
"""Target units that are granted whatever the length of the source."""

MOST_UNITS = 1000.0
"""The highest `longest` that is taken for meant."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where the translator looked as it said each unit: its attention.

    - `source`, `target`: the units as text
    - `weights`: a row for each target unit, which sums to 1 over the source units
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: Float[NDArray[Any], "target source"]

    def __post_init__(self) -> None:
        shape = len(self.target), len(self.source)
        assert self.weights.shape == shape, "a row for each target unit, a column for each source unit"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Alignment):
            return NotImplemented
        units = (self.source, self.target) == (other.source, other.target)
        return units and np.array_equal(self.weights, other.weights)

    def to_json(self) -> dict[str, Any]:
        """The record inside that of `Translation`; weights are rounded to 4 digits."""
        weights = self.weights.astype(np.float64).round(4).tolist()
        return {"source": list(self.source), "target": list(self.target), "weights": weights}


@dataclass(frozen=True)
class Translation:
    """The answer for one source.

    `score` is what hypotheses are ranked by: the log-probability in nats, over the length penalty and with
    the coverage penalty. `alignment` is there where it was asked for.
    """

    source: str
    translation: str
    score: float
    alignment: Alignment | None = None

    def to_json(self) -> dict[str, Any]:
        """The record that `predict --format jsonl` prints."""
        record: dict[str, Any] = {
            "source": self.source,
            "translation": self.translation,
            "score": self.score,
        }
        return record if self.alignment is None else record | {"alignment": self.alignment.to_json()}


@dataclass(frozen=True, kw_only=True)
class Translating(Sampling):
    """How a source is translated; what is not said here, `headgate.decoding.Sampling` says.

    - `beam`: hypotheses that are followed side by side; 1 always takes the likeliest unit
    - `n_best`: translations of each source: the best that the beam finds, or so many drawn by chance, in the
      order drawn
    - `length_penalty`, `coverage_penalty`: at least 0; by Wu et al. 2016, eq. 14: how far scores make up for
      length, and how dear it is to leave source units unseen
    - `longest`: the most target units for each source unit, beside the `SPARE_STEPS` of every source; None
      for as many as the model's training pairs make likely
    - `sample`: draw by chance, with what shapes chance, in place of a beam
    - `seed`: decides all chance: the same seed draws the same translations
    - `alignments`: give the attention weights with each translation

    Raises ConfigError for a number that breaks its rule, and for a beam beside chance or what shapes it.
    """

    beam: int = 5
    n_best: int = 1
    length_penalty: float = 1.0
    coverage_penalty: float = 0.0
    longest: float | None = None
    sample: bool = False
    seed: int = 1
    alignments: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("beam", 1), ("n_best", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}; got {getattr(self, name)}")
        for name in ("length_penalty", "coverage_penalty"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name} must be at least 0 and finite; got {getattr(self, name)}")
        if self.longest is not None and not 0 < self.longest <= MOST_UNITS:
            rule = f"must be above 0 and at most {MOST_UNITS:g} target units a source unit"
            raise ConfigError(f"longest {rule}; got {self.longest}")
        if self.sample:
            self._check_chance()
        else:
            self._check_search()

    def _check_chance(self) -> None:
        if self.beam != Translating.beam:
            raise ConfigError(
                f"beam has nothing to do where sample draws by chance; got {self.beam} (drop one)"
            )

    def _check_search(self) -> None:
        if self.n_best > self.beam:
            rule = f"must be at most beam, {self.beam}"
            raise ConfigError(f"n_best {rule}; got {self.n_best} (widen the beam or ask for fewer)")
        for name, default in vars(Sampling()).items():
            if getattr(self, name) != default:
                value = getattr(self, name)
                raise ConfigError(f"{name} shapes chance, and a beam leaves none; got {value} (add sample)")

    def check_attention(self, attends: bool) -> None:
        """Raises ConfigError where something is asked that only a translator with attention can say."""
        for name in ("alignments", "coverage_penalty"):
            if getattr(self, name) and not attends:
                raise ConfigError(f"{name} needs attention, and this model has none (leave {name} out)")

    def max_steps(self, source_units: int, expansion: float) -> int:
        """Target units, the end included, after which a translation is cut off, so that each has an end.

        `expansion`: of the model, in target units for each source unit.
        """
        return int((self.longest or expansion) * source_units) + SPARE_STEPS

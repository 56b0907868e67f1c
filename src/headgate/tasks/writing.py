"""What a user asks of a language model that is to write: how much, how free, how many, where to stop."""

from dataclasses import dataclass

from headgate.decoding import Sampling
from headgate.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Writing(Sampling):
    """How a prompt is continued; what is not said here, `headgate.decoding.Sampling` says.

    - `length`: units to write at most; `stop`: strings that end a text, and are not part of it
    - `samples`: texts for each prompt; `seed`: decides all chance: the same seed writes the same texts, and
      the first texts of many are those of few
    - `beam`: take the likeliest text that a beam of so many finds in place of chance; 1 always takes the
      likeliest unit

    Raises ConfigError for a number that breaks its rule, and for a beam beside what shapes chance.
    """

    length: int = 300
    stop: tuple[str, ...] = ()
    samples: int = 1
    seed: int = 1
    beam: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("length", "samples"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1; got {getattr(self, name)}")
        if self.seed < 0:
            raise ConfigError(f"seed must be at least 0; got {self.seed}")
        if "" in self.stop:
            raise ConfigError("a stop string must have at least one character; got ''")
        if self.beam is not None:
            if self.beam < 1:
                raise ConfigError(f"beam must be at least 1; got {self.beam}")
            self._check_beam(self.beam)

    def _check_beam(self, beam: int) -> None:
        if beam < self.samples:
            rule = f"must be at least samples, {self.samples}"
            raise ConfigError(f"beam {rule}; got {beam} (a beam finds no more texts than it is wide)")
        chance = Sampling()
        for name, default in vars(chance).items():
            if getattr(self, name) != default:
                raise ConfigError(
                    f"{name} shapes chance, and a beam leaves nothing to it: give one of the two"
                )

"""The ways to read a word's characters, by name; `layers` and `runtime` compute them."""

from headgate.errors import ConfigError

CHARACTER_ENCODERS = ("convolution", "lstm")
CONVOLUTION_WIDTHS = (3, 5)
"""Characters that the filters of each half of a convolution's features see at once."""


def check_character_encoder(name: str, features: int) -> None:
    """Raise ConfigError for an encoder that there is not, or one that cannot give so many features."""
    if name not in CHARACTER_ENCODERS:
        raise ConfigError(f"characters must be {' or '.join(CHARACTER_ENCODERS)}; got {name!r}")
    if features < 2 or features % 2:
        raise ConfigError(f"character features come in two halves: they must be even; got {features}")

"""The ways to summarise a text's states in one vector, by name; `layers` and `runtime` compute them."""

from headgate.errors import ConfigError

POOLINGS = ("last", "mean", "max", "attention")


def pooling_kinds(pooling: str) -> tuple[str, ...]:
    """Split a setting such as "mean+max" into the ways it combines; ConfigError names the ones there are."""
    kinds = tuple(pooling.split("+"))
    if not set(kinds) <= set(POOLINGS) or len(set(kinds)) < len(kinds):
        raise ConfigError(f'pooling must be {", ".join(POOLINGS)} or several joined by "+"; got {pooling!r}')
    return kinds

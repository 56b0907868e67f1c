"""How an adaptive softmax divides a large vocabulary (Grave et al. 2017).

Units are numbered by falling frequency. The most frequent ones, up to the first cutoff, are scored at each
step, and beside them one score for each of the clusters of rarer units between the cutoffs; inside a cluster
units are scored only where it matters, from a narrower vector. Most steps so cost what a small vocabulary
would.
"""

from collections.abc import Sequence
from itertools import pairwise

from headgate.errors import ConfigError

NARROWING = 4
"""How many times narrower than the one before it each cluster's vector is."""


def check_cutoffs(cutoffs: Sequence[int], vocab_size: int, features: int) -> tuple[int, ...]:
    """The cutoffs, if they rise, lie inside the vocabulary, and leave each cluster a vector.

    ConfigError otherwise. `features`: units that all is scored from.
    """
    rising = all(one < other for one, other in pairwise((0, *cutoffs, vocab_size)))
    if not cutoffs or not rising:
        rule = f"must rise and lie between 0 and the {vocab_size} units of the vocabulary"
        raise ConfigError(f"cutoffs {rule}; got {list(cutoffs)}")
    if not all(cluster_widths(cutoffs, features)):
        rule = f"{len(cutoffs)} cutoffs take {NARROWING ** len(cutoffs)} hidden units at least"
        raise ConfigError(f"{rule}, each cluster being scored from {NARROWING} times fewer; got {features}")
    return tuple(cutoffs)


def cluster_sizes(cutoffs: Sequence[int], vocab_size: int) -> list[int]:
    """How many units each cluster after the first has."""
    return [end - start for start, end in pairwise((*cutoffs, vocab_size))]


def cluster_widths(cutoffs: Sequence[int], features: int) -> list[int]:
    """The units of the vector that each cluster after the first is scored from."""
    return [features // NARROWING ** (place + 1) for place in range(len(cutoffs))]

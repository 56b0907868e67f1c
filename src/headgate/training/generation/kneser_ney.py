"""The yardstick of language models: n-grams, smoothed as Kneser & Ney (1995) do, interpolated.

A network should foretell better than a table of what followed the last few units:

    p_k(w | h) = max(c_k(h w) - D_k, 0) / c_k(h) + D_k * t(h) / c_k(h) * p_{k-1}(w | h')

where h are the k - 1 units before w and h' is h without its first; c_n counts occurrences, and a shorter
gram's c_k counts the different units that stood before it; t(h) is the number of units that followed h, and
D_k = n1 / (n1 + 2 n2) comes from how many grams have a count of one and of two (Chen & Goodman 1998, eq. 26).
Below the single unit stands the uniform distribution.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Float, Int

ORDERS = {"char": 6, "subword": 5, "word": 5}
"""Units of the longest gram, by the kind of units."""
NOWHERE = -1
"""The number of a gram that training does not have."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Order:
    """The grams of one length: each a unit with the gram after it, sorted; and what is known of them.

    `counts` of each gram; `totals` and `kinds` of what followed each shorter gram, as a history.
    """

    pairs: Ints
    counts: Floats
    totals: Floats
    kinds: Floats
    discount: float


class KneserNey:
    """Grams of up to `order` units, counted in a text of at least one unit, all below `vocab_size`."""

    def __init__(self, units: Int[Ints, " time"], vocab_size: int, order: int) -> None:
        self._size = vocab_size
        order = min(order, len(units))
        numbers = [np.zeros(len(units), np.int64), *(np.empty(0, np.int64),) * order]
        pairs: list[Ints] = []
        firsts: list[Ints] = []
        for length in range(1, order + 1):
            packed = self._pack(units, numbers[length - 1], length)
            distinct, first, number = np.unique(packed, return_index=True, return_inverse=True)
            numbers[length] = np.concatenate((np.full(length - 1, NOWHERE), number))
            pairs.append(distinct)
            firsts.append(first + length - 1)
        self._orders = [
            self._count(length, numbers, pairs[length - 1], firsts) for length in range(1, order + 1)
        ]

    def losses(self, units: Int[Ints, " time"]) -> Float[Floats, " time"]:
        """-log of the probability of each unit of a text from those before it, in nats."""
        chances = np.full(len(units), 1.0 / self._size)
        numbers = np.zeros(len(units), np.int64)
        for length, order in enumerate(self._orders, start=1):
            before = np.concatenate(([NOWHERE if length > 1 else 0], numbers))[: len(units)]
            numbers = self._find(order, units, numbers, length)
            known = before >= 0
            history = before[known]
            counts = np.where(numbers[known] >= 0, order.counts[numbers[known]], 0.0)
            shares = order.discount * order.kinds[history] * chances[known]
            totals = order.totals[history]
            followed = totals > 0
            better = (np.maximum(counts - order.discount, 0.0) + shares) / np.where(followed, totals, 1.0)
            chances[known] = np.where(followed, better, chances[known])
        return -np.log(chances)

    def _pack(self, units: Ints, shorter: Ints, length: int) -> Ints:
        """One number for each whole gram: of what comes after its first unit, and of that unit."""
        return shorter[length - 1 :] * self._size + units[: len(units) - length + 1]

    def _count(self, length: int, numbers: list[Ints], pairs: Ints, firsts: list[Ints]) -> _Order:
        longest = length == len(firsts)
        ends = firsts[length - 1]
        if longest:
            counts = np.bincount(numbers[length][length - 1 :], minlength=len(pairs))
        else:  # how many units stood before it: each distinct longer gram ends in it
            counts = np.bincount(numbers[length][firsts[length]], minlength=len(pairs))
        histories = numbers[length - 1][ends - 1] if length > 1 else np.zeros(len(ends), np.int64)
        size = int(numbers[length - 1].max(initial=0)) + 1
        once, twice = (counts == 1).sum(), (counts == 2).sum()
        return _Order(
            pairs=pairs,
            counts=counts.astype(np.float64),
            totals=np.bincount(histories, counts, size).astype(np.float64),
            kinds=np.bincount(histories, counts > 0, size).astype(np.float64),
            discount=float(once / (once + 2 * twice)) if once else 0.5,
        )

    def _find(self, order: _Order, units: Ints, shorter: Ints, length: int) -> Ints:
        """The number of the gram that ends at each place; `NOWHERE` where training does not have it."""
        numbers = np.full(len(units), NOWHERE, np.int64)
        if len(units) < length:
            return numbers
        packed = self._pack(units, shorter, length)
        places = np.minimum(np.searchsorted(order.pairs, packed), len(order.pairs) - 1)
        there = (order.pairs[places] == packed) & (shorter[length - 1 :] >= 0)
        numbers[length - 1 :] = np.where(there, places, NOWHERE)
        return numbers

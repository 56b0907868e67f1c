"""How many tokens a run may read, which keeps a first run on any file to minutes."""

import numpy as np
from numpy.typing import NDArray

TOKEN_BUDGET = 9_000_000
"""Tokens that all epochs together may read."""
SHORTEST_CUT = 128
"""Tokens of a text that are read at the least, however large the data."""
LONG_FOR_ITS_KIND = 8
"""Times the mean length from which a text is cut, if it has more than 512 tokens."""


def longest_affordable(lengths: NDArray[np.int64]) -> int:
    """The length to cut texts to, so that three epochs fit the budget; the longest text's where they do."""
    longest = max(1, int(lengths.max(initial=1)))
    longest = min(longest, max(512, int(LONG_FOR_ITS_KIND * lengths.mean())))
    while longest > SHORTEST_CUT and 3 * np.minimum(lengths, longest).sum() > TOKEN_BUDGET:
        longest = max(SHORTEST_CUT, int(0.9 * longest))
    return longest

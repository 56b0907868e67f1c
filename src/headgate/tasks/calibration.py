"""Temperature scaling: one number that makes probabilities honest (Guo et al. 2017).

A network trained to fit its examples is surer than it is right. Dividing all logits by a temperature,
fitted on texts it was not trained on, changes no label and repairs the probabilities.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Float, Int

LOWEST, HIGHEST = 0.05, 20.0


def fit_temperature(
    logits: Float[NDArray[Any], "batch labels"], gold: Int[NDArray[Any], " batch"], *, precision: float = 1e-4
) -> float:
    """The temperature that gives the true labels the highest likelihood, between 0.05 and 20.

    The negative log-likelihood is convex in 1 / temperature, so a golden-section search over its logarithm,
    which is unimodal as well, finds the minimum.
    """
    low, high = np.log(LOWEST), np.log(HIGHEST)
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    while high - low > precision:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _loss(logits, gold, np.exp(left)) <= _loss(logits, gold, np.exp(right)):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2.0))


def _loss(logits: NDArray[Any], gold: NDArray[Any], temperature: float) -> float:
    """Mean negative log-likelihood of the true labels, in logarithms: finite for a certain mistake."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    of_gold = np.take_along_axis(scaled, gold[:, None], axis=1)[:, 0]
    return float(np.sum(np.log(np.exp(scaled).sum(axis=1)) - of_gold)) / len(gold)

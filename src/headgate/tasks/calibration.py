"""Temperature scaling: one number that makes probabilities honest (Guo et al. 2017).

A network trained to fit its examples is surer than it is right. Dividing all logits by a temperature,
fitted on texts it was not trained on, changes no label and repairs the probabilities.

Few texts may all be answered rightly by chance, and would then ask for certainty. So the fit does not aim at
probability 1 for the true label but at (n + 1) / (n + 2) for n texts, as Platt (1999, section 2.2) does.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Bool, Float, Int

LOWEST, HIGHEST = 0.05, 20.0


def fit_temperature(
    logits: Float[NDArray[Any], "batch labels"], gold: Int[NDArray[Any], " batch"], *, precision: float = 1e-4
) -> float:
    """The temperature, between 0.05 and 20, that gives the true labels the highest likelihood."""
    return temperature_of_least(
        lambda temperature: calibration_loss(logits / temperature, gold), precision=precision
    )


def temperature_of_least(loss: Callable[[float], float], *, precision: float = 1e-4) -> float:
    """The temperature, between 0.05 and 20, of the least loss; to a relative `precision`.

    Cross-entropy is convex in 1 / temperature, so a golden-section search over its logarithm, in which it is
    unimodal as well, finds the minimum.
    """
    low, high = np.log(LOWEST), np.log(HIGHEST)
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    of_left, of_right = loss(float(np.exp(left))), loss(float(np.exp(right)))
    while high - low > precision:
        if of_left <= of_right:
            high, right, of_right = right, left, of_left
            left = high - ratio * (high - low)
            of_left = loss(float(np.exp(left)))
        else:
            low, left, of_left = left, right, of_right
            right = low + ratio * (high - low)
            of_right = loss(float(np.exp(right)))
    return float(np.exp((low + high) / 2.0))


def calibration_loss(logits: Float[NDArray[Any], "batch labels"], gold: Int[NDArray[Any], " batch"]) -> float:
    """Mean cross-entropy, in nats, of softmax(logits) with targets a little short of certainty."""
    doubt = 1.0 / (len(gold) + 2)
    scaled = logits.astype(np.float64)
    scaled -= scaled.max(axis=1, keepdims=True)
    of_gold = np.take_along_axis(scaled, gold[:, None], axis=1)[:, 0]
    of_others = (scaled.sum(axis=1) - of_gold) / (scaled.shape[1] - 1)
    expected = (1.0 - doubt) * of_gold + doubt * of_others
    return float(np.sum(np.log(np.exp(scaled).sum(axis=1)) - expected)) / len(gold)


def confidence_loss(
    confidence: Float[NDArray[np.float64], " answers"], right: Bool[NDArray[np.bool_], " answers"]
) -> float:
    """Mean cross-entropy, in nats, between how sure answers are and whether they are right."""
    if not len(right):
        return 0.0
    doubt = 1.0 / (len(right) + 2)
    target = np.where(right, 1.0 - doubt, doubt)
    sure = np.clip(confidence, 1e-9, 1.0 - 1e-9)
    return -float(np.mean(target * np.log(sure) + (1.0 - target) * np.log1p(-sure)))

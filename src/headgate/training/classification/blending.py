"""How strongly the network and the bag of n-grams each count, and at which temperature: fitted on dev."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from headgate.shapes import Float, Int
from headgate.tasks import calibration_loss, fit_temperature

Floats = NDArray[np.float32]

LOWEST, HIGHEST = np.log(0.02), np.log(20.0)
"""Bounds of the logarithm of each share."""
PRIOR_DEVIATION = 1.0
"""How far, in nats of share, the fit may stray from equal terms on little evidence (a small dev set)."""


@dataclass(frozen=True)
class Blend:
    """softmax(`network` · network logits + `bag` · bag logits) is the calibrated answer."""

    network: float
    bag: float


def fit_blend(
    network: Float[Floats, "texts classes"],
    bag: Float[Floats, "texts classes"],
    gold: Int[NDArray[np.int64], " texts"],
) -> Blend:
    """The shares that give the dev labels the highest likelihood (stacking, Wolpert 1992).

    Equal terms, from which the fit starts and is drawn away by evidence alone, are half of what each would
    get by itself.
    """
    alone = np.log([0.5 / fit_temperature(network, gold), 0.5 / fit_temperature(bag, gold)])

    def cost(shares: NDArray[np.float64]) -> float:
        weight = np.exp(shares)
        loss = len(gold) * calibration_loss(weight[0] * network + weight[1] * bag, gold)
        return loss + 0.5 * float(np.sum(((shares - alone) / PRIOR_DEVIATION) ** 2))

    start = np.clip(alone, LOWEST, HIGHEST)
    best = minimize(cost, start, method="L-BFGS-B", bounds=[(LOWEST, HIGHEST)] * 2)
    return Blend(*(float(weight) for weight in np.exp(best.x)))

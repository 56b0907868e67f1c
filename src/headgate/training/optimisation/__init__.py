"""How a step is taken: the optimisers and their schedule, averaged weights, the arithmetic."""

from headgate.training.optimisation.averaging import WeightAverage
from headgate.training.optimisation.optimisation import Optimisation
from headgate.training.optimisation.precision import mixed_precision, takes_bfloat16

__all__ = [
    "Optimisation",
    "WeightAverage",
    "mixed_precision",
    "takes_bfloat16",
]

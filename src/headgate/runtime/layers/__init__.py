"""The layers of a network over NumPy arrays, from the weights of a file."""

from headgate.runtime.layers.named_weights import NamedWeights
from headgate.runtime.layers.packing import Packing
from headgate.runtime.layers.pooling import pool
from headgate.runtime.layers.reader import Reader
from headgate.runtime.layers.recurrence import run_packed
from headgate.runtime.layers.unit_scores import unit_scores

__all__ = [
    "NamedWeights",
    "Packing",
    "Reader",
    "pool",
    "run_packed",
    "unit_scores",
]

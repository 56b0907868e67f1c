"""The layers that models are built of, as torch modules."""

from headgate.layers.bag import BagTensors, LinearBag
from headgate.layers.dropout import VariationalDropout, WordDropout
from headgate.layers.embedding import SubwordTensors, WordEmbedding
from headgate.layers.pooling import Pooling
from headgate.layers.recurrence import run_direction
from headgate.layers.recurrent import RecurrentStack

__all__ = [
    "BagTensors",
    "LinearBag",
    "Pooling",
    "RecurrentStack",
    "SubwordTensors",
    "VariationalDropout",
    "WordDropout",
    "WordEmbedding",
    "run_direction",
]

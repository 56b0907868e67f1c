"""The layers that models are built of, as torch modules."""

from headgate.layers.bag import LinearBag
from headgate.layers.characters import CharacterConvolution, CharacterLSTM
from headgate.layers.crf import CRF
from headgate.layers.dropout import VariationalDropout, WordDropout
from headgate.layers.embedding import WordEmbedding
from headgate.layers.pooling import Pooling
from headgate.layers.recurrence import run_direction
from headgate.layers.recurrent import RecurrentStack
from headgate.layers.tensors import RaggedTensors, SubwordTensors

__all__ = [
    "CRF",
    "CharacterConvolution",
    "CharacterLSTM",
    "LinearBag",
    "Pooling",
    "RaggedTensors",
    "RecurrentStack",
    "SubwordTensors",
    "VariationalDropout",
    "WordDropout",
    "WordEmbedding",
    "run_direction",
]

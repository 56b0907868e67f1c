"""The layers that models are built of, as torch modules."""

from headgate.layers.attention import Attention
from headgate.layers.bag import LinearBag
from headgate.layers.characters import CharacterConvolution, CharacterLSTM
from headgate.layers.crf import CRF
from headgate.layers.dropout import UnitDropout, VariationalDropout, WordDropout
from headgate.layers.embedding import WordEmbedding
from headgate.layers.pooling import Pooling
from headgate.layers.recurrence import run_direction
from headgate.layers.recurrent import RecurrentStack
from headgate.layers.tensors import RaggedTensors, SubwordTensors
from headgate.layers.unit_scores import unit_scores

__all__ = [
    "CRF",
    "Attention",
    "CharacterConvolution",
    "CharacterLSTM",
    "LinearBag",
    "Pooling",
    "RaggedTensors",
    "RecurrentStack",
    "SubwordTensors",
    "UnitDropout",
    "VariationalDropout",
    "WordDropout",
    "WordEmbedding",
    "run_direction",
    "unit_scores",
]

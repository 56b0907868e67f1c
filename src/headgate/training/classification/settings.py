"""The settings of a run that trains a classifier, and the rule by which they follow from the data.

Everything follows from how many texts there are, how many tokens in each, and how many labels:

- Epochs fall with the tokens of an epoch, from 30 (a few hundred short texts) over 16 (50,000 tokens) to 5
  (700,000), since what is learned depends on steps taken; all epochs together stay within a budget of
  9 million tokens, some minutes on two cores. Where even 3 epochs would not, texts are read from their
  beginning up to a length that fits.
- The network has 100 units a direction over word vectors of 200; from 200,000 tokens on it has 200, and 128
  of each where the work is large.
- Batches grow with the number of texts, so that an epoch has some forty steps at least.
- Little data is regularised less per step, because it sees fewer of them, and its embeddings move faster,
  because each word comes by so rarely.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from headgate.tasks.pooling import pooling_kinds
from headgate.training.settings import ReaderSettings
from headgate.training.token_budget import TOKEN_BUDGET, longest_affordable

LARGE_WORK = 4_500_000
"""Tokens over all epochs from which the network is made smaller."""
SMALL_DATA = 20_000
"""Tokens of an epoch below which data counts as small."""
RARE_WORDS_COUNT = 200_000
"""Tokens of an epoch from which a word must occur twice to have a vector of its own."""
BAG_WEIGHTS = 1_000_000
"""The most weights of the linear bag's word pairs, over all labels: keeps a model's file small."""


class ClassificationSettings(ReaderSettings):
    """Every setting of a run that trains a classifier."""

    pooling: str
    """Text vector from states: last, mean, max, attention, or several joined by "+"."""
    bag: bool
    """Add the linear bag of words and word pairs to the network, as strongly as dev finds best."""
    bag_pairs: int = Field(ge=0)
    """Pairs of words that the bag knows, at the most; the most frequent ones are taken."""
    word_dropout: float = Field(ge=0, lt=1)
    """Probability that a word is replaced by the unknown word."""
    label_smoothing: float = Field(ge=0, lt=1)
    """Share of the true label's probability that is spread over all labels."""

    @field_validator("pooling")
    @classmethod
    def _is_a_pooling(cls, pooling: str) -> str:
        pooling_kinds(pooling)
        return pooling


def classification_defaults(lengths: NDArray[np.int64], labels: int) -> dict[str, Any]:
    """Every setting of a run, from the tokens in each training text and the number of labels."""
    max_tokens = longest_affordable(lengths)
    tokens = max(1, int(np.minimum(lengths, max_tokens).sum()))
    epochs = int(np.clip(round(16 * (50_000 / tokens) ** 0.45), 3, 30))
    epochs = min(epochs, max(2, TOKEN_BUDGET // tokens))
    hidden, embedding = (200, 200) if epochs * tokens < LARGE_WORK else (128, 128)
    hidden = 100 if tokens < RARE_WORDS_COUNT else hidden
    small = tokens < SMALL_DATA
    return {
        "cell": "lstm",
        "layers": 1,
        "hidden": hidden,
        "embedding": embedding,
        "bidirectional": True,
        "pooling": "mean+max",
        "ngram_buckets": 32_768,
        "ngram_dim": 48,
        "bag": True,
        "bag_pairs": BAG_WEIGHTS // labels,
        "min_count": 1 if tokens < RARE_WORDS_COUNT else 2,
        "max_tokens": max_tokens,
        "cooccurrence": False,
        "cooccurrence_window": 20,
        "dropout": 0.5 if small else 0.6,
        "word_dropout": 0.1 if small else 0.15,
        "label_smoothing": 0.0,
        "weight_decay": 0.01,
        "epochs": epochs,
        "patience": max(3, epochs // 2),
        "batch_size": int(np.clip(2 ** round(np.log2(max(1.0, len(lengths) / 40))), 16, 64)),
        "learning_rate": 0.001 if small else 0.002,
        "embedding_learning_rate": _embedding_learning_rate(tokens),
        "warmup": 0.05,
        "clip": 1.0,
        "average_from": 0.5,
    }


def _embedding_learning_rate(tokens: int) -> float:
    """The fewer tokens, the rarer each word comes by, and the further its vector must move when it does."""
    if tokens < SMALL_DATA:
        return 0.03
    return 0.01 if tokens < RARE_WORDS_COUNT else 0.002

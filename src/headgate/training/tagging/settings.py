"""The settings of a run that trains a tagger, and the rule by which they follow from the data."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from headgate.training.settings import ReaderSettings
from headgate.training.token_budget import TOKEN_BUDGET, longest_affordable

MOST_CRF_TAGS = 100
"""Tags from which a CRF, whose cost grows with their square, is left out."""


class TaggingSettings(ReaderSettings):
    """Every setting of a run that trains a tagger."""

    characters: Literal["convolution", "lstm", "none"]
    """How a word's characters are read, beside its n-grams."""
    character_dim: int = Field(ge=1)
    """Units of a character's vector."""
    character_features: int = Field(ge=2, multiple_of=2)
    """Units that a word's characters add to its vector."""
    crf: bool
    """Choose the tags of a sentence together, by a conditional random field."""
    lookahead: int = Field(default=0, ge=0)
    """Tokens after it that a token is tagged by, for a model that reads left to right."""
    word_dropout: float = Field(ge=0, lt=1)
    """Probability that any word is replaced by the unknown word; its characters are still read."""
    rare_word_dropout: float = Field(ge=0)
    """A word seen n times in training is so replaced with probability r / (r + n) besides."""


def tagging_defaults(lengths: NDArray[np.int64], tags: int) -> dict[str, Any]:
    """Every setting of a run, from the tokens in each training sentence and the number of tags."""
    max_tokens = longest_affordable(lengths)
    tokens = max(1, int(np.minimum(lengths, max_tokens).sum()))
    epochs = int(np.clip(round(15 * (200_000 / tokens) ** 0.3), 3, 40))
    epochs = min(epochs, max(3, TOKEN_BUDGET // tokens))
    return {
        "cell": "lstm",
        "layers": 1,
        "hidden": 200,
        "embedding": 100,
        "bidirectional": True,
        "ngram_buckets": 0,
        "ngram_dim": 48,
        "characters": "convolution",
        "character_dim": 32,
        "character_features": 160,
        "crf": tags <= MOST_CRF_TAGS,
        "min_count": 1,
        "max_tokens": max_tokens,
        "cooccurrence": True,
        "cooccurrence_window": 5,
        "dropout": 0.5,
        "word_dropout": 0.2,
        "rare_word_dropout": 0.5,
        "weight_decay": 0.01,
        "epochs": epochs,
        "patience": max(5, epochs // 2),
        "batch_size": int(np.clip(2 ** round(np.log2(max(1.0, len(lengths) / 200))), 8, 32)),
        "learning_rate": 0.003,
        "embedding_learning_rate": 0.02,
        "warmup": 0.1,
        "clip": 5.0,
        "average_from": 0.7,
    }

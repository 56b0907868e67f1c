"""Settings from the data: one stated rule, so that a first run on any file is good and ends in minutes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def classification_defaults(lengths: NDArray[np.int64], labels: int) -> dict[str, Any]:
    """Every setting of a classification run, from the number of training texts and of tokens in each."""
    texts = len(lengths)
    return {
        "cell": "lstm",
        "layers": 1,
        "hidden": 128,
        "embedding": 128,
        "bidirectional": True,
        "pooling": "mean+max",
        "ngram_buckets": 32768,
        "ngram_dim": 48,
        "bag": True,
        "bag_pairs": 1_000_000 // labels,
        "min_count": 1 if texts < 3000 else 2,
        "max_tokens": 400,
        "dropout": 0.5,
        "word_dropout": 0.05,
        "label_smoothing": 0.0,
        "weight_decay": 0.01,
        "epochs": 5 if texts > 20000 else 15 if texts > 3000 else 40,
        "patience": 99,
        "batch_size": 64 if texts > 3000 else 16,
        "learning_rate": 0.002,
        "embedding_learning_rate": 0.002 if texts > 3000 else 0.01,
        "warmup": 0.05,
        "clip": 1.0,
        "average_from": 0.5,
    }

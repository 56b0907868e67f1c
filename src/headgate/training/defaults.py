"""Settings from the data: one stated rule, so that a first run on any file is good and ends in minutes.

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

TOKEN_BUDGET = 9_000_000
"""Tokens that all epochs together may read."""
LARGE_WORK = 4_500_000
"""Tokens over all epochs from which the network is made smaller."""
SMALL_DATA = 20_000
"""Tokens of an epoch below which data counts as small."""
RARE_WORDS_COUNT = 200_000
"""Tokens of an epoch from which a word must occur twice to have a vector of its own."""
SHORTEST_CUT = 128
"""Tokens of a text that are read at the least, however large the data."""
LONG_FOR_ITS_KIND = 8
"""Times the mean length from which a text is cut, if it has more than 512 tokens."""
LARGE_TEXT = 300_000
"""Units of a text from which a language model has its full size."""
SHORT_TEXT = 10_000
"""Words of a text below which a language model knows each of them."""
WORK_BUDGET = 65e12
"""Products of a weight and a number that reading a text in all epochs of a language model may take: an hour
and a half on two cores that do 70 billion multiplications and additions a second, the way back included."""
MOST_CRF_TAGS = 100
"""Tags from which a CRF, whose cost grows with their square, is left out."""
FADING = 1.8
"""How far weights fade over a language model's run, in nats: to a sixth. With AdamW's usual 0.01 they hardly
do, and 120,000 characters read 40 times come to a dev loss of 2.04 in place of 1.96."""
MOST_DECAY = 0.5
"""The highest weight decay by itself: what short runs have."""
BAG_WEIGHTS = 1_000_000
"""The most weights of the linear bag's word pairs, over all labels: keeps a model's file small."""


def classification_defaults(lengths: NDArray[np.int64], labels: int) -> dict[str, Any]:
    """Every setting of a run, from the tokens in each training text and the number of labels."""
    max_tokens = _longest_affordable(lengths)
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


def tagging_defaults(lengths: NDArray[np.int64], tags: int) -> dict[str, Any]:
    """Every setting of a run, from the tokens in each training sentence and the number of tags."""
    max_tokens = _longest_affordable(lengths)
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


def generation_defaults(units: int, unit: str, kinds: int = 0) -> dict[str, Any]:
    """Every setting of a language model's run, from the units of the training text and what they are.

    A million characters are read 28 times by one layer of 512 units, in less than an hour on two cores; a
    million words, each of which takes far longer to score, 12 times by 650 units. Less text is read by a
    smaller network, in fewer streams, so that an epoch has steps enough: characters more often, words less,
    of which most are too rare to be read many times without being known by heart. The more `kinds` of units
    are to be scored, the fewer epochs does the budget allow. The weight decay follows from all of these, by
    `fading_weight_decay`.
    """
    units = max(1, units)
    characters, large = unit == "char", units >= LARGE_TEXT
    millions = units / 1_000_000
    often = 28 / millions**0.5 if characters else min(max(10, 12 * millions**0.25), 12 / millions**0.5)
    hidden = 256 if not large else 512 if characters else 650
    embedding = 300 if large and not characters else 128
    weights = 4 * hidden * (hidden + embedding) + kinds * (hidden if characters else embedding)
    epochs = int(np.clip(round(min(often, WORK_BUDGET / (units * weights))), 1, 60))
    return {
        "unit": unit,
        "vocabulary": 4_000,
        # From rare words the model learns what an unknown one means; in a short text all words are rare.
        "min_count": 2 if unit == "word" and units >= SHORT_TEXT else 1,
        "cell": "lstm",
        "layers": 1,
        "hidden": hidden,
        "embedding": embedding,
        "tied": not characters,
        "cooccurrence": unit == "word",
        "cooccurrence_window": 20,
        "bptt": 100 if characters else 70,
        "variable_lengths": True,
        "dropout": 0.4,
        "input_dropout": 0.1 if characters else 0.3,
        "output_dropout": 0.5 if characters else 0.4,
        "unit_dropout": 0.0 if characters else 0.05,
        "weight_dropout": 0.3 if not large else 0.1 if characters else 0.4,
        "activation_penalty": 0.0,
        "slowness_penalty": 0.0,
        "weight_decay": 0.01,
        "epochs": epochs,
        "patience": max(5, epochs // 3),
        "batch_size": int(np.clip(2 ** round(np.log2(units / 30_000)), 4, 32 if characters else 20)),
        "learning_rate": 0.005 if not large else 0.002 if characters else 0.003,
        "warmup": 0.02,
        "clip": 1.0,
        "average_from": 0.85,
    }


def fading_weight_decay(learning_rate: float, steps: int) -> float:
    """The weight decay by which a weight that no gradient renews fades to e^-`FADING` over all steps.

    A text that is read many times would else be known by heart. The learning rate falls linearly to little,
    so that its mean is about half of the highest; what is held fixed is how long a weight lasts, as a share
    of the run (Wang & Aitchison 2024). A run of few steps, which knows nothing by heart, is decayed less.
    """
    return min(MOST_DECAY, float(f"{FADING / (0.5 * learning_rate * steps):.2g}"))


def translation_defaults(pairs: int, source_unit: str, target_unit: str) -> dict[str, Any]:
    """Every setting of a translator's run, from the number of pairs and the units of both sides.

    Thirty thousand sentences are read 25 times by two layers of 384 units, in some 80 minutes on a core that
    has bfloat16. Words that are spelt out need one layer only: a hundred thousand are read 20 times in less.
    """
    pairs = max(1, pairs)
    sentences = source_unit == "subword" or target_unit == "subword"
    epochs = int(np.clip(round((20 if sentences else 28) * (50_000 / pairs) ** 0.4), 3, 60))
    hidden = 320 if not sentences else 384 if pairs < 100_000 else 512
    return {
        "source_unit": source_unit,
        "target_unit": target_unit,
        "vocabulary": 4_000 if pairs < 100_000 else 8_000 if pairs < 500_000 else 16_000,
        "joint": sentences and source_unit == target_unit,
        "min_count": 1,
        "cell": "lstm",
        "layers": 2 if sentences else 1,
        "hidden": hidden if pairs >= 5_000 else 256,
        "embedding": 256 if sentences else 64,
        "bidirectional": True,
        "attention": "general",
        "input_feeding": False,
        "tied": sentences,
        "shared": sentences and source_unit == target_unit,
        "dropout": 0.4 if pairs < 50_000 else 0.3 if sentences else 0.25,
        "weight_dropout": 0.0,
        "subword_dropout": 0.0,
        "weight_decay": 0.01,
        "label_smoothing": 0.1,
        "teacher_forcing": 1.0,
        "epochs": epochs,
        "patience": max(5, epochs // 2),  # the learning rate falls to the end, and the last epochs gain by it
        "batch_size": int(np.clip(2 ** round(np.log2(pairs / 400)), 16, 64 if sentences else 128)),
        "learning_rate": 0.002 if sentences else 0.003,
        "warmup": 0.05,
        "clip": 1.0,
        "average_from": 0.8,
    }


def _longest_affordable(lengths: NDArray[np.int64]) -> int:
    """The length to cut texts to, so that three epochs fit the budget; the longest text's where they do."""
    longest = max(1, int(lengths.max(initial=1)))
    longest = min(longest, max(512, int(LONG_FOR_ITS_KIND * lengths.mean())))
    while longest > SHORTEST_CUT and 3 * np.minimum(lengths, longest).sum() > TOKEN_BUDGET:
        longest = max(SHORTEST_CUT, int(0.9 * longest))
    return longest

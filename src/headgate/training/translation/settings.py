"""The settings of a run that trains a translator, and the rule by which they follow from the pairs."""

from typing import Any

import numpy as np
from pydantic import Field, field_validator

from headgate.cells import attention_named
from headgate.training.settings import Settings, checked_unit


class TranslationSettings(Settings):
    """Every setting of a run that trains a translator."""

    scores_every_unit = True

    source_unit: str
    """What sources are made of: char, subword or word."""
    target_unit: str
    """What targets are made of."""
    vocabulary: int = Field(ge=300)
    """Subwords of a side, or of both together, at the most."""
    joint: bool
    """Learn one set of units from both sides together; they must be of one kind."""
    min_count: int = Field(ge=1)
    """Times a character or word must occur in the training pairs to be known."""
    bidirectional: bool
    """Let the encoder read the source backward as well, each direction with half of the hidden units."""
    attention: str
    """What the decoder looks back by: none, dot, general or additive."""
    input_feeding: bool
    """Let the decoder read what it last looked at; it then trains step by step, which takes longer."""
    tied: bool
    """Score target units by the vectors that they are read by."""
    shared: bool
    """Read sources by the same vectors as targets, which need joint units."""
    weight_dropout: float = Field(ge=0, lt=1)
    """Probability that a weight between hidden states is dropped."""
    subword_dropout: float = Field(ge=0, lt=1)
    """Probability that a merge of subwords is left out, afresh in every epoch (Provilkov et al. 2020)."""
    label_smoothing: float = Field(ge=0, lt=1)
    """Share of the true unit's probability that is spread over all units."""
    teacher_forcing: float = Field(ge=0, le=1)
    """Probability, at the end of training, that the decoder reads the true unit and not its own answer; it
    falls linearly from 1 (scheduled sampling, Bengio et al. 2015)."""

    @field_validator("source_unit", "target_unit")
    @classmethod
    def _is_a_unit(cls, unit: str) -> str:
        return checked_unit(unit)

    @field_validator("attention")
    @classmethod
    def _is_an_attention(cls, attention: str) -> str:
        return attention_named(attention)


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

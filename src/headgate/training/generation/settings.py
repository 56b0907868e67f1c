"""The settings of a run that trains a language model, and the rule by which they follow from the text."""

from typing import Any

import numpy as np
from pydantic import Field, field_validator

from headgate.errors import ConfigError
from headgate.training.settings import Settings, checked_unit

LARGE_TEXT = 300_000
"""Units of a text from which a language model has its full size."""
SHORT_TEXT = 10_000
"""Words of a text below which a language model knows each of them."""
WORK_BUDGET = 65e12
"""Products of a weight and a number that reading a text in all epochs of a language model may take: an hour
and a half on two cores that do 70 billion multiplications and additions a second, the way back included."""
FADING = 1.8
"""How far weights fade over a language model's run, in nats: to a sixth. With AdamW's usual 0.01 they hardly
do, and 120,000 characters read 40 times come to a dev loss of 2.04 in place of 1.96."""
MOST_DECAY = 0.5
"""The highest weight decay by itself: what short runs have."""


class GenerationSettings(Settings):
    """Every setting of a run that trains a language model."""

    scores_every_unit = True

    unit: str
    """What texts are made of: char, subword or word."""
    vocabulary: int = Field(ge=300)
    """Subwords at the most."""
    min_count: int = Field(ge=1)
    """Times a character or word must occur in the training text to be known."""
    bidirectional: bool = False
    """A language model foretells what comes next, so it reads left to right alone."""
    bptt: int = Field(ge=1)
    """Units of a stretch, on average: gradients reach back to its beginning, and the state goes on."""
    variable_lengths: bool
    """Draw the length of each stretch, and halve one in twenty, so that epochs are not cut alike."""
    tied: bool
    """Score units by the vectors that they are read by."""
    cooccurrence: bool
    """Start the units' vectors from the company that units keep in the training text, not from chance."""
    cooccurrence_window: int = Field(ge=1)
    """Units to each side that a unit keeps company with."""
    cutoffs: tuple[int, ...] = ()
    """Ids that divide a large vocabulary for an adaptive softmax; none for a plain one."""
    input_dropout: float = Field(ge=0, lt=1)
    """Probability that a feature of the units' vectors is dropped."""
    output_dropout: float = Field(ge=0, lt=1)
    """Probability that a feature of what is scored from is dropped."""
    unit_dropout: float = Field(ge=0, lt=1)
    """Probability that a unit's whole vector is dropped, wherever it stands in a stretch."""
    weight_dropout: float = Field(ge=0, lt=1)
    """Probability that a weight between hidden states is dropped."""
    activation_penalty: float = Field(ge=0)
    """Weight of the mean square of what is scored from (Merity et al. 2017: alpha)."""
    slowness_penalty: float = Field(ge=0)
    """Weight of the mean square of its change from unit to unit (Merity et al. 2017: beta)."""

    @field_validator("bidirectional")
    @classmethod
    def _is_false(cls, bidirectional: bool) -> bool:
        if bidirectional:
            raise ConfigError("bidirectional must be false: a language model must not see what it foretells")
        return bidirectional

    @field_validator("cutoffs", mode="before")
    @classmethod
    def _are_numbers(cls, cutoffs: object) -> object:
        """On the command line they are one word: --set cutoffs=2000,10000."""
        return tuple(filter(None, cutoffs.split(","))) if isinstance(cutoffs, str) else cutoffs

    @field_validator("unit")
    @classmethod
    def _is_a_unit(cls, unit: str) -> str:
        return checked_unit(unit)


def generation_defaults(units: int, unit: str, scored: int = 0) -> dict[str, Any]:
    """Every setting of a language model's run, from the units of the training text and what they are.

    A million characters are read 28 times by one layer of 512 units, in less than an hour on two cores; a
    million words, each of which takes far longer to score, 12 times by 650 units. Less text is read by a
    smaller network, in fewer streams, so that an epoch has steps enough: characters more often, words less,
    of which most are too rare to be read many times without being known by heart. The more kinds of units are
    `scored` at each step, the fewer epochs does the budget allow. The weight decay follows from all of these,
    by `fading_weight_decay`.
    """
    units = max(1, units)
    characters, large = unit == "char", units >= LARGE_TEXT
    millions = units / 1_000_000
    often = 28 / millions**0.5 if characters else min(max(10, 12 * millions**0.25), 12 / millions**0.5)
    hidden = 256 if not large else 512 if characters else 650
    embedding = 300 if large and not characters else 128
    weights = 4 * hidden * (hidden + embedding) + scored * (hidden if characters else embedding)
    epochs = int(np.clip(round(often), 1, 60))
    epochs = max(1, min(epochs, int(WORK_BUDGET / (units * weights))))
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

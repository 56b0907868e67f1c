"""What classification is: logits → calibrated probabilities → a label, and its score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Float


@dataclass(frozen=True)
class Classification:
    """The answer for one text: the most probable label, its probability, and every label's probability."""

    label: str
    score: float
    scores: dict[str, float]

    def to_json(self, text: str) -> dict[str, Any]:
        """The record that `predict --format jsonl` prints."""
        return {"text": text, "label": self.label, "score": self.score, "scores": self.scores}


def probabilities(
    logits: Float[NDArray[Any], "batch labels"], temperature: float
) -> Float[NDArray[np.float64], "batch labels"]:
    """softmax(logits / temperature), in float64."""
    scaled = logits.astype(np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def classify(
    logits: Float[NDArray[Any], "batch labels"], labels: Sequence[str], temperature: float
) -> list[Classification]:
    """One answer for each row of logits; on a tie the label that comes first in `labels` wins."""
    answers: list[Classification] = []
    for row in probabilities(logits, temperature).tolist():
        best = max(range(len(row)), key=row.__getitem__)
        answers.append(Classification(labels[best], row[best], dict(zip(labels, row, strict=True))))
    return answers

"""Run classifiers: a batch of texts at once, or a stream."""

from headgate.runtime.classification.classifier import Classifier, Scorer
from headgate.runtime.classification.stream import ClassificationStream

__all__ = [
    "ClassificationStream",
    "Classifier",
    "Scorer",
]

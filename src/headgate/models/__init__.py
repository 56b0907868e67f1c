"""Models as ordinary torch modules, with the textbook's signatures."""

from headgate.models.batching import classifier_inputs, tagger_inputs
from headgate.models.language_model import LanguageModel
from headgate.models.language_scorer import TorchLanguageScorer
from headgate.models.loading import (
    TorchScorer,
    build_classifier,
    build_language_model,
    build_tagger,
    classifier_module,
    language_model_module,
    tagger_module,
)
from headgate.models.ner_model import NERModel
from headgate.models.reader import Reader
from headgate.models.text_classifier import TextClassifier

__all__ = [
    "LanguageModel",
    "NERModel",
    "Reader",
    "TextClassifier",
    "TorchLanguageScorer",
    "TorchScorer",
    "build_classifier",
    "build_language_model",
    "build_tagger",
    "classifier_inputs",
    "classifier_module",
    "language_model_module",
    "tagger_inputs",
    "tagger_module",
]

"""Models as ordinary torch modules, with the textbook's signatures."""

from headgate.models.batching import classifier_inputs, tagger_inputs
from headgate.models.decoder import Decoder
from headgate.models.encoder import Encoder
from headgate.models.language_model import LanguageModel
from headgate.models.language_scorer import TorchLanguageScorer
from headgate.models.loading import (
    TorchScorer,
    build_classifier,
    build_language_model,
    build_tagger,
    build_translator,
    classifier_module,
    language_model_module,
    tagger_module,
    translator_module,
)
from headgate.models.ner_model import NERModel
from headgate.models.reader import Reader
from headgate.models.text_classifier import TextClassifier
from headgate.models.translation_scorer import TorchTranslationScorer
from headgate.models.translator import Translator

__all__ = [
    "Decoder",
    "Encoder",
    "LanguageModel",
    "NERModel",
    "Reader",
    "TextClassifier",
    "TorchLanguageScorer",
    "TorchScorer",
    "TorchTranslationScorer",
    "Translator",
    "build_classifier",
    "build_language_model",
    "build_tagger",
    "build_translator",
    "classifier_inputs",
    "classifier_module",
    "language_model_module",
    "tagger_inputs",
    "tagger_module",
    "translator_module",
]

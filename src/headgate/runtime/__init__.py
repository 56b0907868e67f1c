"""Run models without torch: NumPy layers, batch scoring in order, streams."""

from pathlib import Path
from typing import TypeAlias

from headgate.modelfile import locate_model, read_model
from headgate.runtime.classification_stream import ClassificationStream
from headgate.runtime.classifier import Classifier, Scorer
from headgate.runtime.encoding import read_encoder, read_units
from headgate.runtime.evaluation import (
    evaluate_classifier,
    evaluate_generator,
    evaluate_tagger,
    evaluate_translator,
    measure_generator,
    measure_tagger,
    measure_translator,
)
from headgate.runtime.language_scorer import LanguageScorer
from headgate.runtime.language_stream import LanguageStream
from headgate.runtime.stream_state import StreamState
from headgate.runtime.tagger import Tagger
from headgate.runtime.tagging_stream import TaggingStream
from headgate.runtime.text_generator import TextGenerator
from headgate.runtime.text_translator import TextTranslator
from headgate.runtime.translation_scorer import TranslationScorer

__all__ = [
    "ClassificationStream",
    "Classifier",
    "LanguageScorer",
    "LanguageStream",
    "Model",
    "Scorer",
    "StreamState",
    "Tagger",
    "TaggingStream",
    "TextGenerator",
    "TextTranslator",
    "TranslationScorer",
    "evaluate_classifier",
    "evaluate_generator",
    "evaluate_tagger",
    "evaluate_translator",
    "load",
    "measure_generator",
    "measure_tagger",
    "measure_translator",
    "read_encoder",
    "read_units",
]

Model: TypeAlias = Classifier | Tagger | TextTranslator | TextGenerator
"""A loaded model, whatever its task."""

_KINDS: dict[str, type[Model]] = {
    "classification": Classifier,
    "tagging": Tagger,
    "translation": TextTranslator,
    "generation": TextGenerator,
}


def load(name: str | Path) -> Model:
    """Load a model: a folder, the name of a bundled model or a hub id (`owner/name`).

    Raises ModelError when there is no such model, or it is damaged, changed or of a newer format.
    """
    folder = read_model(locate_model(name))
    return _KINDS[folder.config.task](folder)

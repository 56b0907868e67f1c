"""Run models without torch: NumPy layers, batch scoring in order, streams."""

from pathlib import Path
from typing import TypeAlias

from headgate.modelfile import locate_model, read_model
from headgate.runtime.classification import ClassificationStream, Classifier, Scorer
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
from headgate.runtime.generation import LanguageScorer, LanguageStream, TextGenerator
from headgate.runtime.stream_state import StreamState
from headgate.runtime.tagging import Tagger, TaggingStream
from headgate.runtime.translation import TextTranslator, TranslationScorer

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

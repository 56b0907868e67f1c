"""Run models without torch: NumPy layers, batch scoring in order, streams."""

from pathlib import Path
from typing import TypeAlias

from headgate.modelfile import locate_model, read_model
from headgate.runtime.classification_stream import ClassificationStream
from headgate.runtime.classifier import Classifier, Scorer
from headgate.runtime.encoding import read_encoder
from headgate.runtime.evaluation import evaluate_classifier, evaluate_tagger, measure_tagger
from headgate.runtime.stream_state import StreamState
from headgate.runtime.tagger import Tagger
from headgate.runtime.tagging_stream import TaggingStream

__all__ = [
    "ClassificationStream",
    "Classifier",
    "Model",
    "Scorer",
    "StreamState",
    "Tagger",
    "TaggingStream",
    "evaluate_classifier",
    "evaluate_tagger",
    "load",
    "measure_tagger",
    "read_encoder",
]

Model: TypeAlias = Classifier | Tagger
"""A loaded model, whatever its task."""

_KINDS: dict[str, type[Model]] = {"classification": Classifier, "tagging": Tagger}


def load(name: str | Path) -> Model:
    """Load a model: a folder, the name of a bundled model or a hub id (`owner/name`).

    Raises ModelError when there is no such model, or it is damaged, changed or of a newer format.
    """
    folder = read_model(locate_model(name))
    return _KINDS[folder.config.task](folder)

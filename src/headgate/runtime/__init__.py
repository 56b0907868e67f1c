"""Run models without torch: NumPy layers, batch scoring in order, streams."""

from pathlib import Path

from headgate.modelfile import locate_model, read_model
from headgate.runtime.classifier import Classifier, Scorer
from headgate.runtime.evaluation import evaluate
from headgate.runtime.stream import ClassificationStream, StreamState

__all__ = ["ClassificationStream", "Classifier", "Scorer", "StreamState", "evaluate", "load"]


def load(name: str | Path) -> Classifier:
    """Load a model: a folder, the name of a bundled model or a hub id (`owner/name`).

    Raises ModelError when there is no such model, or it is damaged, changed or of a newer format.
    """
    return Classifier(read_model(locate_model(name)))

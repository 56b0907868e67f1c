"""What each task is, without torch: its answers, its metrics and how logits become answers."""

from headgate.tasks.calibration import fit_temperature
from headgate.tasks.classification import Classification, classify, probabilities
from headgate.tasks.classification_metrics import (
    ClassificationMetrics,
    LabelMetrics,
    expected_calibration_error,
    measure,
)

__all__ = [
    "Classification",
    "ClassificationMetrics",
    "LabelMetrics",
    "classify",
    "expected_calibration_error",
    "fit_temperature",
    "measure",
    "probabilities",
]

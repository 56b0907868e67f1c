"""What each task is, without torch: its answers, its metrics and how logits become answers."""

from headgate.tasks.calibration import calibration_loss, fit_temperature
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
    "calibration_loss",
    "classify",
    "expected_calibration_error",
    "fit_temperature",
    "measure",
    "probabilities",
]

"""How good the answers of a classifier are, and how far its probabilities can be believed."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Bool, Float, Int

CALIBRATION_BINS = 15


@dataclass(frozen=True)
class LabelMetrics:
    """One label: precision, recall and F1 in [0, 1], and `support`, how many texts truly have it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class ClassificationMetrics:
    """Accuracy, macro-averaged F1 and expected calibration error, all in [0, 1]; and each label by itself."""

    accuracy: float
    macro_f1: float
    expected_calibration_error: float
    examples: int
    labels: dict[str, LabelMetrics]

    def to_json(self) -> dict[str, Any]:
        """The record that `evaluate --json` prints and `metrics.json` holds."""
        return asdict(self)


def measure(
    probabilities: Float[NDArray[np.float64], "batch labels"],
    gold: Int[NDArray[Any], " batch"],
    labels: tuple[str, ...],
) -> ClassificationMetrics:
    """Compare probabilities with the true label numbers.

    Macro F1 is the plain mean over the labels that occur among the true or the predicted ones, as in
    scikit-learn; a label never predicted has precision 0.
    """
    predicted = probabilities.argmax(axis=1)
    by_label: dict[str, LabelMetrics] = {}
    for index, label in enumerate(labels):
        hits = int(np.sum((predicted == index) & (gold == index)))
        claimed, support = int(np.sum(predicted == index)), int(np.sum(gold == index))
        if claimed or support:
            precision, recall = hits / max(claimed, 1), hits / max(support, 1)
            by_label[label] = LabelMetrics(precision, recall, 2 * hits / (claimed + support), support)
    return ClassificationMetrics(
        accuracy=float(np.sum(predicted == gold)) / len(gold),
        macro_f1=float(np.mean([of_label.f1 for of_label in by_label.values()])),
        expected_calibration_error=expected_calibration_error(probabilities, gold),
        examples=len(gold),
        labels=by_label,
    )


def expected_calibration_error(
    probabilities: Float[NDArray[np.float64], "batch labels"], gold: Int[NDArray[Any], " batch"]
) -> float:
    """The gap between confidence and accuracy, averaged over 15 equal bins of confidence (Guo et al. 2017).

    0.03 means that answers given with probability p are right p ± 3 % of the time, on average.
    """
    return calibration_gap(probabilities.max(axis=1), probabilities.argmax(axis=1) == gold)


def calibration_gap(
    confidence: Float[NDArray[np.float64], " answers"], right: Bool[NDArray[Any], " answers"]
) -> float:
    """`expected_calibration_error` of answers of any kind: how sure each was, and whether it was right.

    Without answers it is 0.
    """
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [
        abs(float(np.sum(right[bins == index])) - float(np.sum(confidence[bins == index])))
        for index in range(CALIBRATION_BINS)
    ]
    return sum(gaps) / max(len(right), 1)

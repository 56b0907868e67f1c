import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from headgate.tasks import expected_calibration_error, measure, probabilities

LABELS = ("a", "b", "c", "d")


def draw(size, labels, seed, scale):
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=scale, size=(size, labels))
    return probabilities(logits, 1.0), generator.integers(0, labels, size)


problems = given(
    size=st.integers(1, 40),
    labels=st.integers(2, 4),
    seed=st.integers(0, 999),
    scale=st.sampled_from([0.0, 1.0, 9.0]),
)


@settings(deadline=None)
@problems
def test_metrics_are_those_of_scikit_learn(size, labels, seed, scale):
    answers, gold = draw(size, labels, seed, scale)
    found = measure(answers, gold, LABELS[:labels])
    predicted = answers.argmax(axis=1)
    assert found.examples == size
    assert found.accuracy == pytest.approx(sklearn.accuracy_score(gold, predicted))
    assert found.macro_f1 == pytest.approx(
        sklearn.f1_score(gold, predicted, average="macro", zero_division=0)
    )
    present = sorted({*gold.tolist(), *predicted.tolist()})
    rows = sklearn.precision_recall_fscore_support(gold, predicted, labels=present, zero_division=0)
    assert list(found.labels) == [LABELS[label] for label in present]
    for of_label, *expected in zip(found.labels.values(), *rows, strict=True):
        assert [of_label.precision, of_label.recall, of_label.f1, of_label.support] == pytest.approx(expected)


def calibration_error_slowly(answers, gold) -> float:
    """Guo et al. 2017, eq. 3, one example and one bin at a time; a bin holds its lower end."""
    bins = {}
    for row, label in zip(answers.tolist(), gold.tolist(), strict=True):
        confidence = max(row)
        place = next((index for index in range(15) if confidence < (index + 1) / 15), 14)
        bins.setdefault(place, []).append((confidence, row.index(confidence) == label))
    error = 0.0
    for members in bins.values():
        accuracy = sum(right for _, right in members) / len(members)
        confidence = sum(sure for sure, _ in members) / len(members)
        error += len(members) / len(gold) * abs(accuracy - confidence)
    return error


@settings(deadline=None)
@problems
def test_the_calibration_error_equals_the_oracle(size, labels, seed, scale):
    answers, gold = draw(size, labels, seed, scale)
    assert expected_calibration_error(answers, gold) == pytest.approx(calibration_error_slowly(answers, gold))


def test_answers_as_sure_as_they_are_right_have_no_calibration_error():
    answers = np.array([[0.75, 0.25]] * 4)
    assert expected_calibration_error(answers, np.array([0, 0, 0, 1])) == pytest.approx(0.0)
    assert expected_calibration_error(answers, np.array([1, 1, 1, 1])) == pytest.approx(0.75)
    assert expected_calibration_error(np.array([[1.0, 0.0]]), np.array([0])) == 0.0


def test_the_record_holds_every_figure():
    record = measure(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0, 1]), ("no", "yes")).to_json()
    assert set(record) == {"accuracy", "macro_f1", "expected_calibration_error", "examples", "labels"}
    assert record["labels"]["yes"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}

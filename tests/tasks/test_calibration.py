import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.tasks import confidence_loss, fit_temperature, temperature_of_least
from headgate.tasks.calibration import HIGHEST, LOWEST

GRID = np.geomspace(LOWEST, HIGHEST, 301)


def loss(logits, gold, temperature) -> float:
    """Mean cross-entropy with the doubt of Platt 1999, text by text and label by label."""
    doubt = 1.0 / (len(gold) + 2)
    total = 0.0
    for row, label in zip(logits / temperature, gold, strict=True):
        log_sum = row.max() + np.log(np.exp(row - row.max()).sum())
        for other, logit in enumerate(row):
            target = 1.0 - doubt if other == label else doubt / (len(row) - 1)
            total += target * (log_sum - logit)
    return total / len(gold)


@settings(deadline=None, max_examples=40)
@given(
    size=st.integers(1, 30),
    labels=st.integers(2, 4),
    scale=st.sampled_from([0.1, 1.0, 10.0, 1000.0]),
    skill=st.sampled_from([0.0, 1.0, 3.0]),
    seed=st.integers(0, 999),
)
def test_no_temperature_of_a_fine_grid_is_better(size, labels, scale, skill, seed):
    generator = np.random.default_rng(seed)
    gold = generator.integers(0, labels, size)
    logits = scale * (generator.normal(size=(size, labels)) + skill * np.eye(labels)[gold])
    best = min(loss(logits, gold, temperature) for temperature in GRID)
    assert loss(logits, gold, fit_temperature(logits, gold)) <= best * (1 + 1e-3) + 1e-9


def test_the_temperature_that_blurred_the_labels_is_found():
    generator = np.random.default_rng(0)
    logits = generator.normal(scale=3.0, size=(20_000, 3))
    chances = np.exp(logits / 2.5)
    chances /= chances.sum(axis=1, keepdims=True)
    gold = (generator.random((20_000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    assert fit_temperature(logits, gold) == pytest.approx(2.5, rel=0.05)


def test_few_right_answers_do_not_ask_for_certainty_and_wrong_ones_are_made_unsure():
    logits = np.array([[4.0, 0.0], [0.0, 4.0]])
    temperature = fit_temperature(logits, np.array([0, 1]))
    assert 1.0 / (1.0 + np.exp(-4.0 / temperature)) == pytest.approx(3 / 4, rel=1e-3)  # (n + 1) / (n + 2)
    assert fit_temperature(logits, np.array([1, 0])) == pytest.approx(HIGHEST, rel=1e-3)


def test_many_right_answers_are_made_sure():
    logits = np.tile([[4.0, 0.0], [0.0, 4.0]], (500, 1))
    temperature = fit_temperature(logits, np.tile([0, 1], 500))
    assert 1.0 / (1.0 + np.exp(-4.0 / temperature)) > 0.995


ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=20)


@given(answers=ANSWERS)
def test_the_loss_of_confidence_is_the_cross_entropy_between_how_sure_and_how_right_answers_are(answers):
    doubt = 1.0 / (len(answers) + 2)
    total = 0.0
    for sure, right in answers:
        sure = min(max(sure, 1e-9), 1 - 1e-9)
        target = 1 - doubt if right else doubt
        total -= target * np.log(sure) + (1 - target) * np.log(1 - sure)
    found = confidence_loss(*map(np.array, zip(*answers, strict=True)))
    assert found == pytest.approx(total / len(answers))


def test_without_answers_there_is_nothing_to_lose():
    assert confidence_loss(np.zeros(0), np.zeros(0, np.bool_)) == 0.0


@pytest.mark.parametrize("best", [0.05, 0.3, 1.0, 7.0, 20.0])
@pytest.mark.parametrize("precision", [1e-4, 0.02])
def test_the_temperature_of_the_least_loss_is_found_as_precisely_as_asked(best, precision):
    asked = []

    def loss_at(temperature: float) -> float:
        asked.append(temperature)
        return (np.log(temperature) - np.log(best)) ** 2

    assert temperature_of_least(loss_at, precision=precision) == pytest.approx(best, rel=1.5 * precision)
    assert len(asked) < 40 and min(asked) >= LOWEST - 1e-12 and max(asked) <= HIGHEST + 1e-12

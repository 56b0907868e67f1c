import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.training.generation.kneser_ney import KneserNey
from tests.oracles.kneser_ney import counts_by_length, probability

VOCAB = 5
TEXTS = st.lists(st.integers(0, VOCAB - 1), min_size=1, max_size=40)


@settings(deadline=None, max_examples=40)
@given(train=TEXTS, text=TEXTS, order=st.integers(1, 4))
def test_every_probability_is_the_one_of_the_definition(train, text, order):
    found = np.exp(-KneserNey(np.array(train), VOCAB, order).losses(np.array(text)))
    counts = counts_by_length(train, order)
    expected = [probability(unit, tuple(text[:place]), counts, VOCAB) for place, unit in enumerate(text)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@settings(deadline=None, max_examples=20)
@given(train=TEXTS, history=TEXTS, order=st.integers(1, 4))
def test_the_probabilities_of_all_next_units_sum_to_1(train, history, order):
    model = KneserNey(np.array(train), VOCAB, order)
    chances = [np.exp(-model.losses(np.array([*history, unit]))[-1]) for unit in range(VOCAB)]
    assert sum(chances) == pytest.approx(1.0)


def test_a_text_without_units_has_no_losses():
    assert KneserNey(np.array([1, 2, 1]), VOCAB, 3).losses(np.array([], np.int64)).shape == (0,)

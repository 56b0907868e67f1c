import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.data.bucketing import MOST_TOKENS, longest_first_batches, shuffled_batches

lengths = st.lists(st.one_of(st.integers(0, 60), st.integers(1000, 40_000)), min_size=1, max_size=200).map(
    lambda values: np.array(values, np.int64)
)


def check_tokens(batch: np.ndarray, of_texts: np.ndarray) -> None:
    assert len(batch) == 1 or len(batch) * of_texts[batch].max() <= MOST_TOKENS


@settings(deadline=None)
@given(lengths)
def test_scoring_meets_every_text_once_the_longest_first_in_bounded_batches(of_texts):
    batches = list(longest_first_batches(of_texts))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(of_texts)))
    for batch in batches:
        assert (np.diff(of_texts[batch]) <= 0).all()
        check_tokens(batch, of_texts)


@settings(deadline=None)
@given(lengths, st.integers(1, 64), st.integers(0, 99))
def test_an_epoch_meets_every_text_once_in_bounded_batches(of_texts, batch_size, seed):
    batches = shuffled_batches(of_texts, batch_size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(of_texts)))
    for batch in batches:
        assert len(batch) <= batch_size
        check_tokens(batch, of_texts)


def test_the_seed_decides_the_order_and_another_seed_another():
    of_texts = np.arange(500) % 37
    first, again, other = (shuffled_batches(of_texts, 16, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert [batch.tolist() for batch in first] == [batch.tolist() for batch in again]
    assert [batch.tolist() for batch in first] != [batch.tolist() for batch in other]


def test_texts_of_like_length_come_together():
    of_texts = np.random.default_rng(0).integers(1, 60, 3200)
    batches = shuffled_batches(of_texts, 64, np.random.default_rng(1))
    padded = sum(len(batch) * int(of_texts[batch].max()) for batch in batches)
    assert padded < 1.05 * of_texts.sum()

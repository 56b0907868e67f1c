import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.layers import Pooling
from headgate.runtime.classification.running_pool import RunningPool
from headgate.runtime.layers import pool

FEATURES = 3
KINDS = st.permutations(["last", "mean", "max", "attention"]).flatmap(
    lambda kinds: st.integers(1, 4).map(lambda size: "+".join(kinds[:size]))
)


def draw(lengths, seed, scale=1.0):
    generator = np.random.default_rng(seed)
    outputs = generator.normal(scale=scale, size=(len(lengths), max(1, *lengths, 1), FEATURES)).astype(
        np.float32
    )
    last = generator.normal(size=(len(lengths), FEATURES)).astype(np.float32)
    return outputs, last, generator.normal(size=FEATURES).astype(np.float32)


@settings(deadline=None, max_examples=50)
@given(kind=KINDS, lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_numpy_pools_as_torch_does(kind, lengths, seed):
    outputs, last, query = draw(lengths, seed)
    twin = Pooling(kind, FEATURES)
    if twin.query is not None:
        twin.query.data = torch.from_numpy(query)
    token_mask = torch.arange(outputs.shape[1]) < torch.tensor(lengths)[:, None]
    with torch.no_grad():
        expected = twin(torch.from_numpy(outputs), torch.from_numpy(last), token_mask)
    found = pool(kind, outputs, last, np.array(lengths), query)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=50)
@given(
    kind=KINDS, length=st.integers(0, 40), seed=st.integers(0, 99), scale=st.sampled_from([1e-3, 1.0, 100.0])
)
def test_pooling_one_output_at_a_time_gives_what_pooling_all_gives(kind, length, seed, scale):
    outputs, last, query = draw([length], seed, scale)
    running = RunningPool.empty(kind, FEATURES, query if "attention" in kind else None)
    for step in range(length):
        running = running.include(outputs[:, step])
    last = last if length else np.zeros_like(last)
    expected = pool(kind, outputs, last, np.array([length]), query)
    np.testing.assert_allclose(running.value(last), expected, rtol=1e-4, atol=1e-5)


def test_padding_holds_whatever_it_likes():
    outputs, last, query = draw([4, 2], 0)
    dirty = outputs.copy()
    dirty[1, 2:] = 1e6
    kind, lengths = "last+mean+max+attention", np.array([4, 2])
    np.testing.assert_array_equal(
        pool(kind, dirty, last, lengths, query), pool(kind, outputs, last, lengths, query)
    )


def test_an_unknown_pooling_is_refused():
    outputs, last, query = draw([2], 0)
    with pytest.raises(ConfigError, match=r"pooling must be .*; got 'sum'"):
        pool("sum", outputs, last, np.array([2]), query)

from math import exp

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.layers import Pooling


def pool_slowly(kind, outputs, last, length, query):
    """One text, one kind at a time, over the real tokens alone."""
    real = [outputs[step].tolist() for step in range(length)]
    features = range(outputs.shape[1])
    pooled = []
    for one in kind.split("+"):
        if one == "last":
            pooled += last.tolist()
        elif not real:
            pooled += [0.0 for _ in features]
        elif one == "mean":
            pooled += [sum(step[j] for step in real) / length for j in features]
        elif one == "max":
            pooled += [max(step[j] for step in real) for j in features]
        else:
            scores = [exp(sum(step[j] * query[j].item() for j in features)) for step in real]
            shares = [score / sum(scores) for score in scores]
            pooled += [
                sum(share * step[j] for share, step in zip(shares, real, strict=True)) for j in features
            ]
    return pooled


@settings(deadline=None, max_examples=40)
@given(
    kinds=st.permutations(["last", "mean", "max", "attention"]).flatmap(
        lambda kinds: st.integers(1, 4).map(lambda size: "+".join(kinds[:size]))
    ),
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=4),
    seed=st.integers(0, 99),
)
def test_pooling_equals_the_oracle_text_by_text(kinds, lengths, seed):
    generator = torch.Generator().manual_seed(seed)
    outputs = torch.randn(len(lengths), 5, 3, dtype=torch.float64, generator=generator)
    last = torch.randn(len(lengths), 3, dtype=torch.float64, generator=generator)
    pooling = Pooling(kinds, 3).double()
    query = torch.randn(3, dtype=torch.float64, generator=generator)
    if pooling.query is not None:
        pooling.query.data.copy_(query)
    pooled = pooling(outputs, last, torch.arange(5) < torch.tensor(lengths)[:, None])
    assert pooled.shape == (len(lengths), pooling.output_size)
    expected = [pool_slowly(kinds, outputs[row], last[row], size, query) for row, size in enumerate(lengths)]
    torch.testing.assert_close(pooled, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12)


def test_fresh_attention_is_the_mean():
    outputs, token_mask = torch.randn(2, 4, 3), torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]]).bool()
    attention, mean = Pooling("attention", 3), Pooling("mean", 3)
    torch.testing.assert_close(
        attention(outputs, outputs[:, 0], token_mask), mean(outputs, outputs[:, 0], token_mask)
    )


@pytest.mark.parametrize("kind", ["", "sum", "mean+", "mean+mean", "mean,max", "Mean"])
def test_an_unknown_pooling_is_refused(kind):
    with pytest.raises(
        ConfigError, match="pooling must be last, mean, max, attention or several joined"
    ) as caught:
        Pooling(kind, 3)
    assert str(caught.value).endswith(f"got {kind!r}")

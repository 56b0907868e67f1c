import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import ATTENTIONS, AttentionWeights, attention_named
from headgate.cells.attention import attend, read_out, remember
from headgate.errors import ConfigError

SCORED = [kind for kind in ATTENTIONS if kind != "none"]
every_kind = pytest.mark.parametrize("kind", SCORED)
seeds = st.integers(0, 2**32 - 1)
lengths_of_sources = st.lists(st.integers(1, 5), min_size=1, max_size=3)


def draw_weights(kind, size, generator) -> AttentionWeights:
    def draw(*shape):
        return generator.normal(size=shape)

    if kind == "dot":
        return AttentionWeights()
    if kind == "general":
        return AttentionWeights(draw(size, size))
    return AttentionWeights(draw(size, size), draw(size), draw(size, size), draw(size))


def draw_case(kind, seed, lengths, size=3, steps=2):
    """Queries, outputs of an encoder, which of them are real, and weights."""
    generator = np.random.default_rng(seed)
    outputs = generator.normal(size=(len(lengths), max(lengths), size))
    mask = np.arange(max(lengths)) < np.array(lengths)[:, None]
    queries = generator.normal(size=(len(lengths), steps, size))
    return queries, outputs, mask, draw_weights(kind, size, generator)


def times(matrix, vector) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def score_slowly(kind, query, output, weights) -> float:
    """How well one query matches one position, in Python floats, as the papers print it."""
    if kind == "dot":  # Luong et al. 2015, eq. 8
        return sum(q * m for q, m in zip(query, output, strict=True))
    mapped = times(weights.key_weight.tolist(), output)
    if kind == "general":  # the same
        return sum(q * m for q, m in zip(query, mapped, strict=True))
    asked = times(weights.query_weight.tolist(), query)  # Bahdanau et al. 2015, A.1.2
    sums = [u + w + b for u, w, b in zip(asked, mapped, weights.key_bias.tolist(), strict=True)]
    return sum(v * math.tanh(x) for v, x in zip(weights.score_weight.tolist(), sums, strict=True))


def attend_slowly(kind, query, outputs, weights) -> tuple[list[float], list[float]]:
    """The context of one query and its weights, over the real positions alone."""
    powers = [math.exp(score_slowly(kind, query, output, weights)) for output in outputs]
    matches = [power / math.fsum(powers) for power in powers]
    columns = zip(*outputs, strict=True)
    return [math.fsum(a * m for a, m in zip(matches, of_unit, strict=True)) for of_unit in columns], matches


def in_torch(weights) -> AttentionWeights:
    return AttentionWeights(
        *(None if array is None else torch.from_numpy(array) for array in vars(weights).values())
    )


@every_kind
@settings(deadline=None, max_examples=15)
@given(seed=seeds, lengths=lengths_of_sources)
def test_attention_is_that_of_the_papers_step_by_step_and_position_by_position(kind, seed, lengths):
    queries, outputs, mask, weights = draw_case(kind, seed, lengths)
    contexts, matches = attend(queries, remember(outputs, mask, weights), weights)
    for row, length in enumerate(lengths):
        for step, query in enumerate(queries[row].tolist()):
            context, looks = attend_slowly(kind, query, outputs[row, :length].tolist(), weights)
            np.testing.assert_allclose(contexts[row, step], context, rtol=0, atol=1e-12)
            np.testing.assert_allclose(matches[row, step, :length], looks, rtol=0, atol=1e-12)
            assert np.all(matches[row, step, length:] == 0)


@every_kind
@settings(deadline=None, max_examples=15)
@given(seed=seeds, lengths=lengths_of_sources)
def test_torch_attends_as_numpy_does(kind, seed, lengths):
    queries, outputs, mask, weights = draw_case(kind, seed, lengths)
    expected = attend(queries, remember(outputs, mask, weights), weights)
    torch_weights = in_torch(weights)
    memory = remember(torch.from_numpy(outputs), torch.from_numpy(mask), torch_weights)
    found = attend(torch.from_numpy(queries), memory, torch_weights)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.numpy(), other, rtol=0, atol=1e-12)


@every_kind
def test_weights_sum_to_one_and_what_stands_at_padding_counts_for_nothing(kind):
    queries, outputs, mask, weights = draw_case(kind, 0, [4, 1, 2])
    context, matches = attend(queries, remember(outputs, mask, weights), weights)
    np.testing.assert_allclose(matches.sum(axis=2), 1.0, rtol=1e-12)
    assert np.all(matches[~np.broadcast_to(mask[:, None], matches.shape)] == 0)
    other = np.where(mask[:, :, None], outputs, 1e3)
    again, _ = attend(queries, remember(other, mask, weights), weights)
    assert np.array_equal(again, context)
    assert np.allclose(context[1], outputs[1, 0], rtol=0, atol=1e-15)  # of one position, whatever is asked


@every_kind
def test_matches_far_beyond_what_a_power_can_hold_do_no_harm(kind):
    queries, outputs, mask, weights = draw_case(kind, 0, [4, 1])
    for array in (outputs, torch.from_numpy(outputs)):
        like = torch.from_numpy if isinstance(array, torch.Tensor) else np.asarray
        used = in_torch(weights) if like is torch.from_numpy else weights
        context, matches = attend(like(queries * 1e4), remember(array, like(mask), used), used)
        assert np.all(np.isfinite(np.asarray(context)))
        np.testing.assert_allclose(np.asarray(matches).sum(axis=2), 1.0, rtol=1e-12)


@every_kind
def test_padding_learns_nothing_and_gradients_are_those_of_finite_differences(kind):
    queries, outputs, mask, weights = draw_case(kind, 1, [3, 1])
    given, used, real = torch.from_numpy(outputs).requires_grad_(), in_torch(weights), torch.from_numpy(mask)
    asked = torch.from_numpy(queries).requires_grad_()

    def context(queries, outputs):
        return attend(queries, remember(outputs, real, used), used)[0]

    assert torch.autograd.gradcheck(context, (asked, given))
    context(asked, given).sum().backward()
    assert torch.all(given.grad[~real] == 0)
    assert torch.all(given.grad[real] != 0)


def test_the_readout_is_the_tanh_of_an_affine_map_of_state_and_context():
    generator = np.random.default_rng(0)
    hidden, context = generator.normal(size=(2, 2, 2, 3))
    weight, bias = generator.normal(size=(3, 6)), generator.normal(size=3)
    found = read_out(hidden, context, weight, bias)
    tensors = map(torch.from_numpy, (hidden, context, weight, bias))
    np.testing.assert_allclose(read_out(*tensors).numpy(), found, rtol=0, atol=1e-12)
    for row, step in np.ndindex(2, 2):
        both = [*hidden[row, step].tolist(), *context[row, step].tolist()]
        expected = [math.tanh(x + d) for x, d in zip(times(weight.tolist(), both), bias, strict=True)]
        np.testing.assert_allclose(found[row, step], expected, rtol=0, atol=1e-12)


def test_a_kind_that_there_is_not_is_refused():
    assert [attention_named(kind) for kind in ATTENTIONS] == list(ATTENTIONS)
    with pytest.raises(ConfigError) as caught:
        attention_named("luong")
    assert str(caught.value) == "attention must be one of none, dot, general, additive; got 'luong'"

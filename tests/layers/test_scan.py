import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells.parallel import scan_stepwise
from headgate.layers import scan as module
from headgate.layers.scan import scan

LENGTHS = (1, 2, 3, 4, 7, 13, 16, 31, 101)
"""One step, two, squares, and primes, of which no cutting into equal blocks comes out even."""

WAYS = ("_stepwise", "_blockwise")
every_way = pytest.mark.parametrize("way", WAYS)


def draw(length, *, batch=3, hidden=4, seed=0, kind=torch.float64):
    """a_t, b_t and m_0 with nothing special about them."""
    generator = torch.Generator().manual_seed(seed)
    keep = torch.rand(batch, length, hidden, generator=generator, dtype=kind)
    write = torch.randn(batch, length, hidden, generator=generator, dtype=kind)
    return keep, write, torch.randn(batch, hidden, generator=generator, dtype=kind)


def take(monkeypatch, way):
    """Have scans go this way, whatever their size."""
    monkeypatch.setattr(module, "LARGE_STEP", 0 if way == "_stepwise" else 10**9)


@every_way
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("backward", [False, True])
def test_both_ways_equal_the_scan_as_it_is_defined(way, length, backward):
    keep, write, memory = draw(length)
    turn = (lambda of: of.flip(1)) if backward else (lambda of: of)
    found = torch.full_like(write, torch.nan)
    getattr(module, way)(keep, write, memory, found, backward=backward)
    expected = turn(scan_stepwise(turn(keep), turn(write), memory))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(length=st.integers(1, 40), batch=st.integers(0, 3), hidden=st.integers(1, 5), seed=st.integers(0, 99))
def test_a_scan_equals_its_definition_in_value_and_gradient(length, batch, hidden, seed):
    tensors = [of.requires_grad_() for of in draw(length, batch=batch, hidden=hidden, seed=seed)]
    found, expected = scan(*tensors), scan_stepwise(*tensors)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    weights = torch.randn_like(found)
    gradients = [torch.autograd.grad((of * weights).sum(), tensors) for of in (found, expected)]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)


@every_way
@pytest.mark.parametrize("length", [1, 2, 5, 9])
def test_gradients_are_those_of_finite_differences(monkeypatch, way, length):
    take(monkeypatch, way)
    tensors = [of.requires_grad_() for of in draw(length, batch=2, hidden=2)]
    assert torch.autograd.gradcheck(scan, tensors)


@every_way
@pytest.mark.parametrize("kept", [0.0, 1.0])
def test_a_memory_may_be_dropped_or_kept_without_a_loss(monkeypatch, way, kept):
    take(monkeypatch, way)
    _, write, memory = draw(23)
    keep = torch.full_like(write, kept).requires_grad_()
    memories = scan(keep, write, memory)
    expected = memory.unsqueeze(1) + write.cumsum(1) if kept else write
    torch.testing.assert_close(memories, expected, rtol=0, atol=1e-12)
    (gradient,) = torch.autograd.grad(memories[:, -1].sum(), keep)
    before = torch.cat((memory.unsqueeze(1), memories[:, :-1]), dim=1)
    reaches = torch.ones_like(keep) if kept else torch.eye(23, dtype=keep.dtype)[-1][None, :, None]
    torch.testing.assert_close(gradient, before * reaches, rtol=0, atol=1e-12)


@every_way
@pytest.mark.parametrize("memory_length", [10, 1_000, 10_000])
def test_float32_stays_near_float64_over_10_000_steps(monkeypatch, way, memory_length):
    take(monkeypatch, way)
    _, candidates, memory = draw(10_000, batch=1, hidden=8, kind=torch.float32)
    keep = torch.full_like(candidates, 1 - 1 / memory_length)
    write = (1 - keep) * candidates
    found = scan(keep, write, memory)
    exact = scan(keep.double(), write.double(), memory.double())
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-5)


def test_inputs_that_are_slices_of_others_are_read_in_place():
    both = torch.rand(2, 10, 6, dtype=torch.float64)
    keep, write = both.split(3, dim=2)
    memory = torch.rand(2, 3, dtype=torch.float64)
    torch.testing.assert_close(
        scan(keep, write, memory), scan_stepwise(keep, write, memory), rtol=0, atol=1e-12
    )


def test_differentiating_twice_is_refused():
    tensors = [of.requires_grad_() for of in draw(5)]
    with pytest.raises(NotImplementedError, match="a scan can be differentiated once only; use fused=False"):
        torch.autograd.grad(scan(*tensors).sum(), tensors[0], create_graph=True)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS
from headgate.cells.initialisation import initial_weights
from headgate.runtime import recurrence
from headgate.runtime.recurrence import Layer, Packing, run_stack

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
LENGTHS = np.array([6, 4, 4, 1, 0])


def draw(cell, *, input_size=3, hidden=4, seed=0):
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(len(LENGTHS), 7, input_size)).astype(np.float32)
    return initial_weights(cell, input_size, hidden, generator), inputs


def read_alone(cell, weights, inputs):
    """The hidden states of one text without padding, step by step."""
    state = cell.initial_state(1, weights, inputs)
    states = []
    for row in inputs:
        state = cell.step(row[None], state, weights)
        states.append(state.hidden[0])
    return states


@every_cell
@pytest.mark.parametrize("chunk", [1, 3, 256])
def test_each_text_is_read_as_if_it_were_alone_and_padding_is_zero(cell, chunk, monkeypatch):
    monkeypatch.setattr(recurrence, "CHUNK_TOKENS", chunk)
    weights, inputs = draw(cell)
    outputs, last = run_stack(cell, (Layer(weights, None),), inputs, LENGTHS)
    for row, length in enumerate(LENGTHS):
        expected = read_alone(cell, weights, inputs[row, :length])
        if length:
            np.testing.assert_allclose(outputs[row, :length], expected, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(outputs[row, length:], 0)
        np.testing.assert_allclose(last[row], expected[-1] if length else np.zeros(4), rtol=0, atol=1e-6)


@every_cell
def test_padding_is_never_computed_with(cell):
    weights, inputs = draw(cell)
    dirty = inputs.copy()
    dirty[np.arange(7) >= LENGTHS[:, None]] = np.nan
    layer = Layer(weights, draw(cell, seed=1)[0])
    for found, expected in zip(
        run_stack(cell, (layer,), dirty, LENGTHS), run_stack(cell, (layer,), inputs, LENGTHS), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_a_stack_feeds_both_directions_of_a_layer_to_the_next():
    cell = CELLS["lstm"]
    generator = np.random.default_rng(0)
    layers = tuple(Layer(*(initial_weights(cell, size, 4, generator) for _ in range(2))) for size in (3, 8))
    assert layers[0].directions == (layers[0].forward, layers[0].backward)
    _, inputs = draw(cell)
    outputs, last = run_stack(cell, layers, inputs, LENGTHS)
    text = inputs[0, :6]
    for layer in layers:
        forward = read_alone(cell, layer.forward, text)
        backward = read_alone(cell, layer.backward, text[::-1])
        text = np.concatenate([forward, backward[::-1]], axis=1)
    np.testing.assert_allclose(outputs[0, :6], text, rtol=0, atol=1e-6)
    np.testing.assert_allclose(last[0], np.concatenate([forward[-1], backward[-1]]), rtol=0, atol=1e-6)


@settings(deadline=None)
@given(lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_a_packing_lays_out_every_token_once_step_after_step(lengths):
    lengths = np.array(sorted(lengths, reverse=True))
    packing = Packing(lengths)
    expected = [(step, row) for step in range(6) for row, length in enumerate(lengths) if step < length]
    assert list(zip(packing.steps, packing.rows, strict=True)) == expected
    assert packing.places(packing.rows, packing.steps).tolist() == list(range(len(expected)))


@settings(deadline=None)
@given(lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_mirroring_turns_each_text_round_within_its_own_length(lengths):
    lengths = np.array(sorted(lengths, reverse=True))
    packing = Packing(lengths)
    for place, (row, step) in enumerate(zip(packing.rows, packing.steps, strict=True)):
        mirror = packing.mirrored[place]
        assert (packing.rows[mirror], packing.steps[mirror]) == (row, lengths[row] - 1 - step)

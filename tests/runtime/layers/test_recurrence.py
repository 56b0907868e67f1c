import numpy as np
import pytest

from headgate.cells import CELLS
from headgate.cells.initialisation import initial_weights
from headgate.runtime.layers import Packing, run_packed
from headgate.runtime.layers import packing as packings
from headgate.runtime.layers.recurrence import Layer

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


def run_stack(cell, layers, inputs, lengths):
    """The outputs over a padded batch, and the final states."""
    packing = Packing(lengths)
    tokens = inputs[packing.rows, packing.steps]
    packed, ends = run_packed(cell, layers, tokens, np.arange(len(tokens)), packing)
    return packing.padded(packed, inputs.shape[1]), ends[-1].hidden


@every_cell
@pytest.mark.parametrize("chunk", [1, 3, 256])
def test_each_text_is_read_as_if_it_were_alone_and_padding_is_zero(cell, chunk, monkeypatch):
    monkeypatch.setattr(packings, "CHUNK_TOKENS", chunk)
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


@every_cell
@pytest.mark.parametrize("chunk", [1, 3, 256])
def test_tokens_looked_up_in_a_table_are_read_like_their_vectors(cell, chunk, monkeypatch):
    monkeypatch.setattr(packings, "CHUNK_TOKENS", chunk)
    generator = np.random.default_rng(0)
    weights, _ = draw(cell)
    layers = (
        Layer(weights, draw(cell, seed=1)[0]),
        Layer(draw(cell, input_size=8, seed=2)[0], draw(cell, input_size=8, seed=3)[0]),
    )
    table = generator.normal(size=(5, 3)).astype(np.float32)
    packing = Packing(LENGTHS)
    index = generator.integers(5, size=len(packing.rows))
    inputs = np.zeros((len(LENGTHS), 7, 3), np.float32)
    inputs[packing.rows, packing.steps] = table[index]
    outputs, last = run_stack(cell, layers, inputs, LENGTHS)
    packed, ends = run_packed(cell, layers, table, index, packing)
    np.testing.assert_allclose(packed, outputs[packing.rows, packing.steps], rtol=0, atol=1e-6)
    np.testing.assert_allclose(ends[-1].hidden, last, rtol=0, atol=1e-6)

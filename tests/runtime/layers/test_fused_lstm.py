from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import LSTM, Weights, lstm, project
from headgate.runtime.layers import Packing
from headgate.runtime.layers.fused_lstm import FusedLSTM, advance


def draw(generator, *, input_size, hidden, size=1.0) -> Weights:
    shapes = ((4 * hidden, input_size), (4 * hidden, hidden), (4 * hidden,), (4 * hidden,))
    return Weights(*(size * generator.normal(size=shape).astype(np.float32) for shape in shapes))


def read_exactly(inputs, state, weights, doubt) -> tuple[lstm.State, lstm.State]:
    """One step in float64: the state after it, and how far a right kernel in float32 may be from it.

    Before the step the kernel's hidden state is `state.hidden`, and its memory cell is off by `doubt`.
    """
    # A float32 sum of n products is off by at most n * eps / 2 times the sum of their sizes, in any order
    # (Higham 2002, section 3.1; eps leaves room for the higher powers). A gate rises with its sum, so it
    # stays between its values at both ends of that reach, but for 2 eps: four last places of NumPy's tanh.
    # The memory is off by what its factors are off by, since none is above 1 but the memory before. What
    # came in with that is passed on whole at most, and so on to the hidden state: tanh has slopes up to 1.
    eps = np.finfo(np.float32).eps
    sizes = Weights(*map(np.abs, vars(weights).values()))
    size = project(np.abs(inputs), sizes) + np.abs(state.hidden) @ sizes.weight_hh.T + sizes.bias_hh
    reach = (inputs.shape[1] + weights.hidden_size + 2) * eps * size
    projected = project(inputs, weights)
    exact, low, high = (lstm.gates_given(projected + shift, state, weights) for shift in (0.0, -reach, reach))
    off = {
        name: np.maximum(getattr(high, name) - value, value - getattr(low, name)) + 2 * eps
        for name, value in vars(exact).items()
    }
    before = np.abs(state.cell)
    cell = doubt + off["forget"] * before + off["input"] + off["candidate"] + eps * (1 + before)
    return lstm.advance(exact, state), lstm.State(hidden=cell + off["output"] + 3 * eps, cell=cell)


@settings(deadline=None, max_examples=40)
@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    directions=st.integers(1, 2),
    input_size=st.integers(1, 4),
    hidden=st.integers(1, 5),
    size=st.sampled_from([0.0, 1.0, 30.0]),
    seed=st.integers(0, 99),
)
def test_every_text_is_read_by_the_equations_in_each_direction(
    lengths, directions, input_size, hidden, size, seed
):
    generator = np.random.default_rng(seed)
    packing = Packing(np.array(sorted(lengths, reverse=True)))
    of_directions = [
        draw(generator, input_size=input_size, hidden=hidden, size=size) for _ in range(directions)
    ]
    table = generator.normal(size=(3, input_size)).astype(np.float32)
    index = generator.integers(3, size=(directions, len(packing.rows)))
    found, memory = FusedLSTM.of(of_directions).run(table, index, packing)
    assert found.shape == (directions, len(packing.rows), hidden) and found.dtype == np.float32
    for direction, of_direction in enumerate(of_directions):
        weights = Weights(*(array.astype(np.float64) for array in vars(of_direction).values()))
        for row in range(len(lengths)):
            state = LSTM.initial_state(1, weights)
            doubt = np.zeros_like(state.cell)
            for place in np.flatnonzero(packing.rows == row):
                inputs = table[index[direction, place]][None].astype(np.float64)
                state, off = read_exactly(inputs, state, weights, doubt)
                shown = found[direction, place][None].astype(np.float64)
                assert (np.abs(shown - state.hidden) <= off.hidden).all()
                # The next step is judged from what the kernel showed, so that no rounding is multiplied.
                state, doubt = replace(state, hidden=shown), off.cell
            assert (np.abs(memory[direction, row] - state.cell[0]) <= doubt[0]).all()


def test_one_step_is_that_of_the_equations_and_leaves_the_memory_behind():
    generator = np.random.default_rng(0)
    weights = draw(generator, input_size=3, hidden=4)
    fused = FusedLSTM.of([weights])
    inputs = generator.normal(size=(5, 3)).astype(np.float32)
    state = lstm.State(*generator.normal(size=(2, 5, 4)).astype(np.float32))
    expected = LSTM.step_projected(project(inputs, weights), state, weights)
    memory, shown = state.cell[None].copy(), np.empty((1, 5, 4), np.float32)
    found = advance(fused.project(inputs[None]) + state.hidden @ fused.from_hidden, memory, shown)
    assert found is shown
    np.testing.assert_allclose(shown[0], expected.hidden, rtol=0, atol=1e-6)
    np.testing.assert_allclose(memory[0], expected.cell, rtol=0, atol=1e-6)
    after = fused.step(inputs, state)
    np.testing.assert_array_equal(after.hidden, shown[0])
    np.testing.assert_array_equal(after.cell, memory[0])


@pytest.mark.parametrize("value", [-1e30, 1e30])
def test_gates_that_are_shut_or_wide_open_are_so_exactly(value):
    weights = Weights(*(np.zeros(shape, np.float32) for shape in ((8, 1), (8, 2), (8,), (8,))))
    weights.bias_ih[:] = value
    shown, _ = FusedLSTM.of([weights]).run(
        np.zeros((1, 1), np.float32), np.zeros((1, 2), np.int64), Packing(np.array([2]))
    )
    expected = [[0.0, 0.0]] * 2 if value < 0 else np.tanh([[1.0, 1.0], [2.0, 2.0]])
    np.testing.assert_allclose(shown[0], expected, rtol=0, atol=1e-6)

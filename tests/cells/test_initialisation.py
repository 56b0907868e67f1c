from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS, Weights
from headgate.cells.initialisation import initial_weights, orthogonal
from headgate.cells.parallel import scan_stepwise
from headgate.errors import ConfigError

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)

KEEPS = {
    "lstm": ("forget", 1),
    "gru": ("update", 1),  # here the update gate keeps the old state
    "original_gru": ("update", -1),  # and here it replaces it
    "mingru": ("update", -1),
    "minlstm": ("forget", 1),
    "qrnn": ("forget", 1),
}
"""The gate that decides how much of the old state stays, and the sign of a bias with which it keeps."""


def fresh(name, *, hidden=16, seed=0, memory_length=None) -> Any:
    generator = np.random.default_rng(seed)
    return initial_weights(CELLS[name], 8, hidden, generator, memory_length=memory_length)


def biases(name, weights) -> dict[str, np.ndarray]:
    """What each gate's affine map adds, by the gate's name."""
    total = weights.bias_ih + getattr(weights, "bias_hh", 0)
    return dict(zip(CELLS[name].gate_names, total.reshape(len(CELLS[name].gate_names), -1), strict=True))


@every_cell
def test_fresh_weights_are_those_that_the_cell_takes_and_fit_each_other(cell):
    weights = fresh(cell.name)
    assert type(weights) is cell.weights_type
    assert cell.hidden_size(weights) == 16
    assert weights.weight_ih.shape == (16 * len(cell.gate_names), 8 * cell.window)


@pytest.mark.parametrize(
    "cell", [cell for cell in CELLS.values() if cell.weights_type is Weights], ids=lambda cell: cell.name
)
def test_the_recurrent_matrix_of_every_gate_is_orthogonal(cell):
    weights = fresh(cell.name)
    for matrix in np.split(weights.weight_hh.astype(np.float64), len(cell.gate_names)):
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(16), rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(size=st.integers(1, 20), seed=st.integers(0, 99))
def test_orthogonal_matrices_keep_the_length_of_any_vector(size, seed):
    generator = np.random.default_rng(seed)
    matrix, vector = orthogonal(size, generator), generator.normal(size=size)
    assert np.linalg.norm(matrix @ vector) == pytest.approx(np.linalg.norm(vector))


def test_orthogonal_matrices_favour_no_sign():
    generator = np.random.default_rng(0)
    # QR alone gives a diagonal of one sign; uniform over all orthogonal matrices has a trace of mean 0.
    traces = [np.trace(orthogonal(3, generator)) for _ in range(2000)]
    assert abs(np.mean(traces)) < 0.1


@every_cell
def test_input_weights_lie_within_glorots_bound_and_fill_it(cell):
    weights = fresh(cell.name)
    bound = np.sqrt(6.0 / (8 * cell.window + 16))
    assert np.abs(weights.weight_ih).max() <= bound
    assert np.abs(weights.weight_ih).max() > 0.9 * bound


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rnn", {"candidate": 0}),
        ("lstm", {"input": 0, "forget": 1, "candidate": 0, "output": 0}),
        ("gru", {"reset": 0, "update": 1, "candidate": 0}),
        ("original_gru", {"reset": 0, "update": -1, "candidate": 0}),
        ("mingru", {"update": -1, "candidate": 0}),
        ("minlstm", {"input": -1, "forget": 1, "candidate": 0}),
        ("qrnn", {"candidate": 0, "forget": 1, "output": 0}),
    ],
)
def test_a_cell_remembers_by_default(name, expected):
    for gate, values in biases(name, fresh(name)).items():
        np.testing.assert_array_equal(values, np.full(16, expected[gate]), err_msg=gate)


def test_the_table_of_default_biases_has_every_cell():
    assert {"rnn", *KEEPS} == set(CELLS)


@pytest.mark.parametrize("name", KEEPS)
def test_with_nothing_to_read_a_gated_cell_keeps_most_of_its_state(name):
    cell, weights = CELLS[name], fresh(name)
    silent = replace(
        weights, **{part: 0 * array for part, array in vars(weights).items() if part.startswith("weight")}
    )
    ones = {part: array + 1 for part, array in vars(cell.initial_state(1, weights)).items()}
    after = cell.step(np.zeros((1, 8), np.float32), cell.state_type(**ones), silent)
    kept = getattr(after, "cell", after.hidden)
    np.testing.assert_allclose(kept, np.full((1, 16), 1 / (1 + np.exp(-1.0))), rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=30)
@given(length=st.integers(3, 10_000), seed=st.integers(0, 99), name=st.sampled_from(list(KEEPS)))
def test_chrono_biases_spread_forgetting_times_over_2_to_the_memory_length(length, seed, name):
    found = biases(name, fresh(name, hidden=64, seed=seed, memory_length=length))
    keep, sign = KEEPS[name]
    kept = 1.0 / (1.0 + np.exp(-sign * found[keep].astype(np.float64)))
    times = 1.0 / (1.0 - kept)  # the mean of a geometric law: steps until a unit forgets
    assert times.min() >= 2.0 - 1e-6
    assert times.max() <= length * (1 + 1e-4)
    if length >= 100:
        assert times.min() < length / 4 < 3 * length / 4 < times.max()


@pytest.mark.parametrize("name", ["mingru", "minlstm", "qrnn"])
def test_a_memory_of_10_000_steps_is_kept_in_float32(name):
    cell, length = CELLS[name], 10_000
    weights = fresh(name, hidden=64, memory_length=length)
    silent = replace(weights, weight_ih=0 * weights.weight_ih)
    state = cell.initial_state(1, silent)
    state = replace(state, **{cell.memory_name: getattr(state, cell.memory_name) + 1})
    _, state = cell.read(np.zeros((1, length, 8), np.float32), state, silent, scan_stepwise)
    keep, sign = KEEPS[name]
    logits = -sign * biases(name, silent)[keep].astype(np.float64)
    expected = np.exp(-length * np.logaddexp(0, logits))  # sigmoid(b)^length
    assert expected.max() > 0.3  # some unit remembers, for as long as was asked
    np.testing.assert_allclose(getattr(state, cell.memory_name)[0], expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", ["lstm", "minlstm"])
def test_chrono_initialisation_opens_the_input_gate_as_little_as_it_closes_the_forget_gate(name):
    found = biases(name, fresh(name, memory_length=50))
    np.testing.assert_array_equal(found["input"], -found["forget"])
    for gate in found.keys() - {"input", "forget"}:
        np.testing.assert_array_equal(found[gate], 0)


def test_chrono_initialisation_has_nothing_to_set_in_a_simple_network():
    np.testing.assert_array_equal(biases("rnn", fresh("rnn", memory_length=50))["candidate"], 0)


@every_cell
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(cell):
    first, again, other = (fresh(cell.name, seed=seed, memory_length=9) for seed in (1, 1, 2))
    for name, array in vars(first).items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, getattr(again, name))
    assert not np.array_equal(first.weight_ih, other.weight_ih)


@pytest.mark.parametrize("length", [2, 1, 0, -5])
def test_a_memory_too_short_to_spread_over_is_refused(length):
    with pytest.raises(ConfigError) as caught:
        fresh("lstm", memory_length=length)
    assert str(caught.value) == f"memory_length must be at least 3 steps; got {length}"

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS, Weights
from headgate.cells.initialisation import initial_weights, orthogonal
from headgate.errors import ConfigError

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)


def fresh(name, *, hidden=16, seed=0, memory_length=None) -> Weights:
    generator = np.random.default_rng(seed)
    return initial_weights(CELLS[name], 8, hidden, generator, memory_length=memory_length)


def biases(name, weights) -> dict[str, np.ndarray]:
    """What each gate's affine map adds, by the gate's name."""
    total = (weights.bias_ih + weights.bias_hh).reshape(len(CELLS[name].gate_names), -1)
    return dict(zip(CELLS[name].gate_names, total, strict=True))


@every_cell
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
    bound = np.sqrt(6.0 / (8 + 16))
    assert np.abs(weights.weight_ih).max() <= bound
    assert np.abs(weights.weight_ih).max() > 0.9 * bound


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rnn", {"candidate": 0}),
        ("lstm", {"input": 0, "forget": 1, "candidate": 0, "output": 0}),
        ("gru", {"reset": 0, "update": 1, "candidate": 0}),  # here the update gate keeps the old state
        ("original_gru", {"reset": 0, "update": -1, "candidate": 0}),  # and here it replaces it
    ],
)
def test_a_cell_remembers_by_default(name, expected):
    for gate, values in biases(name, fresh(name)).items():
        np.testing.assert_array_equal(values, np.full(16, expected[gate]), err_msg=gate)


@pytest.mark.parametrize("name", ["lstm", "gru", "original_gru"])
def test_with_nothing_to_read_a_gated_cell_keeps_most_of_its_state(name):
    cell = CELLS[name]
    bias_only = fresh(cell.name)
    silent = Weights(
        np.zeros_like(bias_only.weight_ih),
        np.zeros_like(bias_only.weight_hh),
        bias_only.bias_ih,
        bias_only.bias_hh,
    )
    ones = np.ones((1, 16), np.float32)
    state = cell.state_type(*(ones for _ in vars(cell.initial_state(1, 16, ones))))
    after = cell.step(np.zeros((1, 8), np.float32), state, silent)
    kept = after.cell if cell.name == "lstm" else after.hidden
    np.testing.assert_allclose(kept, 1 / (1 + np.exp(-1.0)), rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=30)
@given(
    length=st.integers(3, 10_000),
    seed=st.integers(0, 99),
    name=st.sampled_from(["lstm", "gru", "original_gru"]),
)
def test_chrono_biases_spread_forgetting_times_over_2_to_the_memory_length(length, seed, name):
    found = biases(name, fresh(name, hidden=64, seed=seed, memory_length=length))
    keep = {"lstm": "forget", "gru": "update", "original_gru": "update"}[name]
    sign = -1.0 if name == "original_gru" else 1.0
    kept = 1.0 / (1.0 + np.exp(-sign * found[keep].astype(np.float64)))
    times = 1.0 / (1.0 - kept)  # the mean of a geometric law: steps until a unit forgets
    assert times.min() >= 2.0 - 1e-6
    assert times.max() <= length * (1 + 1e-4)
    if length >= 100:
        assert times.min() < length / 4 < 3 * length / 4 < times.max()


def test_chrono_initialisation_opens_the_input_gate_as_little_as_it_closes_the_forget_gate():
    found = biases("lstm", fresh("lstm", memory_length=50))
    np.testing.assert_array_equal(found["input"], -found["forget"])
    np.testing.assert_array_equal(found["candidate"], 0)
    np.testing.assert_array_equal(found["output"], 0)


def test_chrono_initialisation_has_nothing_to_set_in_a_simple_network():
    np.testing.assert_array_equal(biases("rnn", fresh("rnn", memory_length=50))["candidate"], 0)


@every_cell
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(cell):
    first, again, other = (fresh(cell.name, seed=seed, memory_length=9) for seed in (1, 1, 2))
    for name, array in vars(first).items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, getattr(again, name))
    assert not np.array_equal(first.weight_hh, other.weight_hh)


@pytest.mark.parametrize("length", [2, 1, 0, -5])
def test_a_memory_too_short_to_spread_over_is_refused(length):
    with pytest.raises(ConfigError) as caught:
        fresh("lstm", memory_length=length)
    assert str(caught.value) == f"memory_length must be at least 3 steps; got {length}"

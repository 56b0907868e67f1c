"""One table: every cell keeps the same contract, whatever its equations are."""

import importlib
import itertools
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS, ParallelCell, Weights, cell_named, map_state, project
from headgate.cells.parallel import scan_stepwise
from headgate.errors import ConfigError
from tests.oracles.cells import lstm_step, mingru_step, minlstm_step, original_gru_step, qrnn_sequence

INPUT, HIDDEN, BATCH, TIME = 3, 5, 4, 7

LINEAR_CANDIDATES = ("mingru", "minlstm")
"""Cells whose candidate may be any number."""

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
torch_cells = [cell for cell in CELLS.values() if cell.torch_name is not None]
every_torch_cell = pytest.mark.parametrize("cell", torch_cells, ids=[cell.name for cell in torch_cells])

parallel_cells = [cell for cell in CELLS.values() if isinstance(cell, ParallelCell)]
every_parallel_cell = pytest.mark.parametrize(
    "cell", parallel_cells, ids=[cell.name for cell in parallel_cells]
)


def draw(cell, *, seed=0, batch=BATCH, input_size=INPUT, hidden=HIDDEN):
    """Weights, an input and a state with nothing special about them, in float64."""
    generator = np.random.default_rng(seed)
    stacked = len(cell.gate_names) * hidden
    shapes = {
        "weight_ih": (stacked, cell.window * input_size),
        "weight_hh": (stacked, hidden),
        "bias_ih": (stacked,),
        "bias_hh": (stacked,),
    }
    names = [field.name for field in fields(cell.weights_type)]
    weights = cell.weights_type(*(generator.normal(size=shapes[name]) for name in names))
    empty = cell.initial_state(batch, weights)
    state = map_state(lambda array: generator.normal(size=array.shape), empty)
    return weights, generator.normal(size=(batch, input_size)), state


def projected_window(cell, inputs, state, weights):
    """One step's inputs as the gates read them, projected."""
    window = inputs if cell.window == 1 else np.concatenate((state.previous, inputs), axis=-1)
    return project(window, weights)


def as_torch(record):
    return type(record)(*(torch.from_numpy(array) for array in vars(record).values()))


def assert_same(found, expected, tolerance):
    """Two records of one type, field by field."""
    assert vars(found).keys() == vars(expected).keys()
    for name, array in vars(expected).items():
        np.testing.assert_allclose(getattr(found, name), array, rtol=0, atol=tolerance, err_msg=name)


def run_over(cell, weights, inputs):
    """Every hidden state of a whole sequence (batch time input), and the last state."""
    state = cell.initial_state(inputs.shape[0], weights, inputs)
    hidden = []
    for step in range(inputs.shape[1]):
        state = cell.step(inputs[:, step], state, weights)
        hidden.append(state.hidden)
    return hidden, state


@every_cell
def test_numpy_and_torch_give_the_same_step(cell):
    weights, inputs, state = draw(cell)
    expected = cell.step(inputs, state, weights)
    found = cell.step(torch.from_numpy(inputs), as_torch(state), as_torch(weights))
    assert_same(map_state(lambda tensor: tensor.numpy(), found), expected, 1e-12)


@every_cell
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_step_keeps_the_type_of_its_input(cell, kind):
    weights, inputs, state = draw(cell)
    weights = type(weights)(*(array.astype(kind) for array in vars(weights).values()))
    after = cell.step(inputs.astype(kind), map_state(lambda array: array.astype(kind), state), weights)
    assert {array.dtype for array in vars(after).values()} == {np.dtype(kind)}


@every_torch_cell
def test_a_step_equals_torchs_own_cell(cell):
    weights, inputs, state = draw(cell)
    twin = getattr(torch.nn, f"{cell.torch_name}Cell")(INPUT, HIDDEN, dtype=torch.float64)
    twin.load_state_dict(vars(as_torch(weights)))
    old = tuple(vars(as_torch(state)).values())
    with torch.no_grad():
        new = twin(torch.from_numpy(inputs), old if len(old) > 1 else old[0])
    expected = cell.state_type(*(part.numpy() for part in (new if len(old) > 1 else (new,))))
    assert_same(cell.step(inputs, state, weights), expected, 1e-10)


@every_torch_cell
def test_a_sequence_equals_torchs_own_layer(cell):
    weights, _, _ = draw(cell)
    inputs = np.random.default_rng(1).normal(size=(BATCH, TIME, INPUT))
    twin = getattr(torch.nn, cell.torch_name)(INPUT, HIDDEN, batch_first=True, dtype=torch.float64)
    twin.load_state_dict({f"{name}_l0": tensor for name, tensor in vars(as_torch(weights)).items()})
    with torch.no_grad():
        outputs, last = twin(torch.from_numpy(inputs))
    hidden, state = run_over(cell, weights, inputs)
    np.testing.assert_allclose(np.stack(hidden, axis=1), outputs, rtol=0, atol=1e-10)
    expected = cell.state_type(*(part[0].numpy() for part in (last if isinstance(last, tuple) else (last,))))
    assert_same(state, expected, 1e-10)


def test_the_lstm_equals_the_oracle_over_a_sequence():
    weights, _, _ = draw(CELLS["lstm"])
    inputs = np.random.default_rng(2).normal(size=(1, TIME, INPUT))
    named = by_gate(weights, "ifgo")
    h, c = [0.0] * HIDDEN, [0.0] * HIDDEN
    hidden, state = run_over(CELLS["lstm"], weights, inputs)
    for step in range(TIME):
        h, c = lstm_step(inputs[0, step].tolist(), h, c, named)
        np.testing.assert_allclose(hidden[step][0], h, rtol=0, atol=1e-12)
    np.testing.assert_allclose(state.cell[0], c, rtol=0, atol=1e-12)


def test_the_original_gru_equals_the_oracle_over_a_sequence():
    weights, _, _ = draw(CELLS["original_gru"])
    inputs = np.random.default_rng(2).normal(size=(1, TIME, INPUT))
    named = by_gate(weights, "rzn")
    named |= {"W": named["W_n"], "U": named["U_n"], "b": named["b_n"]}
    h = [0.0] * HIDDEN
    hidden, _ = run_over(CELLS["original_gru"], weights, inputs)
    for step in range(TIME):
        h = original_gru_step(inputs[0, step].tolist(), h, named)
        np.testing.assert_allclose(hidden[step][0], h, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "letters", "oracle"), [("mingru", "zh", mingru_step), ("minlstm", "ifh", minlstm_step)]
)
def test_the_minimal_cells_equal_the_oracles_over_a_sequence(name, letters, oracle):
    weights, _, _ = draw(CELLS[name])
    inputs = np.random.default_rng(2).normal(size=(1, TIME, INPUT))
    h, named = [0.0] * HIDDEN, by_gate(weights, letters)
    hidden, _ = run_over(CELLS[name], weights, inputs)
    for step in range(TIME):
        h = oracle(inputs[0, step].tolist(), h, named)
        np.testing.assert_allclose(hidden[step][0], h, rtol=0, atol=1e-12)


def test_the_qrnn_equals_the_oracle_over_a_sequence():
    weights, _, _ = draw(CELLS["qrnn"])
    inputs = np.random.default_rng(2).normal(size=(1, TIME, INPUT))
    named = by_gate(weights, "zfo")
    for letter in "zfo":  # the file has both inputs' weights side by side, the earlier one's first
        rows = np.array(named[f"W_{letter}"])
        named[f"W1_{letter}"], named[f"W2_{letter}"] = rows[:, :INPUT].tolist(), rows[:, INPUT:].tolist()
    expected, c = qrnn_sequence(inputs[0].tolist(), named)
    hidden, state = run_over(CELLS["qrnn"], weights, inputs)
    np.testing.assert_allclose(np.concatenate(hidden), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(state.cell[0], c, rtol=0, atol=1e-12)


def by_gate(weights, letters):
    """Stacked weights → the papers' matrices as lists of rows, under the papers' letters."""
    named = {}
    for place, letter in enumerate(letters):
        rows = slice(place * HIDDEN, (place + 1) * HIDDEN)
        named[f"W_{letter}"] = weights.weight_ih[rows].tolist()
        named[f"b_{letter}"] = (weights.bias_ih + getattr(weights, "bias_hh", 0))[rows].tolist()
        if isinstance(weights, Weights):
            named[f"U_{letter}"] = weights.weight_hh[rows].tolist()
    return named


@every_parallel_cell
@settings(deadline=None, max_examples=10)
@given(cuts=st.lists(st.integers(0, TIME), max_size=3), seed=st.integers(0, 99), as_tensors=st.booleans())
def test_reading_a_sequence_at_once_equals_its_steps_wherever_it_is_cut(cell, cuts, seed, as_tensors):
    weights, _, start = draw(cell, seed=seed)
    inputs = np.random.default_rng(seed).normal(size=(BATCH, TIME, INPUT))
    expected, stepped = [], start
    for step in range(TIME):
        stepped = cell.step(inputs[:, step], stepped, weights)
        expected.append(stepped.hidden)
    if as_tensors:
        weights, inputs, start = as_torch(weights), torch.from_numpy(inputs), as_torch(start)
    hidden, state = [], start
    bounds = sorted({0, *cuts, TIME})
    for begin, end in itertools.pairwise(bounds):
        part, state = cell.read(inputs[:, begin:end], state, weights, scan_stepwise)
        hidden.append(np.asarray(part))
    np.testing.assert_allclose(np.concatenate(hidden, axis=1), np.stack(expected, axis=1), rtol=0, atol=1e-12)
    assert_same(map_state(np.asarray, state), stepped, 1e-12)


@every_parallel_cell
def test_a_scans_factors_lie_within_0_and_1_and_what_is_not_kept_is_written(cell):
    weights, inputs, state = draw(cell)
    gates = cell.gates_given(projected_window(cell, 3 * inputs, state, weights), state, weights)
    keep, write = cell.coefficients(gates)
    assert np.all((keep > 0) & (keep < 1))  # so no step turns the state round, and none makes it grow
    np.testing.assert_allclose(write, (1 - keep) * gates.candidate, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [20.0, 200.0, 1e4, 1e30])
def test_the_minlstm_divides_gates_of_any_size(kind, scale):
    cell = CELLS["minlstm"]
    forget = np.array([-1, -1, 1, 1, 0], kind) * kind(scale)
    input = np.array([-1, 1, -1, 1, -1], kind) * kind(scale)
    projected = np.concatenate((input, forget, forget))[None]
    for array in (projected, torch.from_numpy(projected)):
        weights, _, state = draw(cell)  # at which its gates do not look
        gates = cell.gates_given(array, state, weights)
        np.testing.assert_allclose(gates.forget[0], [0.5, 0, 1, 0.5, 1], rtol=0, atol=1e-7)
        np.testing.assert_allclose(gates.input[0], [0.5, 1, 0, 0.5, 0], rtol=0, atol=1e-7)


def test_the_two_grus_agree_when_every_reset_gate_is_open_and_the_update_gate_turned_round():
    original, gru = CELLS["original_gru"], CELLS["gru"]
    weights, inputs, state = draw(original)
    sign = np.repeat([1.0, -1.0, 1.0], HIDDEN)  # sigmoid(-x) = 1 - sigmoid(x): z the other way round
    turned = Weights(
        weights.weight_ih * sign[:, None],
        weights.weight_hh * sign[:, None],
        weights.bias_ih * sign,
        weights.bias_hh * sign,
    )
    for form in (weights, turned):
        form.bias_ih[:HIDDEN] = 1000.0  # r = 1: it no longer matters on which side of the product it acts
    found = gru.step(inputs, gru.state_type(state.hidden), turned)
    assert_same(found, original.step(inputs, state, weights), 1e-12)


@every_cell
def test_gradients_of_a_step_are_those_of_finite_differences(cell):
    weights, inputs, state = draw(cell, batch=2, input_size=2, hidden=3)
    arguments = [inputs, *vars(state).values(), *vars(weights).values()]
    tensors = [torch.from_numpy(array).requires_grad_() for array in arguments]
    parts = len(fields(cell.state_type))

    def step(inputs, *rest):
        after = cell.step(inputs, cell.state_type(*rest[:parts]), cell.weights_type(*rest[parts:]))
        return tuple(vars(after).values())

    assert torch.autograd.gradcheck(step, tensors)


@every_cell
@settings(deadline=None, max_examples=30)
@given(scale=st.sampled_from([1e-3, 1.0, 30.0, 1e4]), seed=st.integers(0, 99))
def test_gates_stay_in_their_ranges_and_nothing_overflows(cell, scale, seed):
    weights, inputs, state = draw(cell, seed=seed)
    with np.errstate(over="raise", invalid="raise"):
        gates = cell.gates_given(projected_window(cell, inputs * scale, state, weights), state, weights)
    assert tuple(vars(gates)) == cell.gate_names
    for name, values in vars(gates).items():
        lowest = -1.0 if name == "candidate" else 0.0
        if name == "candidate" and cell.name in LINEAR_CANDIDATES:
            assert np.all(np.isfinite(values))
        else:
            assert np.all((values >= lowest) & (values <= 1.0)), name


@every_cell
def test_a_step_is_its_two_halves_one_after_the_other(cell):
    module = importlib.import_module(f"headgate.cells.{cell.name}")
    assert cell.gate_names == module.GATES
    weights, inputs, state = draw(cell)
    gates = module.gates(inputs, state, weights)
    projected = projected_window(cell, inputs, state, weights)
    assert_same(gates, module.gates_given(projected, state, weights), 0)
    advanced, stepped = module.advance(gates, state), cell.step(inputs, state, weights)
    if cell.window > 1:  # what comes next reads this step's input, which the halves have not seen
        np.testing.assert_array_equal(stepped.previous, inputs)
        stepped = replace(stepped, previous=state.previous)
    assert_same(advanced, stepped, 0)


@every_cell
@settings(deadline=None, max_examples=20)
@given(
    batch=st.integers(0, 4), input_size=st.integers(1, 4), hidden=st.integers(1, 6), steps=st.integers(1, 3)
)
def test_a_state_keeps_its_shape_from_step_to_step(cell, batch, input_size, hidden, steps):
    weights, inputs, _ = draw(cell, batch=batch, input_size=input_size, hidden=hidden)
    state = cell.initial_state(batch, weights)
    for _ in range(steps):
        state = cell.step(inputs, state, weights)
        assert isinstance(state, cell.state_type)
        assert next(iter(vars(state))) == "hidden"
        for name, array in vars(state).items():
            assert array.shape == (batch, input_size if name == "previous" else hidden), name


@every_cell
def test_nothing_is_known_before_the_first_token(cell):
    weights, _, _ = draw(cell)
    for array in vars(cell.initial_state(2, weights, np.ones(1, np.float32))).values():
        assert array.dtype == np.float32
        assert len(array) == 2
        np.testing.assert_array_equal(array, np.zeros_like(array))
    for tensor in vars(cell.initial_state(2, as_torch(weights))).values():
        assert tensor.dtype == torch.float64
        np.testing.assert_array_equal(tensor, np.zeros_like(tensor))


@every_cell
def test_a_row_is_computed_the_same_whatever_its_batch_mates_are(cell):
    weights, inputs, state = draw(cell)
    whole = cell.step(inputs, state, weights)
    for row in range(BATCH):
        one = slice(row, row + 1)
        alone = cell.step(inputs[one], map_state(lambda array, one=one: array[one], state), weights)
        assert_same(alone, map_state(lambda array, one=one: array[one], whole), 1e-12)


@every_cell
def test_a_sequence_is_projected_at_once_or_step_by_step(cell):
    weights, _, _ = draw(cell)
    inputs = np.random.default_rng(1).normal(size=(BATCH, TIME, INPUT))
    if cell.window > 1:
        inputs = np.concatenate((inputs, inputs), axis=2)
    steps = [project(inputs[:, step], weights) for step in range(TIME)]
    np.testing.assert_allclose(project(inputs, weights), np.stack(steps, axis=1), rtol=0, atol=1e-12)


def test_a_cell_is_found_by_its_name_and_a_wrong_name_lists_them_all():
    for name, cell in CELLS.items():
        assert cell_named(name) is cell
        assert cell.name == name
    with pytest.raises(ConfigError) as caught:
        cell_named("ltsm")
    assert str(caught.value) == f"cell must be one of {', '.join(CELLS)}; got 'ltsm'"

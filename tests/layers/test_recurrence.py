import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.cells import CELLS, ParallelCell, Weights
from headgate.errors import ConfigError
from headgate.layers import RecurrentStack
from headgate.layers.recurrence import final_output, reverse, run_to_ends

every_cell = pytest.mark.parametrize("cell", CELLS)
INPUT_CELLS = [name for name, cell in CELLS.items() if cell.weights_type is not Weights]
"""Cells without weights between hidden states."""


def forward_stack(cell, **options) -> RecurrentStack:
    """Two layers that read forward, in float64 and evaluation mode."""
    torch.manual_seed(0)
    return RecurrentStack(cell, 3, 4, layers=2, bidirectional=False, **options).double().eval()


def assert_close(found, expected, tolerance=1e-12):
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


@settings(deadline=None, max_examples=30)
@given(lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_reversing_turns_each_text_round_within_its_own_length(lengths):
    sequences = torch.arange(len(lengths) * 6.0).reshape(-1, 6, 1)
    turned = reverse(sequences, torch.tensor(lengths))
    for row, length in enumerate(lengths):
        before, after = sequences[row, :, 0].tolist(), turned[row, :, 0].tolist()
        assert after == before[:length][::-1] + before[length:]
    assert torch.equal(reverse(turned, torch.tensor(lengths)), sequences)


def test_the_gradient_of_reversing_is_that_of_finite_differences():
    sequences = torch.randn(3, 4, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: reverse(given, torch.tensor([3, 0, 4])), sequences)


def test_the_final_output_is_that_of_the_last_real_token():
    outputs = torch.arange(1.0, 13.0).reshape(3, 4, 1)
    assert final_output(outputs, torch.tensor([2, 4, 0])).flatten().tolist() == [2.0, 8.0, 0.0]


def test_torchs_seed_decides_the_weights():
    stacks = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        stacks.append(RecurrentStack("lstm", 3, 4, layers=2))
    first, again, other = (stack.state_dict() for stack in stacks)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["weight_hh_l0"], other["weight_hh_l0"])


def test_the_directions_and_layers_start_from_weights_of_their_own():
    stack = RecurrentStack("gru", 8, 4, layers=2)  # 2 directions of 4: both layers have one shape
    matrices = [value for name, value in stack.state_dict().items() if name.startswith("weight_ih")]
    assert len(matrices) == 4
    assert not any(torch.equal(a, b) for place, a in enumerate(matrices) for b in matrices[:place])


def test_an_expected_memory_length_reaches_every_layer():
    stack = RecurrentStack("lstm", 3, 16, layers=2, memory_length=1000)
    for name, bias in stack.state_dict().items():
        if name.startswith("bias_ih"):
            assert bias[16:32].max() > 3.0  # the forget gates


def test_dropout_between_layers_acts_in_training_alone_and_not_below_the_first():
    torch.manual_seed(0)
    inputs, token_mask = torch.randn(2, 5, 3), torch.ones(2, 5, dtype=torch.bool)
    for layers, changes in ((1, False), (2, True)):
        stack = RecurrentStack("lstm", 3, 8, layers=layers, dropout=0.5)
        plain = stack.eval()(inputs, token_mask)[0]
        assert torch.equal(stack.train()(inputs, token_mask)[0], plain) != changes


@every_cell
@pytest.mark.parametrize("fused", [True, False])
@settings(deadline=None, max_examples=8)
@given(cuts=st.lists(st.integers(0, 9), max_size=4), seed=st.integers(0, 99))
def test_reading_on_equals_reading_at_once_wherever_the_text_is_cut(cell, fused, cuts, seed):
    stack = forward_stack(cell, fused=fused)
    inputs = torch.randn(2, 9, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    whole, last = stack.read_on(inputs)
    assert_close(whole, stack(inputs, torch.ones(2, 9, dtype=torch.bool))[0])
    bounds = sorted({0, *cuts, 9})
    parts, states = [], None
    for begin, end in itertools.pairwise(bounds):
        part, states = stack.read_on(inputs[:, begin:end], states)
        parts.append(part)
    assert_close(torch.cat(parts, dim=1), whole)
    for state, expected in zip(states, last, strict=True):
        assert vars(state).keys() == vars(expected).keys()
        for name, tensor in vars(expected).items():
            assert_close(getattr(state, name), tensor)


@every_cell
def test_nothing_more_to_read_leaves_the_states_as_they_are(cell):
    stack = forward_stack(cell)
    _, states = stack.read_on(torch.randn(2, 5, 3, dtype=torch.float64))
    outputs, after = stack.read_on(torch.zeros(2, 0, 3, dtype=torch.float64), states)
    assert outputs.shape == (2, 0, 4)
    for state, expected in zip(after, states, strict=True):
        for name, tensor in vars(expected).items():
            assert torch.equal(getattr(state, name), tensor)


# ---------------------------------------------------------------- to the end of each text

ENDS = [5, 0, 1, 3]
"""Lengths of texts in one batch, one of them empty."""


def texts_of_any_length() -> tuple[torch.Tensor, torch.Tensor]:
    inputs = torch.randn(len(ENDS), 6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return inputs, torch.arange(6) < torch.tensor(ENDS)[:, None]


@every_cell
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_a_batch_is_read_to_the_ends_as_each_of_its_texts_alone(cell, fused, bidirectional):
    torch.manual_seed(0)
    stack = RecurrentStack(cell, 3, 4, layers=2, bidirectional=bidirectional, fused=fused).double()
    inputs, token_mask = texts_of_any_length()
    outputs, ends = stack.read_to_ends(inputs, token_mask)
    expected, final = stack(inputs, token_mask)
    assert_close(outputs[token_mask], expected[token_mask])
    assert_close(ends[-1].hidden, final)
    for row, length in enumerate(ENDS):
        if not length:
            for end in ends:
                assert all(torch.all(part[row] == 0) for part in vars(end).values())
            continue
        text = inputs[row : row + 1, :length]
        alone, of_text = stack.read_to_ends(text, torch.ones(1, length, dtype=torch.bool))
        assert_close(outputs[row, :length], alone[0])
        for one, other in zip(ends, of_text, strict=True):
            assert vars(one).keys() == vars(other).keys()
            for name, part in vars(other).items():
                assert_close(getattr(one, name)[row], part[0])


@every_cell
def test_the_ends_of_texts_are_the_states_of_reading_on(cell):
    stack = forward_stack(cell)
    inputs, token_mask = texts_of_any_length()
    _, ends = stack.read_to_ends(inputs, token_mask)
    for row, length in enumerate(ENDS):
        _, states = stack.read_on(inputs[row : row + 1, :length])
        for end, state in zip(ends, states, strict=True):
            for name, part in vars(state).items():
                assert_close(getattr(end, name)[row], part[0])


@every_cell
@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_ends_have_the_gradients_of_the_loop_and_padding_has_none(cell, bidirectional):
    given, token_mask = texts_of_any_length()
    found = []
    for fused in (True, False):
        torch.manual_seed(0)
        stack = RecurrentStack(cell, 3, 4, layers=2, bidirectional=bidirectional, fused=fused).double()
        inputs = given.clone().requires_grad_()
        outputs, ends = stack.read_to_ends(inputs, token_mask)
        parts = [outputs[token_mask], *(part for end in ends for part in vars(end).values())]
        sum((part * part).sum() for part in parts).backward()
        assert torch.all(inputs.grad[~token_mask] == 0)
        assert torch.all(inputs.grad[token_mask] != 0)
        found.append([inputs.grad, *(parameter.grad for parameter in stack.parameters())])
    for one, other in zip(*found, strict=True):
        assert_close(one, other, 1e-11)


def test_a_memory_cell_is_held_through_padding_to_the_last_bit():
    torch.manual_seed(0)
    stack = RecurrentStack("lstm", 3, 4, bidirectional=False)
    inputs = torch.randn(2, 1, 3).repeat(1, 200, 1) * 1e3
    token_mask = torch.arange(200) < torch.tensor([[1], [200]])
    _, end = run_to_ends(stack.cell, stack.weights(0), inputs, token_mask)
    _, first = stack.read_on(inputs[:, :1])
    assert torch.equal(end.cell[0], first[0].cell[0])
    assert not torch.equal(end.cell[1], first[0].cell[1])


# ---------------------------------------------------------------- scans, dropout, arguments


@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if isinstance(cell, ParallelCell)])
def test_a_scan_gives_the_outputs_and_the_gradients_of_the_loop(cell):
    inputs = torch.randn(3, 11, 3, dtype=torch.float64)
    token_mask = torch.arange(11) < torch.tensor([[11], [0], [4]])
    weights, found = torch.randn(3, 11, 8, dtype=torch.float64), []
    for fused in (True, False):
        torch.manual_seed(0)
        stack = RecurrentStack(cell, 3, 4, layers=2, fused=fused).double()
        read = inputs.clone().requires_grad_()
        outputs, last = stack(read, token_mask)
        outputs = outputs * token_mask.unsqueeze(2)
        ((outputs * weights).sum() + last.sum()).backward()
        found.append([outputs, last, read.grad, *(parameter.grad for parameter in stack.parameters())])
    for one, other in zip(*found, strict=True):
        assert_close(one, other, 1e-11)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "original_gru"])
def test_weight_dropout_drops_weights_between_hidden_states_in_training_alone(cell):
    stack, plain = forward_stack(cell, weight_dropout=0.5), forward_stack(cell)
    inputs = torch.randn(2, 6, 3, dtype=torch.float64)
    expected = plain.read_on(inputs)[0]
    assert_close(stack.read_on(inputs)[0], expected)
    outputs = stack.train().read_on(inputs)[0]
    assert not torch.allclose(outputs, expected)
    kept, dropped = stack.get_parameter("weight_hh_l0"), stack.weights(0)
    assert torch.all((dropped.weight_hh == 0) | (dropped.weight_hh == 2 * kept))
    assert 0.2 < (dropped.weight_hh == 0).double().mean() < 0.8
    assert dropped.weight_ih is stack.get_parameter("weight_ih_l0")


@pytest.mark.parametrize("cell", ["lstm", "original_gru"])
def test_the_same_weights_are_dropped_at_every_step_and_learn_nothing(cell, monkeypatch):
    stack = forward_stack(cell, weight_dropout=0.5).train()
    drawn, draw = [], stack.weights
    monkeypatch.setattr(stack, "weights", lambda *place: drawn.append(draw(*place)) or drawn[-1])
    inputs = torch.randn(2, 6, 3, dtype=torch.float64)
    outputs, _ = stack.read_on(inputs)
    assert len(drawn) == stack.layers
    read = inputs
    for weights in drawn:  # the cell itself, step by step, with what was drawn once
        state, steps = stack.cell.initial_state(2, weights), []
        for step in read.unbind(1):
            state = stack.cell.step(step, state, weights)
            steps.append(state.hidden)
        read = torch.stack(steps, dim=1)
    assert_close(outputs, read)
    outputs.sum().backward()
    for layer, weights in enumerate(drawn):
        gradient = stack.get_parameter(f"weight_hh_l{layer}").grad
        assert torch.all(gradient[weights.weight_hh == 0] == 0)
        assert torch.any(gradient != 0)


@pytest.mark.parametrize("cell", INPUT_CELLS)
def test_weight_dropout_is_refused_where_there_are_no_such_weights(cell):
    with pytest.raises(ConfigError) as caught:
        RecurrentStack(cell, 3, 4, weight_dropout=0.2)
    assert str(caught.value) == (
        f"weight_dropout must be 0 for the cell {cell}, which has no weights between hidden states; got 0.2"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_size": 0}, "input_size must be at least 1; got 0"),
        ({"hidden_size": 0}, "hidden_size must be at least 1; got 0"),
        ({"layers": 0}, "layers must be at least 1; got 0"),
        (
            {"cell": "ltsm"},
            "cell must be one of rnn, lstm, gru, original_gru, mingru, minlstm, qrnn; got 'ltsm'",
        ),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1; got 1.0"),
        ({"memory_length": 2}, "memory_length must be at least 3 steps; got 2"),
    ],
)
def test_a_wrong_argument_is_named(options, message):
    with pytest.raises(ConfigError) as caught:
        RecurrentStack(**({"cell": "lstm", "input_size": 3, "hidden_size": 4} | options))
    assert str(caught.value) == message

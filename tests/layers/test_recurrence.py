import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.layers import RecurrentStack
from headgate.layers.recurrence import final_output, reverse


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_size": 0}, "input_size must be at least 1; got 0"),
        ({"hidden_size": 0}, "hidden_size must be at least 1; got 0"),
        ({"layers": 0}, "layers must be at least 1; got 0"),
        ({"cell": "ltsm"}, "cell must be one of rnn, lstm, gru, original_gru, mingru, minlstm, qrnn; got 'ltsm'"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1; got 1.0"),
        ({"memory_length": 2}, "memory_length must be at least 3 steps; got 2"),
    ],
)
def test_a_wrong_argument_is_named(options, message):
    with pytest.raises(ConfigError) as caught:
        RecurrentStack(**({"cell": "lstm", "input_size": 3, "hidden_size": 4} | options))
    assert str(caught.value) == message

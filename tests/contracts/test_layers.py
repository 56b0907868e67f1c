"""One table: cells x layers x directions x poolings keep the same contract in torch."""

import copy
from dataclasses import dataclass
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from headgate.cells import CELLS
from headgate.layers import RecurrentStack
from headgate.models import TextClassifier

VOCABULARY, EMBEDDING, HIDDEN, CLASSES = 12, 3, 4, 3
LENGTHS = (5, 0, 7, 1, 4)


@dataclass(frozen=True)
class Case:
    cell: str
    layers: int
    bidirectional: bool
    pooling: str

    def __str__(self) -> str:
        return f"{self.cell}-{self.layers}-{'both' if self.bidirectional else 'forward'}-{self.pooling}"

    def model(self, *, seed: int = 0) -> TextClassifier:
        """A classifier in evaluation mode, with no weight left at zero."""
        torch.manual_seed(seed)
        options = vars(self)
        model = TextClassifier(VOCABULARY, EMBEDDING, HIDDEN, CLASSES, **options).eval()
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.5)
        with torch.no_grad():
            model.embedding.words.weight[0].zero_()
        return model


POOLINGS = ("last", "mean", "max", "attention")
CASES = [Case(*options) for options in product(CELLS, (1, 2), (False, True), POOLINGS)]
every_case = pytest.mark.parametrize("case", CASES, ids=str)


def draw_texts(lengths, *, seed=0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(1, VOCABULARY, (length,), generator=generator) for length in lengths]


def pad(texts, *, extra=0, left=False) -> torch.Tensor:
    """Texts side by side (batch time), with `extra` columns of padding more than they need."""
    time = max(1, max(len(text) for text in texts)) + extra
    ids = torch.zeros(len(texts), time, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, time - len(text) if left else 0 :][: len(text)] = text
    return ids


@torch.no_grad()
def probabilities(model, ids) -> torch.Tensor:
    return model(ids).softmax(1)


def assert_close(found, expected, tolerance=1e-6):
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


def gradients(model, ids, weights):
    model.zero_grad()
    (model(ids) * weights).sum().backward()
    return {name: parameter.grad for name, parameter in model.named_parameters()}


@every_case
def test_the_fused_kernels_equal_the_readable_loop_in_values_and_gradients(case):
    fused = case.model().double()
    readable = copy.deepcopy(fused)
    readable.recurrent.fused = False
    ids = pad(draw_texts(LENGTHS))
    assert_close(fused(ids), readable(ids), 1e-12)
    weights = torch.randn(len(LENGTHS), CLASSES, dtype=torch.float64)
    expected = gradients(readable, ids, weights)
    for name, gradient in gradients(fused, ids, weights).items():
        assert gradient is not None, name
        assert_close(gradient, expected[name], 1e-10)


@every_case
def test_padding_never_changes_an_answer(case):
    model = case.model()
    texts = draw_texts(LENGTHS)
    together = probabilities(model, pad(texts))
    assert_close(probabilities(model, pad(texts, extra=9)), together)
    assert_close(probabilities(model, pad(texts, left=True)), together)
    assert_close(probabilities(model, pad(texts, extra=2, left=True)), together)
    for row, text in enumerate(texts):
        assert_close(probabilities(model, pad([text])), together[row : row + 1])
    order = [3, 0, 4, 1, 2]
    assert_close(probabilities(model, pad([texts[row] for row in order])), together[order])


@every_case
def test_padding_never_changes_a_gradient(case):
    model = case.model().double()
    texts = draw_texts(LENGTHS)
    weights = torch.randn(len(LENGTHS), CLASSES, dtype=torch.float64)
    expected = gradients(model, pad(texts), weights)
    for name, gradient in gradients(model, pad(texts, extra=6), weights).items():
        assert_close(gradient, expected[name], 1e-10)
    assert torch.all(expected["embedding.words.weight"][0] == 0)


@every_case
def test_a_row_of_padding_alone_gives_a_finite_answer_and_finite_gradients(case):
    model = case.model()
    logits = model(torch.zeros(2, 3, dtype=torch.long))
    assert torch.all(torch.isfinite(logits))
    # Nothing was read, so the output layer's bias is the whole answer.
    assert_close(logits, model.output.bias.expand(2, CLASSES))
    logits.sum().backward()
    assert all(torch.all(torch.isfinite(parameter.grad)) for parameter in model.parameters())


@every_case
def test_dropout_and_word_dropout_do_nothing_in_evaluation(case):
    plain = case.model()
    dropping = TextClassifier(
        VOCABULARY, EMBEDDING, HIDDEN, CLASSES, dropout=0.5, word_dropout=0.5, **vars(case)
    )
    dropping.load_state_dict(plain.state_dict())
    ids = pad(draw_texts(LENGTHS))
    assert torch.equal(dropping.eval()(ids), plain(ids))
    assert not torch.equal(dropping.train()(ids), plain(ids))


DEEP = [Case("lstm", 2, True, "mean+max"), Case("original_gru", 2, True, "attention+last+max+mean")]


@pytest.mark.parametrize("case", DEEP, ids=str)
@settings(deadline=None, max_examples=25)
@given(
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=6),
    extra=st.integers(0, 8),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_no_padding_mates_or_order_ever_change_an_answer(case, lengths, extra, seed, data):
    model = case.model(seed=seed)
    texts = draw_texts(lengths, seed=seed)
    expected = torch.cat([probabilities(model, pad([text])) for text in texts])
    order = data.draw(st.permutations(range(len(texts))))
    found = probabilities(
        model, pad([texts[row] for row in order], extra=extra, left=data.draw(st.booleans()))
    )
    assert_close(found, expected[order])


@settings(deadline=None, max_examples=30)
@given(
    rows=st.lists(st.lists(st.integers(0, VOCABULARY - 1), min_size=6, max_size=6), min_size=1, max_size=4),
    seed=st.integers(0, 9),
)
def test_padding_may_stand_anywhere_in_a_text(rows, seed):
    model = DEEP[0].model(seed=seed)
    scattered = probabilities(model, torch.tensor(rows))
    gathered = [torch.tensor([one for one in row if one], dtype=torch.long) for row in rows]
    assert_close(scattered, probabilities(model, pad(gathered)))


TORCH_CELLS = [name for name, cell in CELLS.items() if cell.torch_name is not None]
every_stack = pytest.mark.parametrize(
    ("name", "layers", "bidirectional"), list(product(TORCH_CELLS, (1, 2, 3), (False, True)))
)


@every_stack
@pytest.mark.parametrize("fused", [True, False])
def test_a_stack_equals_torchs_own_over_packed_sequences(name, layers, bidirectional, fused):
    torch.manual_seed(0)
    stack = RecurrentStack(
        name, EMBEDDING, HIDDEN, layers=layers, bidirectional=bidirectional, fused=fused
    ).double()
    options = {"num_layers": layers, "bidirectional": bidirectional, "batch_first": True}
    twin = getattr(torch.nn, CELLS[name].torch_name)(EMBEDDING, HIDDEN, dtype=torch.float64, **options)
    twin.load_state_dict(stack.state_dict())
    lengths = torch.tensor([5, 7, 1, 4])
    inputs = torch.randn(4, 7, EMBEDDING, dtype=torch.float64)
    token_mask = torch.arange(7) < lengths[:, None]

    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    expected, last = twin(packed)
    expected, _ = pad_packed_sequence(expected, batch_first=True)
    hidden = last[0] if isinstance(last, tuple) else last  # (layers * directions, batch, hidden)
    directions = 2 if bidirectional else 1

    outputs, final = stack(inputs, token_mask)
    assert_close(outputs * token_mask.unsqueeze(2), expected, 1e-10)
    assert_close(final, torch.cat(tuple(hidden[-directions:]), dim=1), 1e-10)

    weights = torch.randn_like(expected)
    (expected * weights).sum().backward()
    (outputs * token_mask.unsqueeze(2) * weights).sum().backward()
    for parameter, of_twin in zip(stack.parameters(), twin.parameters(), strict=True):
        assert_close(parameter.grad, of_twin.grad, 1e-9)


@every_stack
def test_state_dicts_can_be_exchanged_with_torch_in_both_directions(name, layers, bidirectional):
    stack = RecurrentStack(name, EMBEDDING, HIDDEN, layers=layers, bidirectional=bidirectional)
    twin = getattr(torch.nn, CELLS[name].torch_name)(
        EMBEDDING, HIDDEN, num_layers=layers, bidirectional=bidirectional
    )
    assert list(stack.state_dict()) == list(twin.state_dict())
    stack.load_state_dict(twin.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(stack.parameters(), twin.parameters(), strict=True))


def test_torchs_own_bidirectional_lstm_over_padding_is_wrong_which_is_why_the_stack_exists():
    torch.manual_seed(0)
    twin = torch.nn.LSTM(EMBEDDING, HIDDEN, bidirectional=True, batch_first=True)
    text = torch.randn(1, 3, EMBEDDING)
    padded = torch.cat([text, torch.zeros(1, 5, EMBEDDING)], dim=1)
    assert (twin(text)[0] - twin(padded)[0][:, :3]).abs().max() > 1e-3

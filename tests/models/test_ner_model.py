import copy
import inspect

import pytest
import torch
from torch.nn import functional

from headgate.decoding import allowed_moves
from headgate.errors import ConfigError
from headgate.models import NERModel
from headgate.models.ner_model import ahead

BIOES = ("O", "B-PER", "I-PER", "E-PER", "S-PER")


def test_the_textbooks_signature():
    positional = [
        name
        for name, parameter in inspect.signature(NERModel).parameters.items()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    assert positional == ["vocab_size", "embedding_dim", "hidden_dim", "num_tags"]
    model = NERModel(10, 4, 5, 3)
    assert model(torch.randint(0, 10, (2, 7))).shape == (2, 7, 3)
    # A bidirectional LSTM unless told otherwise.
    assert model.recurrent.cell.name == "lstm"
    assert model.recurrent.suffixes == ("", "_reverse")
    assert model.crf is None


def toy_task(*, seed=0, texts=48, length=8):
    """Sentences of random words; a 3 begins a span that goes on up to the next 4 or the end."""
    ids = torch.randint(2, 8, (texts, length), generator=torch.Generator().manual_seed(seed))
    tags = torch.zeros_like(ids)
    for row, words in enumerate(ids.tolist()):
        inside = False
        for step, word in enumerate(words):
            tags[row, step] = 2 if inside and word != 4 else int(word == 3)
            inside = word == 3 or (inside and word != 4)
    return ids, tags


@pytest.mark.parametrize("crf", [False, True])
def test_it_learns_with_plain_adam(crf):
    torch.manual_seed(0)
    ids, tags = toy_task()
    model = NERModel(10, 8, 12, 3, crf=crf, bidirectional=False)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(30):
        scores = model(ids)
        loss = functional.cross_entropy(scores.flatten(0, 1), tags.flatten())
        if model.crf is not None:
            loss = -model.crf(scores, tags, ids != 0).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (model(ids).argmax(2) == tags).float().mean() > 0.9
    assert torch.all(model.embedding.words.weight[0] == 0)  # padding was not trained


def test_a_copy_answers_the_same_and_has_weights_of_its_own():
    torch.manual_seed(0)
    model = NERModel(10, 4, 5, 3, cell="original_gru", layers=2, crf=True).eval()
    ids = torch.randint(0, 10, (4, 6))
    expected = model(ids)
    other = copy.deepcopy(model)
    reloaded = NERModel(10, 4, 5, 3, cell="original_gru", layers=2, crf=True).eval()
    reloaded.load_state_dict(model.state_dict())
    assert torch.equal(other(ids), expected) and torch.equal(reloaded(ids), expected)
    with torch.no_grad():
        for parameter in (*other.parameters(), *reloaded.parameters()):
            parameter.add_(1.0)
    assert torch.equal(model(ids), expected)


@pytest.mark.parametrize("options", [{}, {"lookahead": 2, "bidirectional": False}], ids=str)
def test_every_weight_gets_a_gradient(options):
    model = NERModel(10, 4, 5, 5, layers=2, crf=True, allowed=allowed_moves(BIOES), **options)
    ids = torch.randint(1, 10, (4, 6))
    model.crf(model(ids), torch.zeros_like(ids), ids != 0).sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("lookahead", [0, 1, 3, 9])
def test_a_window_holds_each_output_and_those_after_it_and_zeros_beyond_the_end(lookahead):
    outputs = torch.randn(2, 4, 3)
    windows = ahead(outputs, lookahead).reshape(2, 4, 1 + lookahead, 3)
    for step in range(4):
        for further in range(1 + lookahead):
            there = outputs[:, step + further] if step + further < 4 else torch.zeros(2, 3)
            assert torch.equal(windows[:, step, further], there)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_token_is_scored_by_its_lookahead_and_by_nothing_further(length):
    torch.manual_seed(0)
    model = NERModel(10, 4, 5, 3, lookahead=2, bidirectional=False).eval()
    ids = torch.randint(1, 10, (1, length))
    expected = model(ids)
    for step in range(length):
        other = ids.clone()
        other[0, step] = other[0, step] % 9 + 1  # another word
        changed = (model(other) - expected).abs().amax(2)[0] > 1e-6
        assert changed.tolist() == [place >= step - 2 for place in range(length)]


def test_dropout_does_nothing_in_evaluation_and_drops_the_same_features_at_every_step_of_a_text():
    torch.manual_seed(0)
    model = NERModel(10, 4, 50, 3, dropout=0.5, word_dropout=0.3)
    plain = NERModel(10, 4, 50, 3)
    plain.load_state_dict(model.state_dict())
    ids = torch.randint(1, 10, (4, 6))
    assert torch.equal(model.eval()(ids), plain.eval()(ids))
    assert not torch.equal(model.train()(ids), plain(ids))
    seen = []
    model.dropout.register_forward_hook(lambda _, inputs, dropped: seen.append((dropped != 0).any(0)))
    model(ids[:1])
    kept = seen[0]
    assert torch.equal(kept, kept[:1].expand_as(kept)) and 0 < kept.float().mean() < 1


def test_words_may_be_dropped_each_with_a_probability_of_its_own():
    never = torch.zeros(10)
    model = NERModel(10, 4, 5, 3, word_dropout=never).train()
    ids = torch.randint(1, 10, (4, 6))
    assert torch.equal(model.word_dropout(ids), ids)
    often = torch.tensor([0.0, 0.0, 0.999, *[0.0] * 7])
    model = NERModel(10, 4, 5, 3, word_dropout=often).train()
    torch.manual_seed(0)
    dropped = model.word_dropout(torch.tensor([[2, 3, 0] * 20]))
    assert dropped.tolist() == [[1, 3, 0] * 20]
    assert "word_dropout.probability" not in model.state_dict()  # it matters in training alone


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocab_size": 1}, "vocab_size must be at least 2"),
        ({"num_tags": 0}, "num_tags must be at least 1; got 0"),
        ({"lookahead": -1}, "lookahead must be at least 0, and 0 for .* both directions .*; got -1"),
        ({"lookahead": 2}, "lookahead must be at least 0, and 0 for .* both directions .*; got 2"),
        ({"cell": "transformer"}, "cell must be one of .*; got 'transformer'"),
        ({"characters": "glyphs"}, "characters must be convolution or lstm; got 'glyphs'"),
        ({"crf": True, "allowed": allowed_moves(BIOES)}, "allowed must be for num_tags tags, 3; got 5"),
    ],
)
def test_a_wrong_argument_is_named(options, message):
    sizes = {"vocab_size": 10, "embedding_dim": 4, "hidden_dim": 5, "num_tags": 3}
    with pytest.raises(ConfigError, match=message):
        NERModel(**(sizes | options))


@pytest.mark.parametrize(
    "options", [{"ngram_buckets": 20}, {"characters": "lstm", "alphabet_size": 9}], ids=str
)
def test_characters_that_are_missing_are_asked_for(options):
    model = NERModel(10, 4, 5, 3, character_features=4, **options)
    with pytest.raises(ConfigError, match="pass `subwords` beside `token_ids`"):
        model(torch.ones(1, 2, dtype=torch.long))

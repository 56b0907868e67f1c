import copy
import inspect
import io

import pytest
import torch
from torch.nn import functional

from headgate.cells import CELLS
from headgate.errors import ConfigError
from headgate.models import TextClassifier


def toy_task(*, seed=0, texts=64, length=8):
    """Texts of random words; those with a 3 before any 4 are of class 1."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(2, 10, (texts, length), generator=generator)
    labels = []
    for row in ids.tolist():
        marks = [one for one in row if one in (3, 4)]
        labels.append(int(bool(marks) and marks[0] == 3))
    return ids, torch.tensor(labels)


def test_the_textbooks_signature():
    positional = [
        name
        for name, parameter in inspect.signature(TextClassifier).parameters.items()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    assert positional == ["vocab_size", "embedding_dim", "hidden_dim", "num_classes"]
    model = TextClassifier(10, 4, 5, 3)
    assert model(torch.randint(0, 10, (2, 7))).shape == (2, 3)
    # A bidirectional LSTM unless told otherwise.
    assert model.recurrent.cell.name == "lstm"
    assert model.recurrent.suffixes == ("", "_reverse")
    assert model.recurrent.layers == 1


@pytest.mark.parametrize("cell", CELLS)
def test_it_learns_with_plain_adam(cell):
    torch.manual_seed(0)
    ids, labels = toy_task()
    model = TextClassifier(10, 8, 16, 2, cell=cell)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(30):
        loss = functional.cross_entropy(model(ids), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[0] > 0.5
    assert losses[-1] < 0.5 * losses[0]
    assert torch.all(model.embedding.words.weight[0] == 0)  # padding was not trained


def stored(model):
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def reloaded(model):
    torch.manual_seed(99)
    other = TextClassifier(10, 4, 5, 3, cell="original_gru", layers=2, pooling="attention+last")
    other.load_state_dict(model.state_dict())
    return other


@pytest.mark.parametrize("trip", [copy.deepcopy, stored, reloaded])
def test_a_copy_answers_the_same_and_has_weights_of_its_own(trip):
    torch.manual_seed(0)
    model = TextClassifier(10, 4, 5, 3, cell="original_gru", layers=2, pooling="attention+last").eval()
    ids = torch.randint(0, 10, (4, 6))
    expected = model(ids)
    other = trip(model).eval()
    assert torch.equal(other(ids), expected)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    assert torch.equal(model(ids), expected)


def test_every_weight_gets_a_gradient():
    model = TextClassifier(10, 4, 5, 3, layers=2, pooling="last+mean+max+attention")
    torch.nn.init.normal_(model.pooling.query)
    model(torch.randint(1, 10, (4, 6))).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocab_size": 1}, "vocab_size must be at least 2"),
        ({"embedding_dim": 0}, "embedding_dim"),
        ({"hidden_dim": 0}, "hidden_(dim|size) must be at least 1; got 0"),
        ({"num_classes": 1}, "num_classes must be at least 2; got 1"),
        ({"cell": "transformer"}, "cell must be one of .*; got 'transformer'"),
        ({"layers": 0}, "layers must be at least 1; got 0"),
        ({"pooling": "sum"}, "pooling must be .*; got 'sum'"),
        ({"dropout": 1.5}, "dropout must be at least 0 and below 1; got 1.5"),
        ({"word_dropout": -1.0}, "word_dropout must be at least 0 and below 1; got -1.0"),
        ({"ngram_buckets": -1}, "ngram_buckets must be at least 0 .*; got -1"),
        ({"memory_length": 1}, "memory_length must be at least 3 steps; got 1"),
    ],
)
def test_a_wrong_argument_is_named(options, message):
    sizes = {"vocab_size": 10, "embedding_dim": 4, "hidden_dim": 5, "num_classes": 3}
    with pytest.raises(ConfigError, match=message):
        TextClassifier(**(sizes | options))


@pytest.mark.parametrize(("option", "missing"), [("ngram_buckets", "subwords"), ("bag_features", "bags")])
def test_features_that_are_missing_are_asked_for(option, missing):
    model = TextClassifier(10, 4, 5, 3, **{option: 20})
    with pytest.raises(ConfigError, match=f"pass `{missing}` beside `token_ids`"):
        model(torch.ones(1, 2, dtype=torch.long))

import pytest
import torch

from headgate.errors import ConfigError
from headgate.models import LanguageModel

AWD = {
    "dropout": 0.3,
    "input_dropout": 0.4,
    "output_dropout": 0.5,
    "unit_dropout": 0.2,
    "weight_dropout": 0.5,
}
IDS = torch.tensor([[2, 5, 7, 2, 4], [3, 3, 6, 8, 2]])


def model(**options) -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(9, 4, 6, **options)


def test_a_tied_model_has_one_table_of_vectors():
    tied, untied = model(), model(tied=False)
    names = [name for name, _ in tied.named_parameters()]
    assert [name for name in names if not name.startswith("recurrent")] == [
        "embedding.words.weight",
        "output.bias",
        "output.projection.weight",
    ]
    assert dict(untied.named_parameters())["output.weight"].shape == (9, 6)
    # The vectors learn from what they are read for and from what they score: also those not read.
    tied.loss(IDS[:, :-1], IDS[:, 1:])[0].sum().backward()
    assert torch.all(tied.embedding.words.weight.grad[1] != 0)


def test_no_projection_stands_where_the_sizes_are_the_same():
    assert "output.projection.weight" not in LanguageModel(9, 6, 6).state_dict()


def test_gradients_end_where_the_stretch_begins():
    torch.manual_seed(0)
    network = model(layers=2)
    _, states = network(IDS)
    cut = [type(state)(*(part.detach() for part in vars(state).values())) for state in states]
    network.zero_grad()
    network(IDS, cut)[0].sum().backward()
    assert all(part.grad is None for state in cut for part in vars(state).values())
    assert any(part.requires_grad for part in vars(states[0]).values())


def test_dropout_is_for_training_alone():
    network = model(layers=2, **AWD)
    assert not torch.equal(network(IDS)[0], network(IDS)[0])
    network.eval()
    assert torch.equal(network(IDS)[0], network(IDS)[0])
    assert torch.equal(network(IDS)[0], model(layers=2).eval()(IDS)[0])


@pytest.mark.parametrize("name", AWD)
def test_each_part_of_the_recipe_can_be_had_alone(name):
    network = model(layers=2, **{name: AWD[name]})
    torch.manual_seed(1)
    one = network(IDS)[0]
    assert not all(torch.equal(one, network(IDS)[0]) for _ in range(9))
    torch.manual_seed(1)
    assert torch.equal(one, network(IDS)[0])


@pytest.mark.parametrize("name", AWD)
@pytest.mark.parametrize("value", [-0.1, 1.0])
def test_a_dropout_that_is_no_probability_is_refused(name, value):
    with pytest.raises(ConfigError, match="must be at least 0 and below 1; got"):
        model(**{name: value})


@pytest.mark.parametrize("cutoffs", [(0, 5), (5, 5), (5, 9), (6, 3)])
def test_cutoffs_that_do_not_divide_the_vocabulary_are_refused(cutoffs):
    with pytest.raises(ConfigError, match="cutoffs must rise and lie between 0 and the 9 units"):
        model(tied=False, cutoffs=cutoffs)


def test_an_adaptive_softmax_is_not_tied():
    with pytest.raises(ConfigError, match="tied must be False for an adaptive softmax"):
        model(cutoffs=(5,))


def test_a_cluster_that_would_be_scored_from_nothing_is_refused():
    with pytest.raises(ConfigError, match=r"2 cutoffs take 16 hidden units at least, .*; got 6"):
        model(tied=False, cutoffs=(3, 5))


@pytest.mark.parametrize("cell", ["mingru", "minlstm", "qrnn"])
def test_weights_that_a_cell_does_not_have_cannot_be_dropped(cell):
    with pytest.raises(ConfigError, match=f"weight_dropout must be 0 for the cell {cell}"):
        model(cell=cell, weight_dropout=0.5)

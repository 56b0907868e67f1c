import itertools
import math

import pytest
import torch

from headgate.errors import ConfigError
from headgate.layers.unit_scores import AdaptiveScores, LinearScores, TiedScores, unit_scores

OUTPUTS = torch.randn(2, 3, 16, generator=torch.Generator().manual_seed(0))
TARGETS = torch.tensor([[0, 4, 9], [1, 1, 7]])


def table(features: int) -> torch.nn.Embedding:
    torch.manual_seed(1)
    return torch.nn.Embedding(10, features)


def layers():
    torch.manual_seed(0)
    yield "linear", unit_scores(10, 16)
    yield "tied", unit_scores(10, 16, table=table(16))
    yield "projected", unit_scores(10, 16, table=table(3))
    yield "adaptive", unit_scores(10, 16, cutoffs=(3, 7))


every_layer = pytest.mark.parametrize(
    "layer", [one for _, one in layers()], ids=[name for name, _ in layers()]
)


@every_layer
def test_the_loss_of_a_target_is_minus_the_log_of_its_share(layer):
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    with torch.no_grad():
        shares, losses = layer(OUTPUTS).double().exp(), layer.loss(OUTPUTS, TARGETS)
    for place in itertools.product(range(2), range(3)):
        share = shares[place][TARGETS[place]] / shares[place].sum()
        assert losses[place] == pytest.approx(-math.log(share), abs=1e-5)


def test_the_kind_follows_from_what_is_given():
    kinds = [type(layer) for _, layer in layers()]
    assert kinds == [LinearScores, TiedScores, TiedScores, AdaptiveScores]


def test_tied_scores_are_products_with_the_vectors_of_the_table():
    vectors = table(16)
    layer = unit_scores(10, 16, table=vectors)
    torch.nn.init.normal_(layer.bias)
    expected = torch.einsum("bth,vh->btv", OUTPUTS, vectors.weight) + layer.bias
    torch.testing.assert_close(layer(OUTPUTS), expected)
    with torch.no_grad():
        vectors.weight.zero_()  # one table, not a copy
    torch.testing.assert_close(layer(OUTPUTS), layer.bias.expand(2, 3, 10))


def test_an_adaptive_softmax_gives_the_probabilities_of_all_units():
    _, layer = list(layers())[-1]
    assert layer(OUTPUTS).exp().sum(-1).detach().numpy() == pytest.approx(1, abs=1e-5)


def test_an_adaptive_softmax_cannot_be_tied():
    with pytest.raises(ConfigError, match="tied must be False"):
        unit_scores(10, 16, table=table(16), cutoffs=(3,))

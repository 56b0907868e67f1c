import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.tasks import fit_temperature, probabilities
from headgate.training.classification.blending import HIGHEST, LOWEST, PRIOR_DEVIATION, Blend, fit_blend


def loss(logits: np.ndarray, gold: np.ndarray) -> float:
    """Cross-entropy over all texts, with the doubt of Platt 1999 about the labels."""
    doubt = 1.0 / (len(gold) + 2)
    targets = np.full(logits.shape, doubt / (logits.shape[1] - 1))
    targets[np.arange(len(gold)), gold] = 1.0 - doubt
    return -float((targets * np.log(np.maximum(probabilities(logits, 1.0), 1e-300))).sum())


def blended(blend: Blend, network: np.ndarray, bag: np.ndarray) -> np.ndarray:
    return blend.network * network + blend.bag * bag


def drawn(seed: int, texts: int, classes: int, of_network: float, of_bag: float):
    """Logits that know so much of the labels, and noise that is as strong as one nat."""
    chance = np.random.default_rng(seed)
    gold = chance.integers(0, classes, texts)
    truth = np.eye(classes)[gold]
    noise = chance.normal(size=(2, texts, classes))
    network, bag = of_network * truth + noise[0], of_bag * truth + noise[1]
    return network.astype(np.float32), bag.astype(np.float32), gold


cases = given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(2, 5),
    of_network=st.floats(0, 3),
    of_bag=st.floats(0, 3),
)


@settings(deadline=None, max_examples=30)
@cases
def test_with_evidence_the_blend_is_never_worse_on_dev_than_either_alone(seed, classes, of_network, of_bag):
    network, bag, gold = drawn(seed, 500, classes, of_network, of_bag)
    together = loss(blended(fit_blend(network, bag, gold), network, bag), gold)
    for alone in (network, bag):
        best = loss(alone / fit_temperature(alone, gold), gold)
        assert together <= best + 5.0  # nats over 500 texts: the prior's price, and the least share there is


@settings(deadline=None, max_examples=20)
@cases
def test_no_other_shares_are_likelier_given_the_prior(seed, classes, of_network, of_bag):
    network, bag, gold = drawn(seed, 20, classes, of_network, of_bag)
    alone = np.log([0.5 / fit_temperature(network, gold), 0.5 / fit_temperature(bag, gold)])

    def cost(shares: np.ndarray) -> float:
        weights = np.exp(shares)
        strayed = ((shares - alone) / PRIOR_DEVIATION) ** 2
        return loss(weights[0] * network + weights[1] * bag, gold) + 0.5 * float(strayed.sum())

    blend = fit_blend(network, bag, gold)
    found = cost(np.log([blend.network, blend.bag]))
    steps = np.linspace(LOWEST, HIGHEST, 25)
    assert found <= min(cost(np.array(shares)) for shares in itertools.product(steps, steps)) + 1e-2


def test_two_of_the_same_share_equally():
    network, _, gold = drawn(0, 200, 3, 2.0, 2.0)
    blend = fit_blend(network, network, gold)
    assert blend.network == pytest.approx(blend.bag, rel=1e-2)


def test_the_one_that_knows_more_counts_for_more():
    network, bag, gold = drawn(1, 500, 3, 3.0, 0.3)
    blend = fit_blend(network, bag, gold)
    assert blend.network > 3 * blend.bag
    other = fit_blend(bag, network, gold)
    assert other.bag > 3 * other.network


@pytest.mark.parametrize("texts", [1, 2])
def test_a_dev_set_of_a_text_or_two_gives_finite_shares(texts):
    network, bag, gold = drawn(2, texts, 2, 3.0, 3.0)
    blend = fit_blend(network, bag, gold)
    assert np.exp(LOWEST) <= blend.network <= np.exp(HIGHEST)
    assert np.exp(LOWEST) <= blend.bag <= np.exp(HIGHEST)

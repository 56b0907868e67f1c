import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.layers import UnitDropout, VariationalDropout, WordDropout
from headgate.text import PADDING_ID, UNKNOWN_ID


def test_variational_dropout_drops_the_same_features_at_every_step():
    torch.manual_seed(0)
    inputs = torch.rand(200, 9, 50) + 1.0
    factors = VariationalDropout(0.25).train()(inputs) / inputs
    torch.testing.assert_close(factors, factors[:, :1].expand_as(factors))
    kept = factors[:, 0] > 0
    torch.testing.assert_close(factors[:, 0], kept / 0.75)
    assert kept.float().mean() == pytest.approx(0.75, abs=0.02)
    # Texts of a batch have masks of their own.
    assert not torch.equal(kept[0], kept[1])


@settings(deadline=None, max_examples=30)
@given(probability=st.sampled_from([0.01, 0.5, 0.99]), seed=st.integers(0, 99))
def test_word_dropout_never_touches_padding_and_gives_words_or_the_unknown_word(probability, seed):
    torch.manual_seed(seed)
    ids = torch.randint(0, 9, (6, 8))
    dropped = WordDropout(probability).train()(ids)
    assert torch.equal(dropped == PADDING_ID, ids == PADDING_ID)
    assert torch.all((dropped == ids) | (dropped == UNKNOWN_ID))


def test_word_dropout_drops_the_share_it_is_told_to():
    torch.manual_seed(0)
    ids = torch.full((100, 100), 5)
    assert (WordDropout(0.3).train()(ids) == UNKNOWN_ID).float().mean() == pytest.approx(0.3, abs=0.02)


def test_dropouts_are_the_identity_in_evaluation_and_at_probability_zero():
    ids, inputs = torch.randint(0, 9, (6, 8)), torch.randn(6, 8, 3)
    assert WordDropout(0.5).eval()(ids) is ids
    assert WordDropout(0.0).train()(ids) is ids
    assert VariationalDropout(0.5).eval()(inputs) is inputs
    assert VariationalDropout(0.0).train()(inputs) is inputs


@pytest.mark.parametrize("value", [-0.1, 1.0, 2.0, float("nan")])
@pytest.mark.parametrize(("layer", "name"), [(VariationalDropout, "dropout"), (WordDropout, "word_dropout")])
def test_a_probability_outside_its_range_is_refused(layer, name, value):
    with pytest.raises(ConfigError) as caught:
        layer(value)
    assert str(caught.value) == f"{name} must be at least 0 and below 1; got {value}"


def test_whole_units_are_dropped_wherever_they_stand():
    ids = torch.randint(0, 40, (6, 50), generator=torch.Generator().manual_seed(0))
    vectors = torch.ones(6, 50, 3)
    torch.manual_seed(0)
    dropped = UnitDropout(0.4)(vectors, ids)
    kept = {}
    for unit, vector in zip(ids.flatten().tolist(), dropped.flatten(0, 1).tolist(), strict=True):
        assert kept.setdefault(unit, vector) == vector
        assert vector in ([0.0] * 3, [pytest.approx(1 / 0.6)] * 3)
    assert 0 < sum(vector[0] == 0 for vector in kept.values()) < len(kept)


def test_no_unit_is_dropped_in_evaluation_or_with_probability_0():
    vectors, ids = torch.ones(1, 4, 3), torch.tensor([[2, 3, 2, 9]])
    assert torch.equal(UnitDropout(0.9).eval()(vectors, ids), vectors)
    assert torch.equal(UnitDropout(0.0)(vectors, ids), vectors)


@pytest.mark.parametrize("value", [-0.1, 1.0])
def test_a_share_of_units_that_is_no_probability_is_refused(value):
    with pytest.raises(ConfigError, match="unit_dropout must be at least 0 and below 1; got"):
        UnitDropout(value)

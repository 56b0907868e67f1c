import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from headgate.models import TextClassifier
from headgate.training.optimisation import Optimisation
from headgate.training.optimisation.optimisation import FINAL_SHARE, learning_rate_share, sparse_tables
from tests.training.small_runs import small_settings


@given(total=st.integers(1, 500), warmup=st.floats(0, 1))
def test_the_learning_rate_rises_then_falls_within_its_bounds(total, warmup):
    shares = [learning_rate_share(step, total, warmup) for step in range(total)]
    assert all(0 < share <= 1 for share in shares)
    top = shares.index(max(shares))
    assert all(before <= after for before, after in itertools.pairwise(shares[: top + 1]))
    assert all(before >= after for before, after in itertools.pairwise(shares[top:]))


@given(total=st.integers(2, 2000), warmup=st.floats(0, 0.9))
def test_the_fall_is_a_line_to_the_final_share(total, warmup):
    for step in range(int(warmup * total) + 1, total):
        assert learning_rate_share(step, total, warmup) == pytest.approx(1 - (1 - FINAL_SHARE) * step / total)
    assert learning_rate_share(total, total, warmup) == pytest.approx(FINAL_SHARE)


def small_model(**options) -> TextClassifier:
    torch.manual_seed(0)
    return TextClassifier(20, 4, 3, 2, sparse=True, **options)


def test_every_weight_belongs_to_exactly_one_optimiser():
    model = small_model()
    optimisation = Optimisation(model, small_settings(), 10)
    groups = [group for optimiser in optimisation.optimisers for group in optimiser.param_groups]
    held = [parameter for group in groups for parameter in group["params"]]
    assert sorted(map(id, held)) == sorted(map(id, model.parameters()))


def test_weight_decay_pulls_at_matrices_and_at_no_bias():
    model = small_model()
    optimisation = Optimisation(model, small_settings(learning_rate=0.1, weight_decay=0.5, warmup=0.0), 10)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for parameter in optimisation.dense:
        parameter.grad = torch.zeros_like(parameter)
    optimisation.step(0)
    for name, parameter in model.named_parameters():
        in_table = name.startswith("embedding.")
        shrunk = 1.0 if in_table or parameter.ndim < 2 else 1.0 - 0.1 * 0.5
        torch.testing.assert_close(parameter.detach(), before[name] * shrunk)


def test_frozen_tables_are_left_out():
    model = small_model()
    model.embedding.words.weight.requires_grad_(False)
    assert sparse_tables(model) == []
    assert len(Optimisation(model, small_settings(), 10).optimisers) == 1


def one_step(model: nn.Module, optimisation: Optimisation, step: int) -> None:
    logits = model(torch.tensor([[2, 3, 3, 0], [4, 0, 0, 0]]))
    nn.functional.cross_entropy(logits, torch.tensor([0, 1])).backward()
    optimisation.step(step)


def test_padding_stays_zero_and_words_that_do_not_occur_stay_as_they_are():
    model = small_model()
    before = model.embedding.words.weight.detach().clone()
    optimisation = Optimisation(model, small_settings(), 10)
    for step in range(10):
        one_step(model, optimisation, step)
    after = model.embedding.words.weight.detach()
    assert not after[0].any()
    moved = (after != before).any(1)
    assert moved.nonzero().flatten().tolist() == [2, 3, 4]


def test_gradients_are_cleared_after_a_step():
    model = small_model()
    one_step(model, Optimisation(model, small_settings(), 10), 0)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_no_gradient_is_longer_than_the_clip():
    model = small_model()
    optimisation = Optimisation(model, small_settings(clip=0.5), 10)
    seen = []
    for optimiser in optimisation.optimisers[:1]:
        optimiser.register_step_pre_hook(
            lambda *_: seen.append(torch.stack([p.grad.norm() for p in optimisation.dense]).norm())
        )
    loss = model(torch.tensor([[2, 3]])).square().sum() * 1e4
    loss.backward()
    optimisation.step(0)
    assert seen[0] <= 0.5 + 1e-4


def test_layers_are_trained_along_one_after_the_other_from_the_top():
    model = small_model(layers=2)
    settings = small_settings(layers=2, unfreeze_epochs=1.0, epochs=4, weight_decay=0.1)
    steps_an_epoch = 3
    optimisation = Optimisation(model, settings, total_steps=4 * steps_an_epoch)
    watched = {
        "output.weight": 0,
        "recurrent.weight_hh_l1": 1,
        "recurrent.weight_ih_l0_reverse": 2,
        "embedding.words.weight": 3,
    }
    first_moved: dict[str, int] = {}
    for step in range(4 * steps_an_epoch):
        before = {name: model.get_parameter(name).detach().clone() for name in watched}
        model(torch.tensor([[3, 4, 5]])).square().sum().backward()
        optimisation.step(step)
        for name in watched:
            if not torch.equal(before[name], model.get_parameter(name)):
                first_moved.setdefault(name, step // steps_an_epoch)
    assert first_moved == watched

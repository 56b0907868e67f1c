import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torchcrf
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import FORBIDDEN, AllowedMoves, allowed_moves, forward_backward, viterbi
from headgate.errors import ConfigError
from headgate.layers import CRF, partition
from tests.decoding.chains import Chains, chains, draw_chains
from tests.oracles import paths

BIOES = ("O", "B-PER", "I-PER", "E-PER", "S-PER")


def crf_of(drawn: Chains) -> CRF:
    """A layer with these scores of moves; the forbidden among them as its constraints."""
    moves = vars(drawn.transitions)
    allowed = AllowedMoves(**{name: scores > FORBIDDEN / 2 for name, scores in moves.items()})
    crf = CRF(len(drawn.transitions.first), allowed).double()
    crf.load_state_dict({name: torch.from_numpy(scores) for name, scores in moves.items()})
    return crf


def tensors(drawn: Chains, *, seed=0):
    """Scores, with a gradient, random tags (nonsense where nobody looks) and the mask."""
    token_mask = torch.from_numpy(drawn.token_mask)
    size = max(1, drawn.scores.shape[2])
    tags = torch.randint(size, token_mask.shape, generator=torch.Generator().manual_seed(seed))
    scores = torch.from_numpy(drawn.scores).masked_fill(~token_mask.unsqueeze(2), torch.nan)
    return scores.requires_grad_(), tags.masked_fill(~token_mask, -100), token_mask


def gradients(crf, scores, likelihood) -> dict[str, torch.Tensor]:
    """Of weighted log-likelihoods, by the scores and the parameters."""
    weights = torch.arange(1.0, len(likelihood) + 1.0, dtype=likelihood.dtype)
    names, leaves = zip(("scores", scores), *crf.named_parameters(), strict=True)
    grads = torch.autograd.grad((likelihood * weights).sum(), leaves, materialize_grads=True)
    return dict(zip(names, grads, strict=True))


def assert_close(found, expected, tolerance=1e-9):
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=tolerance)


@settings(deadline=None, max_examples=30)
@given(drawn=chains, seed=st.integers(0, 99))
def test_the_likelihood_is_the_share_of_all_paths(drawn, seed):
    scores, tags, token_mask = tensors(drawn, seed=seed)
    found = crf_of(drawn)(scores, tags, token_mask)
    assert torch.all(torch.isfinite(found))
    for row, sentence in enumerate(drawn.sentences()):
        scored = paths.every_path(sentence, drawn.transitions)
        path = tuple(tags[row, token_mask[row]].tolist())
        log_partition = torch.tensor(list(scored.values()), dtype=torch.float64).logsumexp(0)
        assert_close(found[row], scored[path] - log_partition)


@settings(deadline=None, max_examples=30)
@given(drawn=chains, seed=st.integers(0, 99))
def test_the_fast_sums_equal_the_textbooks_in_values_and_gradients(drawn, seed):
    crf = crf_of(drawn)
    scores, tags, token_mask = tensors(drawn, seed=seed)
    fast = crf(scores, tags, token_mask)
    of_fast = gradients(crf, scores, fast)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("headgate.layers.crf.log_partition", partition.log_partition_by_logarithms)
        slow = crf(scores, tags, token_mask)
    of_slow = gradients(crf, scores, slow)
    assert_close(fast, slow)
    for name, gradient in of_fast.items():
        assert_close(gradient, of_slow[name])
    assert torch.all(of_fast["scores"][~token_mask] == 0.0)


def is_fast(crf, scores, tags, token_mask, monkeypatch) -> bool:
    """Whether the weights could hold the sums."""
    with monkeypatch.context() as patch:
        patch.setattr(partition, "log_partition_by_logarithms", None)
        try:
            return bool(torch.all(torch.isfinite(crf(scores, tags, token_mask))))
        except TypeError:
            return False


def test_ordinary_scores_go_the_fast_way(monkeypatch):
    for constrained in (False, True):
        drawn = draw_chains(np.random.default_rng(0), batch=8, time=30, tags=7, constrained=constrained)
        assert is_fast(crf_of(drawn), *tensors(drawn), monkeypatch)
    crf = CRF(5, allowed_moves(BIOES))
    sure = torch.full((2, 40, 5), -100.0)
    sure[:, :, 0] = 100.0
    token_mask = torch.ones(2, 40, dtype=torch.bool)
    assert is_fast(crf, sure, torch.ones(2, 40, dtype=torch.long), token_mask, monkeypatch)


def test_what_weights_cannot_hold_is_left_to_logarithms(monkeypatch):
    # From tag 0 one may go on to tag 1 and never come back. The first half of the sentence is all for tag 1,
    # the second half for tag 0: the path 0 ... 0 is as good as 1 ... 1, but vanishes on the way, and so does
    # the other, read backward.
    moves = AllowedMoves(np.array([[True, True], [False, True]]), np.ones(2, bool), np.ones(2, bool))
    crf = CRF(2, moves)
    scores = torch.zeros(1, 60, 2)
    scores[:, :30, 1] = scores[:, 30:, 0] = 40.0
    token_mask = torch.ones(1, 60, dtype=torch.bool)
    tags = torch.zeros(1, 60, dtype=torch.long)
    assert not is_fast(crf, scores, tags, token_mask, monkeypatch)
    exact = forward_backward(scores.numpy(), token_mask.numpy(), crf.to_numpy()).log_partition[0]
    assert crf(scores, tags, token_mask).item() == pytest.approx(30 * 40.0 - exact, rel=1e-6)


def test_what_is_nearly_nothing_at_both_ends_still_counts_for_what_it_gains_between():
    scores = torch.zeros(1, 6, 2, dtype=torch.float64)
    scores[0, [0, -1], 1] = -800.0  # e^-800 is 0 as a number
    scores[0, 1:5, 1] = 402.0
    nothing = torch.zeros(2, dtype=torch.float64)
    between = torch.tensor([[0.0, -1e4], [-1e4, 0.0]], dtype=torch.float64)
    moves = partition.TransitionTensors(between, nothing, nothing)
    found = partition.log_partition(scores, torch.ones(1, 6, dtype=torch.bool), moves)
    assert_close(found, torch.tensor([8.0 + np.log1p(np.exp(-8.0))], dtype=torch.float64))


def test_the_gradient_is_that_of_finite_differences():
    drawn = draw_chains(np.random.default_rng(1), batch=3, time=4, tags=3)
    drawn = replace(drawn, token_mask=np.array([[1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]], bool))
    crf = crf_of(drawn)
    scores, tags, token_mask = tensors(drawn)

    def likelihood(scores, *parameters):
        named = dict(zip(("between", "first", "last"), parameters, strict=True))
        return torch.func.functional_call(crf, named, (scores, tags, token_mask))

    scores = torch.nan_to_num(scores.detach()).requires_grad_()
    assert torch.autograd.gradcheck(likelihood, (scores, *crf.parameters()))


def test_likelihood_and_gradients_agree_with_pytorch_crf():
    generator = torch.Generator().manual_seed(0)
    crf, twin = CRF(17).double(), torchcrf.CRF(17, batch_first=True).double()
    names = {"between": "transitions", "first": "start_transitions", "last": "end_transitions"}
    with torch.no_grad():
        for name, parameter in crf.named_parameters():
            parameter.normal_(generator=generator)
            twin.get_parameter(names[name]).copy_(parameter)
    scores = torch.randn(8, 30, 17, dtype=torch.float64, generator=generator, requires_grad=True)
    tags = torch.randint(17, (8, 30), generator=generator)
    token_mask = torch.arange(30) < torch.randint(1, 31, (8, 1), generator=generator)
    found = crf(scores, tags, token_mask)
    expected = twin(scores, tags, token_mask, reduction="none")
    assert_close(found, expected)
    of_twin = gradients(twin, scores, expected)
    for name, gradient in gradients(crf, scores, found).items():
        assert_close(gradient, of_twin[names.get(name, name)])


def test_the_gradient_by_a_score_is_the_tag_less_its_marginal():
    drawn = draw_chains(np.random.default_rng(0), batch=4, time=9, tags=5, constrained=True)
    drawn = replace(drawn, token_mask=np.random.default_rng(1).random((4, 9)) < 0.7)
    scores, tags, token_mask = tensors(drawn)
    crf_of(drawn)(scores, tags, token_mask).sum().backward()
    shares = forward_backward(drawn.scores, drawn.token_mask, drawn.transitions).marginals()
    held = torch.nn.functional.one_hot(tags.clamp(min=0), 5) * token_mask.unsqueeze(2)
    assert_close(scores.grad, held - torch.from_numpy(shares))


def test_padding_holes_and_batch_mates_never_change_a_likelihood():
    generator = np.random.default_rng(0)
    for _ in range(10):
        drawn = draw_chains(generator, batch=4, time=9, tags=5, constrained=True)
        crf = crf_of(drawn)
        scores, tags, token_mask = tensors(drawn)
        together = crf(scores, tags, token_mask)
        for row in range(4):
            real = token_mask[row]
            alone = crf(scores[row : row + 1, real], tags[row : row + 1, real], real[real].unsqueeze(0))
            torch.testing.assert_close(together[row : row + 1], alone, rtol=1e-12, atol=1e-12)


def test_five_thousand_steps_have_a_finite_likelihood_and_gradient():
    crf = CRF(3)
    scores = (30.0 * torch.randn(1, 5000, 3, generator=torch.Generator().manual_seed(0))).requires_grad_()
    token_mask = torch.ones(1, 5000, dtype=torch.bool)
    likelihood = crf(scores, scores.argmax(2), token_mask)
    likelihood.sum().backward()
    expected = scores.max(2).values.double().sum() - scores.double().logsumexp(2).sum()
    assert likelihood.item() == pytest.approx(expected.item(), rel=1e-6)
    assert all(torch.all(torch.isfinite(leaf.grad)) for leaf in (scores, *crf.parameters()))


def test_a_fresh_layer_is_a_softmax_at_every_token():
    torch.manual_seed(0)
    scores, tags = torch.randn(2, 6, 4), torch.randint(4, (2, 6))
    found = CRF(4)(scores, tags, torch.ones(2, 6, dtype=torch.bool))
    expected = scores.log_softmax(2).gather(2, tags.unsqueeze(2)).sum((1, 2))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (2, 3)])
def test_without_tokens_the_likelihood_is_certain(shape):
    scores = torch.zeros(*shape, 4, requires_grad=True)
    found = CRF(4)(scores, torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.bool))
    assert found.tolist() == [0.0] * shape[0]
    found.sum().backward()
    assert torch.all(scores.grad == 0.0)


def test_tags_that_break_the_constraints_are_very_unlikely_and_no_more():
    crf = CRF(5, allowed_moves(BIOES))
    scores = torch.zeros(3, 3, 5, requires_grad=True)
    tags = torch.tensor([[0, 0, 0], [0, 2, 0], [2, 0, 1]])  # the second breaks two moves, the third three
    likelihood = crf(scores, tags, torch.ones(3, 3, dtype=torch.bool))
    breaches = (likelihood / FORBIDDEN).tolist()
    assert breaches == pytest.approx([0, 2, 3], abs=1e-2)
    likelihood.sum().backward()
    assert all(torch.all(torch.isfinite(leaf.grad)) for leaf in (scores, *crf.parameters()))


def test_where_no_path_is_allowed_likelihoods_and_gradients_are_finite():
    nothing = AllowedMoves(np.zeros((2, 2), bool), np.zeros(2, bool), np.zeros(2, bool))
    crf = CRF(2, nothing)
    scores = torch.randn(2, 3, 2, generator=torch.Generator().manual_seed(0), requires_grad=True)
    token_mask = torch.tensor([[True, True, True], [True, False, False]])
    likelihood = crf(scores, torch.zeros(2, 3, dtype=torch.long), token_mask)
    likelihood.sum().backward()
    assert torch.all(likelihood <= 0.0) and torch.all(likelihood > -20.0)
    assert torch.all(torch.isfinite(scores.grad))


def test_no_optimiser_moves_a_forbidden_score():
    torch.manual_seed(0)
    allowed = allowed_moves(BIOES)
    crf = CRF(5, allowed)
    optimiser = torch.optim.AdamW(crf.parameters(), lr=0.1, weight_decay=0.5)
    scores, tags = torch.randn(4, 6, 5), torch.randint(5, (4, 6))
    for _ in range(3):
        optimiser.zero_grad()
        (-crf(scores, tags, torch.ones(4, 6, dtype=torch.bool))).sum().backward()
        optimiser.step()
    decayed = crf.to_numpy()
    for name, scores in crf.state_dict().items():
        expected = getattr(decayed, name)
        assert np.array_equal(scores.numpy(), expected)
        assert np.array_equal(expected == FORBIDDEN, ~getattr(allowed, name))


def test_a_state_dict_is_all_that_decoding_needs():
    torch.manual_seed(0)
    crf = CRF(5, allowed_moves(BIOES))
    with torch.no_grad():
        for parameter in crf.parameters():
            parameter.normal_()
    assert list(crf.state_dict()) == ["between", "first", "last"]
    twin = CRF(5, allowed_moves(BIOES))
    twin.load_state_dict(copy.deepcopy(crf).state_dict())
    scores = np.random.default_rng(0).normal(size=(3, 8, 5)).astype(np.float32)
    every_token = np.ones((3, 8), bool)
    assert np.array_equal(
        viterbi(scores, every_token, crf.to_numpy()), viterbi(scores, every_token, twin.to_numpy())
    )


def test_a_wrong_argument_is_named():
    with pytest.raises(ConfigError) as caught:
        CRF(0)
    assert str(caught.value) == "num_tags must be at least 1; got 0"
    with pytest.raises(ConfigError) as caught:
        CRF(4, allowed_moves(BIOES))
    assert str(caught.value) == "allowed must be for num_tags tags, 4; got 5"

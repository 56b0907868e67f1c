import numpy as np
import pytest
import torch
import torchcrf
from hypothesis import given, settings

from headgate.decoding import FORBIDDEN, AllowedMoves, Transitions, viterbi
from tests.decoding.chains import chains, draw_chains, draw_moves
from tests.oracles import paths


@settings(deadline=None, max_examples=60)
@given(given_chains=chains)
def test_viterbi_finds_the_best_of_all_paths(given_chains):
    moves, mask = given_chains.transitions, given_chains.token_mask
    found = viterbi(given_chains.scores, mask, moves)
    assert np.all(found[~mask] == 0)
    for row, sentence in enumerate(given_chains.sentences()):
        path = tuple(found[row, mask[row]].tolist())
        best = max(paths.every_path(sentence, moves).values())
        assert paths.score(path, sentence, moves) == pytest.approx(best, rel=1e-12, abs=1e-9)


def test_a_forbidden_move_is_made_only_where_there_is_no_other():
    allowed = AllowedMoves(
        np.array([[True, False], [True, True]]), np.array([True, True]), np.array([True, True])
    )
    moves = Transitions(np.zeros((2, 2)), np.zeros(2), np.zeros(2)).constrained(allowed)
    assert moves.between[0, 1] == FORBIDDEN
    scores = np.array([[[9.0, 0.0], [0.0, 9.0], [0.0, 9.0]]])
    assert viterbi(scores, np.ones((1, 3), bool), moves).tolist() == [[1, 1, 1]]
    nowhere = moves.constrained(AllowedMoves(allowed.between, np.zeros(2, bool), allowed.last))
    assert viterbi(scores, np.ones((1, 3), bool), nowhere).tolist() == [[1, 1, 1]]


def test_cooling_keeps_what_is_forbidden():
    moves = Transitions(np.array([[3.0, FORBIDDEN], [-1.0, 0.5]]), np.array([FORBIDDEN, 2.0]), np.zeros(2))
    cooled = moves.cooled(20.0)
    assert cooled.between.tolist() == [[0.15, FORBIDDEN], [-0.05, 0.025]]
    assert cooled.first.tolist() == [FORBIDDEN, 0.1]


@pytest.mark.parametrize("shape", [(0, 3, 2), (2, 0, 2)])
def test_nothing_to_decode_is_decoded_to_nothing(shape):
    moves = Transitions(np.zeros((2, 2)), np.zeros(2), np.zeros(2))
    assert viterbi(np.zeros(shape), np.zeros(shape[:2], bool), moves).shape == shape[:2]


def test_padding_holes_and_batch_mates_never_change_a_path():
    generator = np.random.default_rng(0)
    for _ in range(20):
        drawn = draw_chains(generator, batch=4, time=9, tags=5)
        scores = np.where(drawn.token_mask[:, :, None], drawn.scores, np.nan)  # nobody looks there
        together = viterbi(scores, drawn.token_mask, drawn.transitions)
        for row, sentence in enumerate(drawn.sentences()):
            alone = viterbi(sentence[None], np.ones((1, len(sentence)), bool), drawn.transitions)
            assert np.array_equal(together[row, drawn.token_mask[row]], alone[0])


def test_viterbi_agrees_with_pytorch_crf_on_real_sizes():
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(8, 30, 17)).astype(np.float32)
    mask = np.arange(30) < generator.integers(1, 31, 8)[:, None]
    moves = draw_moves(generator, 17, constrained=False)
    twin = torchcrf.CRF(17, batch_first=True).double()
    with torch.no_grad():
        twin.transitions.copy_(torch.from_numpy(moves.between))
        twin.start_transitions.copy_(torch.from_numpy(moves.first))
        twin.end_transitions.copy_(torch.from_numpy(moves.last))
    expected = twin.decode(torch.from_numpy(scores).double(), torch.from_numpy(mask))
    found = viterbi(scores, mask, moves)
    assert [found[row, mask[row]].tolist() for row in range(8)] == expected


def test_five_thousand_steps_are_no_different_from_fifty():
    generator = np.random.default_rng(0)
    half = generator.normal(size=(1, 50, 4)).astype(np.float32)
    moves = Transitions(generator.normal(size=(4, 4)), np.zeros(4), np.zeros(4))
    # A hundred copies, kept apart by tokens whose tag is beyond doubt, have a hundred times the same path.
    sure = np.array([[[1e6, 0.0, 0.0, 0.0]]], np.float32)
    copy = np.concatenate([sure, half[:, 1:-1], sure], axis=1)
    once = viterbi(copy, np.ones((1, 50), bool), moves)
    many = viterbi(np.tile(copy, (1, 100, 1)), np.ones((1, 5000), bool), moves)
    assert np.array_equal(many, np.tile(once, 100))

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import Segment, Transitions, allowed_moves, forward_backward, marginals
from headgate.errors import ConfigError
from tests.decoding.chains import chains, draw_chains, draw_moves
from tests.oracles import paths


def assert_close(found, expected, tolerance=1e-9):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@settings(deadline=None, max_examples=60)
@given(given_chains=chains)
def test_a_marginal_is_the_share_of_all_paths_that_have_the_tag(given_chains):
    found = marginals(given_chains.scores, given_chains.token_mask, given_chains.transitions)
    assert found.shape == given_chains.scores.shape and found.dtype == np.float64
    assert np.all(found[~given_chains.token_mask] == 0.0)
    assert np.all((found >= 0.0) & (found <= 1.0))
    assert_close(found.sum(axis=2), given_chains.token_mask)
    for row, sentence in enumerate(given_chains.sentences()):
        expected = np.zeros(sentence.shape)
        for path, share in paths.probabilities(sentence, given_chains.transitions).items():
            for step, tag in enumerate(path):
                expected[step, tag] += share
        assert_close(found[row, given_chains.token_mask[row]], expected)


@settings(deadline=None, max_examples=60)
@given(given_chains=chains, data=st.data())
def test_a_segments_probability_is_the_share_of_all_paths_that_have_its_tags_there(given_chains, data):
    lattice = forward_backward(given_chains.scores, given_chains.token_mask, given_chains.transitions)
    segments, expected = [], []
    for row, sentence in enumerate(given_chains.sentences()):
        for _ in range(3 if len(sentence) else 0):
            start = data.draw(st.integers(0, len(sentence) - 1))
            end = data.draw(st.integers(start + 1, len(sentence)))
            tag = st.integers(0, sentence.shape[1] - 1)
            tags = tuple(data.draw(st.lists(tag, min_size=end - start, max_size=end - start)))
            segments.append(Segment(row, start, tags))
            expected.append(
                paths.probability_that(
                    lambda path, start=start, end=end, tags=tags: path[start:end] == tags,
                    sentence,
                    given_chains.transitions,
                )
            )
    assert_close(lattice.segment_probabilities(segments), expected)


def test_in_bio_a_name_that_ends_is_the_difference_of_two_segments():
    tags = ("O", "B-PER", "I-PER")
    generator = np.random.default_rng(0)
    moves = draw_moves(generator, 3, constrained=False).constrained(allowed_moves(tags))
    scores = generator.normal(size=(1, 5, 3))
    lattice = forward_backward(scores, np.ones((1, 5), bool), moves)
    two, three = lattice.segment_probabilities([Segment(0, 1, (1, 2)), Segment(0, 1, (1, 2, 2))])
    expected = paths.probability_that(lambda path: path[1:3] == (1, 2) and path[3] != 2, scores[0], moves)
    assert two - three == pytest.approx(expected, abs=1e-12)


def test_padding_holes_and_batch_mates_never_change_a_probability():
    generator = np.random.default_rng(0)
    for _ in range(20):
        drawn = draw_chains(generator, batch=4, time=9, tags=5, kind="plain", constrained=True)
        scores = np.where(drawn.token_mask[:, :, None], drawn.scores, np.nan)  # nobody looks there
        together = marginals(scores, drawn.token_mask, drawn.transitions)
        for row, sentence in enumerate(drawn.sentences()):
            alone = marginals(sentence[None], np.ones((1, len(sentence)), bool), drawn.transitions)
            assert_close(together[row, drawn.token_mask[row]], alone[0], 1e-12)


@pytest.mark.parametrize("size", [1.0, 1e4])
def test_five_thousand_steps_neither_overflow_nor_vanish(size):
    generator = np.random.default_rng(0)
    scores = (size * generator.normal(size=(1, 5000, 3))).astype(np.float32)
    moves = draw_moves(generator, 3, constrained=False)
    lattice = forward_backward(scores, np.ones((1, 5000), bool), moves)
    assert np.all(np.isfinite(lattice.log_partition))
    assert_close(lattice.marginals().sum(axis=2), 1.0)


@pytest.mark.parametrize("size", [1.0, 30.0])
def test_far_inside_a_long_text_probabilities_are_those_of_the_neighbourhood(size):
    generator = np.random.default_rng(0)
    scores = size * generator.normal(size=(1, 5000, 3))
    moves = draw_moves(generator, 3, constrained=False)
    whole = forward_backward(scores, np.ones((1, 5000), bool), moves)
    near = forward_backward(scores[:, 2400:2600], np.ones((1, 200), bool), moves)
    assert_close(whole.marginals()[0, 2490:2510], near.marginals()[0, 90:110])
    here, there = ([Segment(0, start, (tag, 2, tag)) for tag in range(3)] for start in (2500, 100))
    assert_close(whole.segment_probabilities(here), near.segment_probabilities(there))


@pytest.mark.parametrize("between", [-10_000.0, -800.0, 0.0])
@pytest.mark.parametrize("middle", [1590.0, 1600.0, 1610.0])
def test_what_is_nearly_nothing_at_both_ends_still_counts_for_what_it_gains_between(between, middle):
    scores = np.zeros((1, 6, 2))
    scores[0, [0, -1], 1] = -800.0  # e^-800 is 0 as a number
    scores[0, 1:5, 1] = middle / 4
    moves = Transitions(np.array([[0.0, between], [between, 0.0]]), np.zeros(2), np.array([0.0, 0.5]))
    lattice = forward_backward(scores, np.ones((1, 6), bool), moves)
    expected = np.zeros((6, 2))
    for path, share in paths.probabilities(scores[0], moves).items():
        expected[np.arange(6), list(path)] += share
    assert_close(lattice.marginals()[0], expected)
    segment = Segment(0, 0, (1,) * 6)
    share = paths.probability_that(lambda path: path == segment.tags, scores[0], moves)
    assert_close(lattice.segment_probabilities([segment]), [share])


def test_without_scores_of_moves_a_marginal_is_a_softmax():
    scores = np.random.default_rng(0).normal(size=(2, 4, 3))
    nothing = Transitions(np.zeros((3, 3)), np.zeros(3), np.zeros(3))
    weights = np.exp(scores)
    expected = weights / weights.sum(axis=2, keepdims=True)
    assert_close(marginals(scores, np.ones((2, 4), bool), nothing), expected, 1e-12)


@pytest.mark.parametrize(
    ("start", "tags", "got"),
    [(0, (), "0 from token 0 on"), (-1, (0,), "1 from token -1 on"), (1, (0, 0), "2 from token 1 on")],
)
def test_a_segment_beyond_the_tokens_is_refused(start, tags, got):
    moves = draw_moves(np.random.default_rng(0), 2, constrained=False)
    lattice = forward_backward(np.zeros((1, 3, 2)), np.array([[True, False, True]]), moves)
    with pytest.raises(ConfigError) as caught:
        lattice.segment_probabilities([Segment(0, 0, (0, 0)), Segment(0, start, tags)])
    rule = "a segment must cover at least 1 of its row's 2 tokens, and no others"
    assert str(caught.value) == f"{rule}; got {got}"

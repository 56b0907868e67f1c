from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import FORBIDDEN
from headgate.tasks import Span, TagSpace, spans_of, to_bio, to_bioes
from tests.decoding.chains import draw_moves
from tests.oracles import paths

SPANS = TagSpace(("O", "B-PER", "E-PER", "I-PER", "S-PER"))
TWO_LABELS = TagSpace.of_sentences([["B-PER", "B-LOC"]], marks_spans=True)
PLAIN = TagSpace(("NOUN", "O", "VERB"))
TWO_SENTENCES = st.lists(st.integers(0, 4), min_size=1, max_size=3)

drawn = given(
    seed=st.integers(0, 2**32 - 1),
    space=st.sampled_from([SPANS, PLAIN]),
    lengths=TWO_SENTENCES,
    temperature=st.sampled_from([0.3, 1.0, 4.0]),
)


def draw(seed, space, lengths):
    """Scores of sentences of these lengths, padding after them, and scores of the moves."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(len(lengths), max(1, *lengths, 1), len(space)))
    token_mask = np.arange(scores.shape[1]) < np.array(lengths)[:, None]
    return scores, token_mask, space.constrained(draw_moves(generator, len(space), constrained=False))


def cooled_paths(scores, moves, temperature) -> dict[tuple[int, ...], float]:
    """All paths and their probabilities, the scores divided by a temperature."""
    return paths.probabilities(scores / temperature, moves.cooled(temperature))


# ---------------------------------------------------------------- scores → answers


@settings(deadline=None, max_examples=25)
@drawn
def test_an_answer_is_the_best_of_all_paths_whatever_the_temperature(seed, space, lengths, temperature):
    scores, token_mask, moves = draw(seed, space, lengths)
    answers = space.decode(scores, token_mask, moves, temperature)
    for row, (answer, length) in enumerate(zip(answers, lengths, strict=True)):
        scored = paths.every_path(scores[row, :length], moves)
        best = [space.tags[number] for number in max(scored, key=scored.get)]
        if not space.marks_spans:
            assert (answer.tags, answer.spans, answer.span_scores) == (best, [], [])
        else:
            assert answer.spans == spans_of(best)
            assert answer.tags == to_bio(answer.spans, length)


@settings(deadline=None, max_examples=25)
@drawn
def test_a_tags_score_is_the_share_of_all_paths_that_show_it_there(seed, space, lengths, temperature):
    scores, token_mask, moves = draw(seed, space, lengths)
    answers = space.decode(scores, token_mask, moves, temperature)
    for row, (answer, length) in enumerate(zip(answers, lengths, strict=True)):
        of_paths = cooled_paths(scores[row, :length], moves, temperature)
        for place, (tag, found) in enumerate(zip(answer.tags, answer.scores, strict=True)):
            expected = sum(share for path, share in of_paths.items() if space.shown[path[place]] == tag)
            assert found == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), lengths=TWO_SENTENCES, temperature=st.sampled_from([0.3, 1.0, 4.0]))
def test_a_spans_score_is_the_share_of_all_paths_that_have_exactly_it(seed, lengths, temperature):
    scores, token_mask, moves = draw(seed, SPANS, lengths)
    answers = SPANS.decode(scores, token_mask, moves, temperature)
    for row, (answer, length) in enumerate(zip(answers, lengths, strict=True)):
        of_paths = cooled_paths(scores[row, :length], moves, temperature)
        for span, found in zip(answer.spans, answer.span_scores, strict=True):
            expected = sum(
                share
                for path, share in of_paths.items()
                if span in spans_of([SPANS.tags[one] for one in path])
            )
            assert found == pytest.approx(expected, abs=1e-9)


def test_padding_and_batch_mates_never_change_an_answer():
    scores, token_mask, moves = draw(0, TWO_LABELS, [7, 3, 0])
    together = TWO_LABELS.decode(np.where(token_mask[:, :, None], scores, np.nan), token_mask, moves, 1.5)
    for row, length in enumerate((7, 3, 0)):
        alone = TWO_LABELS.decode(scores[row, None, :length], np.ones((1, length), bool), moves, 1.5)[0]
        assert (together[row].tags, together[row].spans) == (alone.tags, alone.spans)
        np.testing.assert_allclose(together[row].scores, alone.scores, atol=1e-12)
        np.testing.assert_allclose(together[row].span_scores, alone.span_scores, atol=1e-12)


@given(shares=st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_a_tags_shown_share_is_that_of_all_that_are_shown_alike(shares):
    shares = np.array(shares) / max(sum(shares), 1.0)
    begins, inside = shares[1] + shares[4], shares[2] + shares[3]
    expected = [shares[0], begins, inside, inside, begins]
    np.testing.assert_allclose(SPANS.shown_shares(shares), expected, atol=1e-12)
    twice = SPANS.shown_shares(np.stack([shares, shares]))
    np.testing.assert_array_equal(twice[1], SPANS.shown_shares(shares))
    np.testing.assert_allclose(PLAIN.shown_shares(shares[:3]), shares[:3])


# ---------------------------------------------------------------- tags, their names and their numbers


def test_spans_are_bioes_inside_and_bio_outside():
    assert TWO_LABELS.tags == (
        *("O", "B-LOC", "B-PER", "E-LOC", "E-PER", "I-LOC", "I-PER", "S-LOC", "S-PER"),
    )
    assert TWO_LABELS.shown == (
        *("O", "B-LOC", "B-PER", "I-LOC", "I-PER", "I-LOC", "I-PER", "B-LOC", "B-PER"),
    )
    assert TWO_LABELS.names == ("LOC", "PER")
    assert len(TWO_LABELS) == 9


def test_plain_tags_are_the_same_on_both_sides():
    space = TagSpace.of_sentences([["VERB", "NOUN"], ["O", "NOUN"], []], marks_spans=False)
    assert space.tags == space.shown == space.names == ("NOUN", "O", "VERB")
    assert not space.marks_spans
    moves = space.constrained(draw_moves(np.random.default_rng(0), 3, constrained=False))
    assert min(part.min() for part in vars(moves).values()) > FORBIDDEN / 2  # nothing is forbidden


@pytest.mark.parametrize(
    "tags", [["B-X", "I-X", "O"], ["I-X", "I-X", "O"], ["B-X", "E-X", "O"], ["U-X", "L-X", "O"]], ids=" ".join
)
def test_every_scheme_gives_the_same_space(tags):
    space = TagSpace.of_sentences([tags], marks_spans=True)
    assert space.tags == ("O", "B-X", "E-X", "I-X", "S-X")
    assert space.names == ("X",)


def test_labels_of_bare_tags_are_the_empty_one():
    space = TagSpace.of_sentences([["B", "I", "O"]], marks_spans=True)
    assert space.tags == ("O", "B", "E", "I", "S")
    assert (space.names, space.knows("I"), space.knows("I-X")) == (("",), True, False)


@pytest.mark.parametrize("sentences", [[], [[]], [["O", "O"]]])
def test_without_spans_there_is_one_tag(sentences):
    assert TagSpace.of_sentences(sentences, marks_spans=True).tags == ("O",)


@st.composite
def tagged(draw) -> tuple[int, list[Span]]:
    """A length, and spans in it that may touch."""
    cuts = sorted(draw(st.sets(st.integers(0, 9), max_size=5)))
    spans = [
        Span(start, end, draw(st.sampled_from(["PER", "LOC"])))
        for start, end in pairwise(cuts)
        if draw(st.booleans())
    ]
    return 10, spans


@given(problem=tagged())
def test_the_numbers_of_a_sentences_tags_are_those_of_its_spans_in_any_scheme(problem):
    length, spans = problem
    bioes = to_bioes(spans, length)
    for written in (bioes, to_bio(spans, length)):
        numbers = TWO_LABELS.numbers(written)
        assert numbers.dtype == np.int64
        assert [TWO_LABELS.tags[number] for number in numbers] == bioes
        moves = TWO_LABELS.constrained(draw_moves(np.random.default_rng(0), 9, constrained=False))
        # The path is one that is allowed.
        assert paths.score(numbers.tolist(), np.zeros((length, 9)), moves) > FORBIDDEN / 2


def test_plain_tags_are_numbered_as_they_are():
    assert PLAIN.numbers(["VERB", "NOUN"]).tolist() == [2, 0]
    assert PLAIN.numbers([]).tolist() == []


@pytest.mark.parametrize(("space", "tag"), [(PLAIN, "ADJ"), (SPANS, "B-LOC")])
def test_a_tag_that_is_not_there_has_no_number(space, tag):
    assert not space.knows(tag)
    with pytest.raises(KeyError):
        space.numbers([tag])


@pytest.mark.parametrize("tag", ["O", "B-PER", "I-PER", "E-PER", "S-PER", "L-PER", "U-PER", "M-PER", "W-PER"])
def test_a_span_tag_is_known_by_its_label_alone(tag):
    assert SPANS.knows(tag)
    assert tag == "O" or not SPANS.knows(f"{tag[0]}-ORG")


def test_a_space_of_a_models_labels_is_the_one_that_it_was_trained_with():
    for space in (SPANS, TWO_LABELS, PLAIN):
        again = TagSpace(space.tags)
        assert (again.shown, again.names, again.marks_spans) == (space.shown, space.names, space.marks_spans)
        np.testing.assert_array_equal(again.allowed.between, space.allowed.between)

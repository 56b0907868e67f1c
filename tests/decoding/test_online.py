import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import FORBIDDEN, OnlineDecoder, Transitions, allowed_moves, viterbi
from tests.decoding.chains import draw_moves
from tests.oracles import paths

BIOES = ("O", "B-PER", "I-PER", "E-PER", "S-PER")
SCHEMES = (("X", "Y"), ("X", "Y", "Z"), ("O", "B-PER", "I-PER"), BIOES)


def draw(seed, tags, time, kind="plain") -> tuple[np.ndarray, Transitions]:
    """The scores of one sentence, and of the moves that the scheme of the tags allows."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(time, len(tags)))
    moves = draw_moves(generator, len(tags), constrained=False)
    if kind == "tied":
        scores = np.rint(scores)
        moves = Transitions(*(np.rint(part) for part in vars(moves).values()))
    if kind == "wide":
        scores *= 30.0
    return scores.astype(np.float32), moves.constrained(allowed_moves(tags))


def whole(scores, moves) -> list[int]:
    return viterbi(scores[None], np.ones((1, len(scores)), bool), moves)[0].tolist()


def pushed(decoder, scores) -> list[list]:
    """What each token's scores decide."""
    return [decoder.push(one) for one in scores]


def decoded(decoder, scores) -> list[int]:
    """The tags of a whole text, from where the decoder stands."""
    decided = [one for some in pushed(decoder, scores) for one in some]
    return [one.tag for one in [*decided, *decoder.finish()]]


sentences = given(
    seed=st.integers(0, 2**32 - 1),
    tags=st.sampled_from(SCHEMES),
    time=st.integers(0, 25),
    kind=st.sampled_from(["plain", "wide"]),
)
short_sentences = given(seed=st.integers(0, 2**32 - 1), tags=st.sampled_from(SCHEMES), time=st.integers(1, 5))


@settings(deadline=None, max_examples=40)
@sentences
def test_the_tags_given_out_are_viterbis_best_path(seed, tags, time, kind):
    scores, moves = draw(seed, tags, time, kind)
    assert decoded(OnlineDecoder(moves), scores) == whole(scores, moves)


@settings(deadline=None, max_examples=25)
@short_sentences
def test_of_equally_good_paths_it_gives_out_one(seed, tags, time):
    scores, moves = draw(seed, tags, time, "tied")
    best = max(paths.every_path(scores, moves).values())
    assert paths.score(decoded(OnlineDecoder(moves), scores), scores, moves) == pytest.approx(best)


def best_ways(scores, moves) -> list[tuple[int, ...]]:
    """The best path through these tokens if the text ends here, and for each tag that may come next."""
    endings = [moves.last, *moves.between.T]
    found = []
    for ending in endings:
        scored = paths.every_path(scores, Transitions(moves.between, moves.first, ending))
        best = max(scored, key=scored.get)
        if scored[best] > FORBIDDEN / 2:
            found.append(best)
    return found


@settings(deadline=None, max_examples=25)
@short_sentences
def test_a_tag_is_given_out_as_soon_as_nothing_can_change_it_and_no_sooner(seed, tags, time):
    scores, moves = draw(seed, tags, time)
    decoder, decided = OnlineDecoder(moves), 0
    for step in range(time):
        decided += len(decoder.push(scores[step]))
        ways = best_ways(scores[: step + 1], moves)
        agreed = [len(set(tags_there)) == 1 for tags_there in zip(*ways, strict=True)]
        assert decided == [*agreed, False].index(False)


def test_without_scores_of_moves_every_token_is_decided_at_once():
    scores, _ = draw(0, ("X", "Y", "Z"), 20)
    nothing = Transitions(np.zeros((3, 3)), np.zeros(3), np.zeros(3))
    decoder = OnlineDecoder(nothing)
    assert [[one.tag for one in decided] for decided in pushed(decoder, scores)] == [
        [tag] for tag in scores.argmax(axis=1)
    ]
    assert decoder.finish() == []


def test_outside_every_span_a_token_waits_for_the_next_alone():
    outside = np.array([9.0, 0.0, 0.0, 0.0, 0.0], np.float32)
    nothing = Transitions(np.zeros((5, 5)), np.zeros(5), np.zeros(5))
    decoder = OnlineDecoder(nothing.constrained(allowed_moves(BIOES)))
    assert [len(decided) for decided in pushed(decoder, [outside] * 12)] == [0] + [1] * 11
    assert [one.tag for one in decoder.finish()] == [0]


@settings(deadline=None, max_examples=25)
@short_sentences
def test_shares_are_those_of_all_paths_through_what_has_been_read(seed, tags, time):
    scores, moves = draw(seed, tags, time)
    open_ended = Transitions(moves.between, moves.first, np.zeros_like(moves.last))
    decoder, decided = OnlineDecoder(moves), 0
    for read in range(1, time + 2):
        ended = read > time
        found = decoder.finish() if ended else decoder.push(scores[read - 1])
        of_paths = paths.probabilities(scores[:read], moves if ended else open_ended)
        for place, one in enumerate(found, start=decided):
            expected = np.zeros(len(tags))
            for path, share in of_paths.items():
                expected[path[place]] += share
            np.testing.assert_allclose(one.shares, expected, rtol=0, atol=1e-9)
            assert one.shares.sum() == pytest.approx(1.0)
        decided += len(found)
    assert decided == time


@settings(deadline=None, max_examples=25)
@sentences
def test_a_state_that_is_put_back_goes_on_to_the_same_tags(seed, tags, time, kind):
    scores, moves = draw(seed, tags, time, kind)
    cut = seed % (time + 1)
    first = OnlineDecoder(moves)
    before = [one.tag for some in pushed(first, scores[:cut]) for one in some]
    state = first.state
    copies = {name: np.array(array) for name, array in vars(state).items()}
    rest = decoded(first, scores[cut:])
    decoded(first, scores)  # whatever the first one reads next
    again = OnlineDecoder(moves)
    again.state = state
    assert before + decoded(again, scores[cut:]) == before + rest == whole(scores, moves)
    np.testing.assert_equal(vars(state), copies)


def test_two_thousand_tokens_are_no_different_from_two_hundred():
    tags = ("O", *(f"{part}-{label}" for label in ("LOC", "PER") for part in "BIES"))
    scores, moves = draw(0, tags, 2000)
    decoder = OnlineDecoder(moves)
    found, waiting = [], []
    for one in scores:
        found += decoder.push(one)
        waiting.append(len(decoder.state.pending))
    found += decoder.finish()
    assert [one.tag for one in found] == whole(scores, moves)
    assert max(waiting) < 60
    np.testing.assert_allclose([one.shares.sum() for one in found], 1.0)
    state = decoder.state
    assert np.abs(state.best[state.best > FORBIDDEN / 2]).max() < 100  # it does not grow with the text
    assert np.all(np.isfinite(state.total))


def test_a_text_without_tokens_has_no_tags():
    _, moves = draw(0, BIOES, 0)
    assert OnlineDecoder(moves).finish() == []

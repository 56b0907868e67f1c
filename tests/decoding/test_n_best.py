import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import FORBIDDEN, n_best, viterbi
from headgate.errors import ConfigError
from tests.decoding.chains import chains, draw_chains, draw_moves
from tests.oracles import paths


def breaks_a_rule(path, sentence, moves) -> bool:
    return paths.score(path, np.zeros_like(sentence), moves) < FORBIDDEN / 2


@settings(deadline=None, max_examples=60)
@given(given_chains=chains, n=st.integers(1, 100))
def test_the_n_best_are_the_first_of_all_allowed_paths_when_sorted(given_chains, n):
    moves = given_chains.transitions
    for sentence in given_chains.sentences():
        found = n_best(sentence, moves, n)
        shares = paths.probabilities(sentence, moves)
        allowed = [path for path in shares if not breaks_a_rule(path, sentence, moves)]
        assert len(found) == min(n, len(allowed)) == len({path for path, _ in found})
        assert {path for path, _ in found} <= set(allowed)
        for path, share in found:
            assert share == pytest.approx(shares[path], abs=1e-9)
        # Among ties any order will do: the scores are compared, not the paths.
        best = sorted((paths.score(path, sentence, moves) for path in allowed), reverse=True)[:n]
        of_found = [paths.score(path, sentence, moves) for path, _ in found]
        np.testing.assert_allclose(of_found, best, rtol=0, atol=1e-9)


def test_the_best_of_the_n_best_is_viterbis():
    generator = np.random.default_rng(0)
    for _ in range(10):
        drawn = draw_chains(generator, batch=1, time=20, tags=9)
        path = viterbi(drawn.scores, np.ones((1, 20), bool), drawn.transitions)[0].tolist()
        assert list(n_best(drawn.scores[0], drawn.transitions, 4)[0][0]) == path


def test_a_sentence_without_tokens_has_one_path():
    assert n_best(np.zeros((0, 3)), draw_moves(np.random.default_rng(0), 3, constrained=False), 5) == [
        ((), 1.0)
    ]


def test_n_must_be_positive():
    with pytest.raises(ConfigError) as caught:
        n_best(np.zeros((2, 3)), draw_moves(np.random.default_rng(0), 3, constrained=False), 0)
    assert str(caught.value) == "n must be at least 1; got 0"

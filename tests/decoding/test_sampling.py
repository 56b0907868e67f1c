import math
from bisect import bisect_right
from itertools import accumulate, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import Sampler, Sampling, draw
from headgate.errors import ConfigError
from tests.decoding.step_models import draw_model


def chances_slowly(scores, sampling, seen=(), forbidden=()):
    """Unit by unit, as the methods' papers have it; one row."""
    left = {unit: score for unit, score in enumerate(scores) if unit not in forbidden}
    for unit in set(seen) & set(left):
        penalty = sampling.repetition_penalty
        left[unit] = left[unit] / penalty if left[unit] > 0 else left[unit] * penalty
    best = max(left.values())
    weights = {unit: math.exp((score - best) / sampling.temperature) for unit, score in left.items()}
    ranked = sorted(weights, key=lambda unit: (-weights[unit], unit))[: sampling.top_k]
    if sampling.top_p is not None and sampling.top_p < 1:  # all units are kept, however small their chance
        whole = math.fsum(weights[unit] for unit in ranked)
        sums = [math.fsum(weights[unit] for unit in ranked[:count]) for count in range(len(ranked))]
        ranked = [unit for unit, before in zip(ranked, sums, strict=True) if before < sampling.top_p * whole]
    if sampling.min_p is not None:
        ranked = [unit for unit in ranked if weights[unit] >= sampling.min_p * weights[ranked[0]]]
    whole = math.fsum(weights[unit] for unit in ranked)
    return [weights[unit] / whole if unit in ranked else 0.0 for unit in range(len(scores))]


shares = st.none() | st.sampled_from([0.05, 0.2, 0.5, 0.9, 1.0])
samplings = st.builds(
    Sampling,
    temperature=st.sampled_from([0.05, 0.7, 1.0, 2.0]),
    top_k=st.none() | st.integers(1, 12),
    top_p=shares,
    min_p=shares,
    repetition_penalty=st.sampled_from([1.0, 1.3, 4.0, 0.8]),
)


def draw_scores(seed, rows, vocab, tied):
    scores = np.random.default_rng(seed).normal(scale=2.0, size=(rows, vocab)).astype(np.float32)
    return np.rint(scores) if tied else scores


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 3),
    vocab=st.integers(2, 10),
    tied=st.booleans(),
    sampling=samplings,
)
def test_chances_are_those_of_the_filters_applied_unit_by_unit(seed, rows, vocab, tied, sampling):
    scores = draw_scores(seed, rows, vocab, tied)
    seen_mask = np.random.default_rng(seed + 1).random((rows, vocab)) < 0.4
    forbidden = [seed % vocab][: seed % 2]
    found = sampling.distribution(scores, seen_mask, forbidden)
    for row, chances in enumerate(found.tolist()):
        seen = np.flatnonzero(seen_mask[row]).tolist()
        expected = chances_slowly(scores[row].tolist(), sampling, seen, forbidden)
        assert chances == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert [chance > 0 for chance in chances] == [chance > 0 for chance in expected]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), tied=st.booleans(), sampling=samplings)
def test_a_row_has_the_same_chances_alone_to_the_last_bit(seed, tied, sampling):
    scores = draw_scores(seed, 4, 50, tied)
    together = sampling.distribution(scores)
    for row in range(4):
        assert np.array_equal(sampling.distribution(scores[row : row + 1])[0], together[row])


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), tied=st.booleans(), sampling=samplings)
def test_the_likeliest_unit_is_always_left_and_the_chances_sum_to_one(seed, tied, sampling):
    scores = draw_scores(seed, 3, 20, tied)
    found = sampling.distribution(scores)
    assert np.all(np.take_along_axis(found, scores.argmax(axis=1)[:, None], axis=1) > 0)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-12)


def test_without_settings_chances_are_the_models_own():
    scores = draw_scores(0, 2, 9, tied=False)
    exponentials = np.exp(scores.astype(np.float64))
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Sampling().distribution(scores), expected, rtol=1e-12)


def test_top_p_stops_where_the_chances_come_to_it_exactly():
    found = Sampling(top_p=0.5).distribution(np.zeros((1, 4)))
    assert found.tolist() == [[0.5, 0.5, 0.0, 0.0]]


def test_top_p_of_one_keeps_what_is_too_unlikely_to_change_a_sum():
    found = Sampling(top_p=1.0).distribution(np.array([[0.0, -40.0]]))
    assert found[0].tolist() == pytest.approx([1.0, math.exp(-40)], rel=1e-9)


@pytest.mark.parametrize(
    "sampling",
    [Sampling(top_k=1, temperature=5.0, min_p=0.1), Sampling(temperature=1e-310), Sampling(top_p=1e-9)],
)
def test_the_narrowest_sampling_is_greedy(sampling):
    scores = draw_scores(0, 5, 30, tied=False)
    assert np.array_equal(sampling.distribution(scores), np.eye(30)[scores.argmax(axis=1)])


def test_the_penalty_makes_a_seen_unit_less_likely_whatever_the_sign_of_its_score():
    scores = np.array([[2.0, -2.0, 0.5]])
    plain = Sampling().distribution(scores)[0]
    for unit in (0, 1):
        seen_mask = np.arange(3)[None] == unit
        assert Sampling(repetition_penalty=1.5).distribution(scores, seen_mask)[0, unit] < plain[unit]


def test_draws_are_the_inverse_of_the_running_sum():
    chances = Sampling(top_p=0.9).distribution(draw_scores(0, 40, 12, tied=False))
    drawn = draw(chances, np.random.default_rng(3).spawn(40))
    numbers = [generator.random() for generator in np.random.default_rng(3).spawn(40)]
    assert drawn.tolist() == [
        bisect_right(list(accumulate(row)), number)
        for row, number in zip(chances.tolist(), numbers, strict=True)
    ]


def test_units_are_drawn_as_often_as_they_are_likely_and_those_of_no_chance_never():
    chances = np.array([0.0, 0.5, 0.2, 0.0, 0.3, 0.0])
    draws, generator = 20_000, np.random.default_rng(0)
    drawn = draw(np.tile(chances, (draws, 1)), [generator] * draws)
    counts = np.bincount(drawn, minlength=6)
    assert np.all(counts[chances == 0] == 0)
    spread = np.sqrt(draws * chances * (1 - chances))
    assert np.all(np.abs(counts - draws * chances) <= 4 * spread)


def test_the_number_zero_draws_no_unit_of_no_chance():
    zeros = np.random.MT19937()
    zeros.state = {"bit_generator": "MT19937", "state": {"key": np.zeros(624, np.uint32), "pos": 624}}
    generator = np.random.Generator(zeros)
    assert generator.random() == 0.0
    assert draw(np.array([[0.0, 0.0, 0.4, 0.6]]), [generator]).tolist() == [2]


def sampler_of(model, rows, *, seed=0, sampling=None, prompt=(), forbidden=()):
    """A sampler of the given samples of a seed, each by its number."""
    spawned = np.random.default_rng(seed).spawn(max(rows) + 1)
    seen_mask = np.zeros((len(rows), len(model.embedding)), bool)
    seen_mask[:, list(prompt)] = True
    return Sampler(
        model,
        *model.start(len(rows)),
        sampling or Sampling(),
        [spawned[row] for row in rows],
        seen_mask=seen_mask,
        forbidden=forbidden,
    )


def written(sampler, steps) -> list[list[int]]:
    return np.array(list(islice(sampler, steps))).T.tolist()


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), sampling=samplings, vocab=st.integers(2, 9))
def test_what_is_drawn_are_draws_from_the_chances_after_each_unit(seed, sampling, vocab):
    model = draw_model(seed, vocab=vocab)
    (found,) = written(sampler_of(model, [0], seed=seed, sampling=sampling, prompt=(1,)), 8)
    generator = np.random.default_rng(seed).spawn(1)[0]
    scores, state = model.start()
    for place, unit in enumerate(found):
        chances = chances_slowly(scores[0].tolist(), sampling, {1, *found[:place]})
        sums = list(accumulate(chances))
        assert unit == bisect_right(sums, generator.random() * sums[-1])
        scores, state = model.step(np.array([unit]), state)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    sampling=samplings,
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5),
)
def test_a_sample_is_the_same_whichever_others_run_beside_it_and_for_how_long(seed, sampling, lengths):
    model = draw_model(seed, vocab=6)
    sampler = sampler_of(model, range(len(lengths)), seed=seed, sampling=sampling, prompt=(2,))
    texts, running = [[] for _ in lengths], list(range(len(lengths)))

    def drop_what_is_over():
        running_mask = np.array([len(texts[row]) < lengths[row] for row in running])
        sampler.keep(running_mask)
        running[:] = [row for row, goes_on in zip(running, running_mask, strict=True) if goes_on]

    drop_what_is_over()
    for ids in sampler:
        for row, unit in zip(running, ids.tolist(), strict=True):
            texts[row].append(unit)
        drop_what_is_over()
    assert [len(text) for text in texts] == lengths
    steps = [sum(length > step for length in lengths) for step in range(1, max(lengths))]
    assert model.steps == steps  # none for what is over, none after the last unit
    for row, text in enumerate(texts):
        alone = sampler_of(model, [row], seed=seed, sampling=sampling, prompt=(2,))
        assert text == (written(alone, len(text))[0] if text else [])


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), sampling=samplings, rows=st.integers(1, 4))
def test_what_was_drawn_is_as_likely_as_the_model_itself_has_it(seed, sampling, rows):
    model = draw_model(seed, vocab=7)
    sampler = sampler_of(model, range(rows), seed=seed, sampling=sampling, prompt=(1,), forbidden=(0,))
    scores, state = model.start(rows)
    for place, ids in enumerate(sampler):
        found = sampler.log_probabilities.tolist()
        assert found == pytest.approx(
            [log_softmax_slowly(row)[unit] for row, unit in zip(scores, ids, strict=True)]
        )
        running_mask = np.arange(len(ids)) != place % 3
        sampler.keep(running_mask)
        if not running_mask.any() or place == 5:
            break
        scores, state = model.step(ids[running_mask], model.select(state, np.flatnonzero(running_mask)))


def log_softmax_slowly(scores) -> list[float]:
    """Of the model's scores as they are: no temperature, no filter, nothing forbidden."""
    whole = math.log(math.fsum(math.exp(score) for score in scores))
    return [score - whole for score in scores]


def test_forbidden_units_are_never_drawn():
    texts = written(sampler_of(draw_model(0, vocab=4), range(20), forbidden=(0, 3)), 30)
    assert {unit for text in texts for unit in text} == {1, 2}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"temperature": 0.0},
            "temperature must be above 0 and finite; got 0.0 (use --beam 1 to always take the likeliest)",
        ),
        (
            {"temperature": math.nan},
            "temperature must be above 0 and finite; got nan (use --beam 1 to always take the likeliest)",
        ),
        ({"top_k": 0}, "top_k must be at least 1; got 0 (leave it out to keep all units)"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1; got 0.0 (leave it out to keep all units)"),
        ({"min_p": 1.5}, "min_p must be above 0 and at most 1; got 1.5 (leave it out to keep all units)"),
        (
            {"repetition_penalty": 0.0},
            "repetition_penalty must be above 0 and finite; got 0.0 (1 does nothing)",
        ),
    ],
)
def test_a_setting_that_breaks_its_rule_is_refused(options, message):
    with pytest.raises(ConfigError) as caught:
        Sampling(**options)
    assert str(caught.value) == message


def test_at_least_one_unit_must_be_possible():
    with pytest.raises(ConfigError) as caught:
        Sampling().distribution(np.zeros((1, 3)), forbidden=(2, 0, 1))
    assert str(caught.value) == "forbidden must leave at least one of the 3 units possible; got [0, 1, 2]"

import math
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import Hypothesis, beam_search, beam_searches
from headgate.errors import ConfigError
from tests.decoding.step_models import draw_model


def log_softmax(scores):
    total = math.log(math.fsum(math.exp(score - max(scores)) for score in scores)) + max(scores)
    return [score - total for score in scores]


def unread(state):
    """What stands for the coverage: a penalty that depends on all that a row has read."""
    return -np.abs(state.hidden).sum(axis=1)


def extended(model, units, log_probability, scores, state, forbidden):
    """Each continuation of one hypothesis by one unit, and the state that the unit was foretold from."""
    for unit, log in enumerate(log_softmax(scores[0].tolist())):
        if unit not in forbidden:
            yield (*units, unit), log_probability + log, *model.step(np.array([unit]), state), state


def slow_beam(
    model,
    scores,
    state,
    *,
    beam,
    max_steps,
    end=None,
    length_penalty=0.0,
    n_best=1,
    forbidden=(),
    coverage=None,
):
    """One hypothesis at a time, never stopping before nothing is left to go on."""
    running, done = [((), 0.0, scores, state)], []
    for length in range(1, max_steps + 1):
        found = [one for hypothesis in running for one in extended(model, *hypothesis, forbidden)]
        found.sort(key=lambda one: -one[1])
        over = [one[0][-1] == end or length == max_steps for one in found[:beam]]
        for (units, log, *_, before), is_over in zip(found, over, strict=False):
            if is_over:
                score = log / ((5 + len(units)) / 6) ** length_penalty
                done.append(Hypothesis(units, log, score + (coverage(before)[0] if coverage else 0.0)))
        running = [one[:4] for one, is_over in zip(found, over, strict=False) if not is_over]
    return sorted(done, key=lambda one: -one.score)[:n_best]


def assert_same(found, expected):
    assert [one.ids for one in found] == [one.ids for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-9)
        assert one.score == pytest.approx(other.score, abs=1e-9)


def draw_sources(seed, sentences):
    return np.random.default_rng((seed, 1)).normal(scale=2.0, size=(sentences, 3))


def assert_finds_what_the_slow_one_finds(model, sources, limits, slow_beam_size=None, **options):
    """Of all sentences at once what the slow one finds of each."""
    found = beam_searches(model, *model.start_from(sources), max_steps=np.array(limits, int), **options)
    if slow_beam_size is not None:
        options["beam"] = slow_beam_size
    for source, limit, of_sentence in zip(sources, limits, found, strict=True):
        start = model.start_from(source[None])
        assert_same(of_sentence, slow_beam(model, *start, max_steps=limit, **options))


problems = {
    "seed": st.integers(0, 2**32 - 1),
    "vocab": st.integers(2, 4),
    "end": st.sampled_from([None, 0, 1]),
    "length_penalty": st.sampled_from([0.0, 0.6, 1.0, 3.0]),
    "forbidden": st.sampled_from([(), (0,), (1,)]),
}
coverages = st.sampled_from([None, unread])


@settings(deadline=None, max_examples=40)
@given(
    n_best=st.integers(1, 6), limits=st.lists(st.integers(1, 4), max_size=2), coverage=coverages, **problems
)
def test_a_beam_that_holds_every_continuation_finds_the_best_of_all(seed, vocab, limits, n_best, **options):
    model = draw_model(seed, vocab=vocab)
    sources = draw_sources(seed, len(limits))
    options |= {"beam": vocab**4 + n_best, "n_best": n_best}
    assert_finds_what_the_slow_one_finds(model, sources, limits, slow_beam_size=10**9, **options)


@settings(deadline=None, max_examples=60)
@given(
    beam=st.integers(1, 5),
    n_best=st.integers(1, 5),
    limits=st.lists(st.integers(1, 10), max_size=3),
    coverage=coverages,
    **problems,
)
def test_stopping_early_never_changes_what_a_beam_finds(seed, vocab, limits, beam, n_best, **options):
    model = draw_model(seed, vocab=vocab)
    sources = draw_sources(seed, len(limits))
    options |= {"beam": beam, "n_best": min(n_best, beam)}
    assert_finds_what_the_slow_one_finds(model, sources, limits, **options)


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**32 - 1),
    vocab=st.sampled_from([255, 256, 257, 700]),
    beam=st.integers(1, 3),
    forbidden=st.sets(st.integers(0, 254), max_size=4),
)
def test_the_best_of_many_units_are_found_wherever_they_stand(seed, vocab, beam, forbidden):
    model = draw_model(seed, vocab=vocab)
    options = {"beam": beam, "n_best": beam, "forbidden": tuple(forbidden)}
    assert_finds_what_the_slow_one_finds(model, draw_sources(seed, 2), [2, 1], **options)


@settings(deadline=None, max_examples=40)
@given(max_steps=st.integers(1, 12), **problems)
def test_a_beam_of_one_takes_the_likeliest_unit_at_each_step(
    seed, vocab, max_steps, end, length_penalty, forbidden
):
    model = draw_model(seed, vocab=vocab)
    scores, state = model.start()
    expected, log_probability = [], 0.0
    while len(expected) < max_steps and (not expected or expected[-1] != end):
        logs = log_softmax(scores[0].tolist())
        unit = max(set(range(vocab)) - set(forbidden), key=logs.__getitem__)
        expected.append(unit)
        log_probability += logs[unit]
        scores, state = model.step(np.array([unit]), state)
    options = {"end": end, "length_penalty": length_penalty, "forbidden": forbidden}
    (found,) = beam_search(model, *model.start(), beam=1, max_steps=max_steps, **options)
    assert found.ids == tuple(expected)
    assert found.log_probability == pytest.approx(log_probability, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(
    data=st.data(),
    seed=st.integers(0, 2**32 - 1),
    vocab=st.sampled_from([2, 5, 300]),
    tied=st.booleans(),
    limits=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    beam=st.integers(1, 4),
    end=st.sampled_from([None, 1, lambda ids: sum(ids) % 5 == 1]),
    length_penalty=st.sampled_from([0.0, 1.0]),
    forbidden=st.sampled_from([(), (0,)]),
    coverage=coverages,
)
def test_what_is_found_of_a_sentence_does_not_depend_on_its_batch_to_the_last_bit(
    data, seed, vocab, tied, limits, beam, **options
):
    model = draw_model(seed, vocab=vocab, tied=tied)
    model.output = model.output.astype(np.float32)
    sources, limits = draw_sources(seed, len(limits)), np.array(limits)

    def search(some):
        scores, state = model.start_from(sources[some])
        scores = scores.astype(np.float32)
        return beam_searches(model, scores, state, max_steps=limits[some], beam=beam, n_best=beam, **options)

    together = search(np.arange(len(limits)))
    order = np.array(data.draw(st.permutations(range(len(limits)))))
    cut = data.draw(st.integers(0, len(limits)))
    apart = search(order[:cut]) + search(order[cut:])
    assert apart == [together[sentence] for sentence in order]


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    limits=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    beam=st.integers(1, 4),
)
def test_a_step_has_the_same_number_of_rows_for_each_sentence_that_still_needs_it(seed, limits, beam):
    model = draw_model(seed, vocab=5)
    sources = draw_sources(seed, len(limits))
    alone = []
    for source, limit in zip(sources, limits, strict=True):
        model.rows.clear()
        beam_search(model, *model.start_from(source[None]), beam=beam, max_steps=limit, end=0)
        alone.append(model.steps)
    model.rows.clear()
    beam_searches(model, *model.start_from(sources), beam=beam, max_steps=np.array(limits), end=0)
    assert len(model.steps) == max(map(len, alone))
    for step, rows in enumerate(model.rows):
        groups = [(sentence, len(list(group))) for sentence, group in groupby(rows)]
        needed = {sentence: sizes[step] for sentence, sizes in enumerate(alone) if len(sizes) > step}
        assert groups == [(sentence, max(needed.values())) for sentence in needed]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), beam=st.integers(1, 4))
def test_an_end_may_depend_on_all_that_was_written(seed, beam):
    model = draw_model(seed, vocab=4)
    found = beam_search(model, *model.start(), beam=beam, max_steps=8, end=lambda ids: sum(ids) > 5)
    for one in found:
        assert all(sum(one.ids[:end]) <= 5 for end in range(len(one.ids)))
        assert sum(one.ids) > 5 or len(one.ids) == 8
    by_id = beam_search(model, *model.start(), beam=beam, max_steps=8, end=2)
    assert beam_search(model, *model.start(), beam=beam, max_steps=8, end=lambda ids: ids[-1] == 2) == by_id


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_the_search_is_over_when_nothing_left_can_be_better(length_penalty):
    model = draw_model(0, vocab=3)
    model.output[:, 0] = 0.0
    scores, state = model.start()
    scores[0] = (50.0, 0.0, 0.0)  # the end is all but certain at once
    options = {"max_steps": 1000, "end": 0, "length_penalty": length_penalty}
    (found,) = beam_search(model, scores, state, beam=2, **options)
    assert found.ids == (0,)
    assert model.steps == []


def test_the_search_goes_on_while_a_longer_hypothesis_may_come_to_be_better():
    model = draw_model(0, vocab=2, tied=True)
    model.output[:] = (-10.0, 10.0)  # whatever was read, unit 1 is all but certain
    scores, state = model.start()
    scores[:] = 0.0
    options = {"beam": 2, "max_steps": 12, "end": 0}
    (short,) = beam_search(model, scores, state, **options)
    assert short.ids == (0,)
    (found,) = beam_search(model, scores, state, **options, length_penalty=1.0)
    assert found.ids == (1,) * 12
    assert found.log_probability == pytest.approx(math.log(1 / 2))
    assert found.score == pytest.approx(math.log(1 / 2) / (17 / 6))


def test_a_less_likely_hypothesis_may_be_the_best_for_what_it_covers():
    model = draw_model(0, vocab=2, tied=True)
    model.output[:] = (10.0, -10.0)  # once something was read, the end is all but certain
    scores, state = model.start_from(np.zeros((1, 3)))
    scores[:] = (1.0, 0.0)

    def coverage(state):
        return -5.0 * (1 - state.hidden[:, 0])  # all is covered once something was read

    options = {"beam": 2, "max_steps": 4, "end": 0, "n_best": 2}
    (found,) = beam_searches(model, scores, state, **options, coverage=coverage)
    assert [one.ids for one in found] == [(1, 0), (0,)]
    logs = log_softmax([1.0, 0.0])
    assert [one.log_probability for one in found] == pytest.approx(logs[::-1])
    assert [one.score for one in found] == pytest.approx([logs[1], logs[0] - 5.0])


@pytest.mark.parametrize("vocab", [4, 256, 600])
def test_of_equally_likely_continuations_lower_ids_go_first(vocab):
    model = draw_model(0, vocab=vocab, tied=True)
    model.output[:] = 0.0
    found = beam_search(model, *model.start(), beam=3, max_steps=2, n_best=3)
    assert [one.ids for one in found] == [(0, 0), (0, 1), (0, 2)]
    assert [one.score for one in found] == pytest.approx([2 * math.log(1 / vocab)] * 3)


def test_there_may_be_fewer_continuations_than_asked_for():
    model = draw_model(0, vocab=2)
    found = beam_search(model, *model.start(), beam=9, max_steps=2, n_best=9, forbidden=(1,))
    assert [one.ids for one in found] == [(0, 0)]
    assert found[0].log_probability < -1e-6  # the model's own, not that of the only one possible


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_forbidden_unit_may_be_likelier_by_far_than_any_other(dtype):
    model = draw_model(0, vocab=3)
    _, state = model.start()
    scores = np.array([[800.0, 1.0, 0.0]], dtype)
    found = beam_search(model, scores, state, beam=2, max_steps=1, n_best=2, forbidden=(0,))
    assert [(one.ids, one.log_probability) for one in found] == [((1,), -799.0), ((2,), -800.0)]


@pytest.mark.parametrize("place", [0, 255, 256, 511, 512, 599])
def test_a_unit_may_be_likelier_by_far_than_any_other_wherever_it_stands(place):
    model = draw_model(0, vocab=600)
    _, state = model.start()
    scores = np.zeros((1, 600), np.float32)
    scores[0, place] = 500.0
    (found,) = beam_search(model, scores, state, beam=1, max_steps=1)
    assert (found.ids, found.log_probability) == ((place,), 0.0)


def test_of_no_sentences_nothing_is_found():
    model = draw_model(0, vocab=300)
    assert beam_searches(model, *model.start(rows=0), beam=2, max_steps=3) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam": 0}, "beam must be at least 1; got 0"),
        ({"max_steps": 0}, "max_steps must be at least 1; got 0"),
        ({"max_steps": np.array([3, -1])}, "max_steps must be at least 1; got -1"),
        ({"n_best": 0}, "n_best must be at least 1; got 0"),
        ({"n_best": 3}, "n_best must be at most beam, 2; got 3 (widen the beam or ask for fewer)"),
        ({"length_penalty": -0.5}, "length_penalty must be at least 0 and finite; got -0.5"),
        ({"length_penalty": math.nan}, "length_penalty must be at least 0 and finite; got nan"),
        ({"forbidden": (1, 0)}, "forbidden must leave at least one of the 2 units possible; got [0, 1]"),
    ],
)
def test_a_setting_that_breaks_its_rule_is_refused(options, message):
    model = draw_model(0, vocab=2)
    with pytest.raises(ConfigError) as caught:
        beam_searches(model, *model.start(rows=2), **({"beam": 2, "max_steps": 2} | options))
    assert str(caught.value) == message

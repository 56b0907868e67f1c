import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.decoding import Hypothesis, beam_search
from headgate.errors import ConfigError
from tests.decoding.step_models import draw_model


def log_softmax(scores):
    total = math.log(math.fsum(math.exp(score - max(scores)) for score in scores)) + max(scores)
    return [score - total for score in scores]


def extended(model, units, log_probability, scores, state, forbidden):
    """Each continuation of one hypothesis by one unit."""
    for unit, log in enumerate(log_softmax(scores[0].tolist())):
        if unit not in forbidden:
            yield (*units, unit), log_probability + log, *model.step(np.array([unit]), state)


def slow_beam(model, *, beam, max_steps, end=None, length_penalty=0.0, n_best=1, forbidden=()):
    """One hypothesis at a time, never stopping before nothing is left to go on."""
    running, done = [((), 0.0, *model.start())], []
    for length in range(1, max_steps + 1):
        found = [one for hypothesis in running for one in extended(model, *hypothesis, forbidden)]
        found.sort(key=lambda one: -one[1])
        over = [one[0][-1] == end or length == max_steps for one in found[:beam]]
        done += [
            Hypothesis(units, log, log / ((5 + len(units)) / 6) ** length_penalty)
            for (units, log, *_), is_over in zip(found, over, strict=False)
            if is_over
        ]
        running = [one for one, is_over in zip(found, over, strict=False) if not is_over]
    return sorted(done, key=lambda one: -one.score)[:n_best]


def assert_same(found, expected):
    assert [one.ids for one in found] == [one.ids for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-9)
        assert one.score == pytest.approx(other.score, abs=1e-9)


problems = {
    "seed": st.integers(0, 2**32 - 1),
    "vocab": st.integers(2, 4),
    "max_steps": st.integers(1, 4),
    "end": st.sampled_from([None, 0, 1]),
    "length_penalty": st.sampled_from([0.0, 0.6, 1.0, 3.0]),
    "forbidden": st.sampled_from([(), (0,), (1,)]),
}


@settings(deadline=None, max_examples=60)
@given(n_best=st.integers(1, 6), **problems)
def test_a_beam_that_holds_every_continuation_finds_the_best_of_all(
    seed, vocab, max_steps, end, length_penalty, forbidden, n_best
):
    model = draw_model(seed, vocab=vocab)
    widest = vocab**max_steps + n_best
    options = {"end": end, "length_penalty": length_penalty, "n_best": n_best, "forbidden": forbidden}
    found = beam_search(model, *model.start(), beam=widest, max_steps=max_steps, **options)
    everything = slow_beam(model, beam=10**9, max_steps=max_steps, **options)
    assert_same(found, everything)


@settings(deadline=None, max_examples=60)
@given(beam=st.integers(1, 5), n_best=st.integers(1, 5), longer=st.integers(0, 6), **problems)
def test_stopping_early_never_changes_what_a_beam_finds(
    seed, vocab, max_steps, end, length_penalty, forbidden, beam, n_best, longer
):
    model = draw_model(seed, vocab=vocab)
    options = {"beam": beam, "max_steps": max_steps + longer, "n_best": min(n_best, beam)}
    options |= {"end": end, "length_penalty": length_penalty, "forbidden": forbidden}
    assert_same(beam_search(model, *model.start(), **options), slow_beam(model, **options))


@settings(deadline=None, max_examples=40)
@given(**problems)
def test_a_beam_of_one_takes_the_likeliest_unit_at_each_step(
    seed, vocab, max_steps, end, length_penalty, forbidden
):
    model = draw_model(seed, vocab=vocab)
    scores, state = model.start()
    expected, log_probability = [], 0.0
    while len(expected) < 3 * max_steps and (not expected or expected[-1] != end):
        logs = log_softmax(scores[0].tolist())
        unit = max(set(range(vocab)) - set(forbidden), key=logs.__getitem__)
        expected.append(unit)
        log_probability += logs[unit]
        scores, state = model.step(np.array([unit]), state)
    options = {"end": end, "length_penalty": length_penalty, "forbidden": forbidden}
    (found,) = beam_search(model, *model.start(), beam=1, max_steps=3 * max_steps, **options)
    assert found.ids == tuple(expected)
    assert found.log_probability == pytest.approx(log_probability, abs=1e-9)


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


def test_of_equally_likely_continuations_lower_ids_go_first():
    model = draw_model(0, vocab=4, tied=True)
    model.output[:] = 0.0
    found = beam_search(model, *model.start(), beam=3, max_steps=2, n_best=3)
    assert [one.ids for one in found] == [(0, 0), (0, 1), (0, 2)]
    assert [one.score for one in found] == pytest.approx([2 * math.log(1 / 4)] * 3)


def test_there_may_be_fewer_continuations_than_asked_for():
    model = draw_model(0, vocab=2)
    found = beam_search(model, *model.start(), beam=9, max_steps=2, n_best=9, forbidden=(1,))
    assert [one.ids for one in found] == [(0, 0)]
    assert found[0].log_probability < -1e-6  # the model's own, not that of the only one possible


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam": 0}, "beam must be at least 1; got 0"),
        ({"max_steps": 0}, "max_steps must be at least 1; got 0"),
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
        beam_search(model, *model.start(), **({"beam": 2, "max_steps": 2} | options))
    assert str(caught.value) == message

import json
import math

import numpy as np
import pytest

from headgate.decoding import Sampling, beam_search, length_divisor
from headgate.errors import ConfigError
from headgate.tasks import Alignment, Translating, Translation
from headgate.tasks.translation import SPARE_STEPS
from tests.decoding.step_models import draw_model

SHAPES_CHANCE = {
    "temperature": 0.5,
    "top_k": 5,
    "top_p": 0.9,
    "min_p": 0.1,
    "repetition_penalty": 1.2,
}

BAD = {
    "beam": (0, "beam must be at least 1; got 0"),
    "n_best": (0, "n_best must be at least 1; got 0"),
    "seed": (-1, "seed must be at least 0; got -1"),
    "length_penalty": (-0.1, "length_penalty must be at least 0 and finite; got -0.1"),
    "coverage_penalty": (math.inf, "coverage_penalty must be at least 0 and finite; got inf"),
    "longest": (0.0, "longest must be above 0 and at most 1000 target units a source unit; got 0.0"),
    "temperature": (0.0, "temperature must be above 0 and finite; got 0.0"),
    "top_k": (-1, "top_k must be at least 1; got -1"),
}


def alignment() -> Alignment:
    return Alignment(("a", "b", "\n"), ("x", "\n"), np.array([[1 / 3, 2 / 3, 0], [0, 0, 1]], np.float32))


def test_the_record_holds_an_alignment_only_where_there_is_one():
    assert Translation("ab", "x", -1.5).to_json() == {"source": "ab", "translation": "x", "score": -1.5}
    record = Translation("ab", "x", -1.5, alignment()).to_json()
    assert list(record) == ["source", "translation", "score", "alignment"]
    assert record["alignment"] == {
        "source": ["a", "b", "\n"],
        "target": ["x", "\n"],
        "weights": [[0.3333, 0.6667, 0.0], [0.0, 0.0, 1.0]],
    }
    assert json.loads(json.dumps(record)) == record


def test_translations_are_equal_where_all_they_hold_is():
    assert Translation("ab", "x", -1.5, alignment()) == Translation("ab", "x", -1.5, alignment())
    other = Alignment(("a", "b", "\n"), ("x", "\n"), np.array([[0, 1, 0], [0, 0, 1]], np.float32))
    assert Translation("ab", "x", -1.5, alignment()) != Translation("ab", "x", -1.5, other)
    assert alignment() != "an alignment"


def test_an_alignment_has_a_row_for_each_target_unit():
    with pytest.raises(AssertionError, match="a row for each target unit"):
        Alignment(("a", "b"), ("x",), np.ones((2, 1)))


@pytest.mark.parametrize("name", BAD)
def test_a_number_that_breaks_its_rule_is_refused(name):
    value, said = BAD[name]
    with pytest.raises(ConfigError, match=said):
        Translating(**{name: value}, sample=name in SHAPES_CHANCE)


@pytest.mark.parametrize("name", ["length_penalty", "coverage_penalty", "longest"])
def test_what_is_no_number_is_refused(name):
    with pytest.raises(ConfigError, match=f"{name} must be .*got nan"):
        Translating(**{name: math.nan})


def test_a_beam_finds_no_more_translations_than_it_is_wide():
    with pytest.raises(ConfigError, match="n_best must be at most beam, 2; got 3"):
        Translating(beam=2, n_best=3)
    assert Translating(beam=3, n_best=3).n_best == 3
    assert Translating(sample=True, n_best=9).n_best == 9


@pytest.mark.parametrize("name", SHAPES_CHANCE)
def test_what_shapes_chance_needs_chance(name):
    value = SHAPES_CHANCE[name]
    with pytest.raises(ConfigError, match=f"{name} shapes chance, and a beam leaves none; got {value}"):
        Translating(**{name: value})
    assert getattr(Translating(sample=True, **{name: value}), name) == value


def test_a_beam_contradicts_chance():
    with pytest.raises(ConfigError, match="beam has nothing to do where sample draws by chance; got 2"):
        Translating(sample=True, beam=2)


def test_what_is_not_said_leaves_chance_as_the_model_has_it():
    translating = Translating(sample=True)
    assert {name: getattr(translating, name) for name in SHAPES_CHANCE} == vars(Sampling())


@pytest.mark.parametrize("asked", [{"alignments": True}, {"coverage_penalty": 0.2}])
def test_only_attention_can_say_what_it_looks_at(asked):
    (name,) = asked
    with pytest.raises(ConfigError, match=f"{name} needs attention, and this model has none"):
        Translating(**asked).check_attention(False)
    Translating(**asked).check_attention(True)
    Translating().check_attention(False)


def test_a_translation_grows_with_its_source_and_has_an_end():
    units = (0, 1, 2, 3)
    assert [Translating(longest=1.5).max_steps(source, 9.0) for source in units] == [10, 11, 13, 14]
    assert [Translating().max_steps(source, 2.5) for source in units] == [10, 12, 15, 17]
    assert Translating(longest=1000).max_steps(10**6, 2.5) == 10**9 + SPARE_STEPS


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.0])
def test_scores_are_log_probabilities_over_what_the_length_penalty_makes_of_the_length(length_penalty):
    model = draw_model(3, vocab=4)
    options = {"beam": 3, "n_best": 3, "length_penalty": length_penalty}
    found = beam_search(model, *model.start(), max_steps=5, end=0, **options)
    divisors = [((5 + len(one.ids)) / 6) ** length_penalty for one in found]  # Wu et al. 2016, eq. 14
    assert [length_divisor(len(one.ids), length_penalty) for one in found] == pytest.approx(divisors)
    scores = [one.log_probability / by for one, by in zip(found, divisors, strict=True)]
    assert scores == pytest.approx([one.score for one in found], rel=1e-12)

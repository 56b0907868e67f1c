import pytest

from headgate.decoding import Sampling
from headgate.errors import ConfigError
from headgate.tasks import Writing

SHAPES_CHANCE = {
    "temperature": 0.5,
    "top_k": 5,
    "top_p": 0.9,
    "min_p": 0.1,
    "repetition_penalty": 1.2,
}

BAD = {
    "length": (0, "length must be at least 1; got 0"),
    "samples": (0, "samples must be at least 1; got 0"),
    "seed": (-1, "seed must be at least 0; got -1"),
    "stop": (("end", ""), "a stop string must have at least one character"),
    "temperature": (0.0, "temperature must be above 0.*got 0.0 .use --beam 1 to always take the likeliest"),
    "top_k": (-1, "top_k must be at least 1; got -1"),
    "top_p": (1.5, "top_p must be above 0 and at most 1; got 1.5"),
    "min_p": (0.0, "min_p must be above 0 and at most 1; got 0.0"),
    "repetition_penalty": (0.0, "repetition_penalty must be above 0.*got 0.0"),
    "beam": (0, "beam must be at least 1; got 0"),
}


def test_what_is_not_said_leaves_chance_as_the_model_has_it():
    writing = Writing()
    assert (writing.length, writing.samples, writing.seed, writing.stop, writing.beam) == (
        300,
        1,
        1,
        (),
        None,
    )
    assert {name: getattr(writing, name) for name in SHAPES_CHANCE} == vars(Sampling())


@pytest.mark.parametrize("name", SHAPES_CHANCE)
def test_a_beam_contradicts_what_shapes_chance(name):
    with pytest.raises(ConfigError, match=f"{name} shapes chance, and a beam leaves nothing to it"):
        Writing(beam=3, **{name: SHAPES_CHANCE[name]})
    Writing(beam=3, samples=3, length=5, stop=("end",), seed=9)


def test_a_beam_finds_no_more_texts_than_it_is_wide():
    with pytest.raises(ConfigError, match="beam must be at least samples, 3; got 2"):
        Writing(beam=2, samples=3)


@pytest.mark.parametrize("name", BAD)
def test_a_number_that_breaks_its_rule_is_refused(name):
    value, said = BAD[name]
    with pytest.raises(ConfigError, match=said):
        Writing(**{name: value})

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError
from headgate.training import read_recipe, train
from headgate.training.classification import ClassificationSettings, classification_defaults
from headgate.training.generation import GenerationSettings, generation_defaults
from headgate.training.generation.settings import (
    FADING,
    LARGE_TEXT,
    MOST_DECAY,
    WORK_BUDGET,
    fading_weight_decay,
)
from headgate.training.optimisation.optimisation import learning_rate_share
from headgate.training.settings import make_settings
from headgate.training.tagging import TaggingSettings, tagging_defaults
from headgate.training.tagging.settings import MOST_CRF_TAGS
from headgate.training.token_budget import SHORTEST_CUT, TOKEN_BUDGET
from tests.training.small_runs import small_settings


def message(**choices) -> str:
    with pytest.raises(ConfigError) as caught:
        small_settings(**choices)
    return str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "likeliest"),
    [("hiden", "hidden"), ("learning-rate", "learning_rate"), ("bidirection", "bidirectional")],
)
def test_an_unknown_setting_names_the_likeliest_one(wrong, likeliest):
    assert message(**{wrong: 3}) == f"there is no setting {wrong!r} (did you mean {likeliest}?)"


def test_a_setting_like_no_other_lists_them_all():
    said = message(xyzzy=1)
    assert said.startswith("there is no setting 'xyzzy' (settings are cell, layers, hidden, ")
    assert all(name in said for name in ClassificationSettings.model_fields)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"hidden": 0}, "setting hidden: input should be greater than or equal to 1; got 0"),
        ({"dropout": "1"}, "setting dropout: input should be less than 1; got '1'"),
        ({"learning_rate": -0.1}, "setting learning_rate: input should be greater than 0; got -0.1"),
        ({"epochs": "many"}, "setting epochs: input should be a valid integer, unable to parse string"),
        ({"epochs": 2.5}, "setting epochs: input should be a valid integer, got a number with a fractional"),
        ({"bag": "maybe"}, "setting bag: input should be a valid boolean, unable to interpret input"),
        ({"seed": -1}, "setting seed: input should be greater than or equal to 0; got -1"),
        ({"device": "tpu"}, "setting device: input should be 'auto', 'cpu' or 'cuda'; got 'tpu'"),
        ({"cell": "elman"}, "elman"),
        ({"pooling": "sum"}, 'pooling must be last, mean, max, attention or several joined by "+"; got'),
    ],
)
def test_a_wrong_value_names_its_setting_its_rule_and_itself(choice, said):
    assert said in message(**choice)


def test_values_written_as_text_are_read_as_what_they_mean():
    settings = small_settings(hidden="12", dropout="0.25", bag="false", memory_length="30")
    assert (settings.hidden, settings.dropout, settings.bag, settings.memory_length) == (12, 0.25, False, 30)


def test_settings_are_checked_before_any_file_is_read(tmp_path):
    with pytest.raises(ConfigError, match="setting seed"):
        train("classification", train=tmp_path / "missing.csv", out=tmp_path / "run", seed="abc")


def test_a_task_that_there_is_not_names_those_there_are(tmp_path):
    tasks = "classification, tagging, translation, generation"
    with pytest.raises(ConfigError, match=f"task must be one of {tasks}; got 'juggling'"):
        train("juggling", train=tmp_path / "missing.csv", out=tmp_path / "run")


# ---------------------------------------------------------------- recipes


def recipe(folder, content: str | bytes):
    path = folder / "recipe.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_recipe_is_a_table_of_settings(tmp_path):
    path = recipe(tmp_path, 'cell = "gru"  # why\nhidden = 32\ndropout = 0.1\nbidirectional = false\n')
    found = read_recipe(path, ClassificationSettings)
    assert found == {"cell": "gru", "hidden": 32, "dropout": 0.1, "bidirectional": False}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("hiden = 3\n", "there is no setting 'hiden' (did you mean hidden?)"),
        ("hidden =\n", "not a valid TOML file: Invalid value (at line 1, column 9)"),
        ("hidden = 3\nhidden = 4\n", "not a valid TOML file: Cannot overwrite a value"),
        (b"\xff\xfe", "not a valid TOML file: 'utf-8' codec"),
    ],
)
def test_a_bad_recipe_names_its_file_and_its_fault(tmp_path, content, said):
    path = recipe(tmp_path, content)
    with pytest.raises(ConfigError) as caught:
        read_recipe(path, ClassificationSettings)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_recipe(tmp_path / "none.toml", ClassificationSettings)
    assert str(caught.value) == f"{tmp_path / 'none.toml'}: cannot read the recipe: No such file or directory"


# ---------------------------------------------------------------- defaults

LENGTHS = st.builds(
    lambda texts, tokens, seed: np.random.default_rng(seed).integers(0, tokens, texts, endpoint=True),
    texts=st.one_of(st.integers(1, 300), st.sampled_from([2999, 3001, 20_000, 20_001, 300_000])),
    tokens=st.sampled_from([0, 1, 12, 400, 100_000]),
    seed=st.integers(0, 9),
)


@settings(deadline=None, max_examples=60)
@given(lengths=LENGTHS, labels=st.sampled_from([2, 3, 77, 5000]))
def test_every_default_is_a_valid_setting_and_the_work_is_bounded(lengths, labels):
    chosen = make_settings(ClassificationSettings, classification_defaults(lengths, labels), {})
    an_epoch = int(np.minimum(lengths, chosen.max_tokens).sum())
    # Two epochs are the least there is; data so large that they pass the budget is read in short beginnings.
    assert chosen.epochs * an_epoch <= max(TOKEN_BUDGET, 2 * an_epoch)
    assert 3 * an_epoch <= TOKEN_BUDGET or chosen.max_tokens <= SHORTEST_CUT


@settings(deadline=None, max_examples=30)
@given(lengths=LENGTHS, tags=st.sampled_from([2, 17, MOST_CRF_TAGS, MOST_CRF_TAGS + 1, 5000]))
def test_every_default_of_a_tagger_is_a_valid_setting_and_the_work_is_bounded(lengths, tags):
    chosen = make_settings(TaggingSettings, tagging_defaults(lengths, tags), {})
    assert chosen.crf == (tags <= MOST_CRF_TAGS)
    an_epoch = int(np.minimum(lengths, chosen.max_tokens).sum())
    assert chosen.epochs * an_epoch <= max(TOKEN_BUDGET, 3 * an_epoch)


@settings(deadline=None, max_examples=30)
@given(
    units=st.sampled_from([0, 1, 9_999, 10_000, LARGE_TEXT - 1, LARGE_TEXT, 1_000_000, 10**7, 10**9]),
    unit=st.sampled_from(["char", "subword", "word"]),
    scored=st.sampled_from([0, 60, 4_000, 200_000]),
)
def test_every_default_of_a_language_model_is_a_valid_setting_and_the_work_is_bounded(units, unit, scored):
    chosen = make_settings(GenerationSettings, generation_defaults(units, unit, scored), {})
    width = chosen.embedding if chosen.tied else chosen.hidden
    weights = 4 * chosen.hidden * (chosen.hidden + chosen.embedding) + scored * width
    assert chosen.epochs * units * weights <= max(WORK_BUDGET, units * weights)


def test_the_same_data_gives_the_same_defaults():
    lengths = np.arange(1, 500)
    assert classification_defaults(lengths, 4) == classification_defaults(lengths.copy(), 4)


@settings(deadline=None, max_examples=30)
@given(learning_rate=st.floats(1e-4, 0.1), steps=st.integers(2, 10_000))
def test_a_weight_that_no_gradient_renews_fades_as_far_in_any_run_and_in_a_short_one_less(
    learning_rate, steps
):
    decay = fading_weight_decay(learning_rate, steps)
    fading = sum(learning_rate * learning_rate_share(step, steps, 0.02) * decay for step in range(steps))
    assert fading <= 1.2 * FADING
    assert decay == MOST_DECAY or fading >= 0.9 * FADING

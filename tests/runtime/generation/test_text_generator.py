import json

import numpy as np
import pytest

from headgate.errors import ConfigError, DataError, ModelError
from headgate.modelfile import checksum, pack_weights
from headgate.runtime import StreamState, TextGenerator, load
from headgate.tasks import Generation
from tests.conftest import RUNNING_TEXT, small_generator

PROMPT = "the film"


@pytest.fixture(scope="module")
def model() -> TextGenerator:
    return small_generator(layers=2)


def test_one_prompt_gives_one_text_and_many_a_list(model):
    one = model.predict(PROMPT, length=5)
    assert isinstance(one, Generation)
    assert (one.prompt, len(one.text)) == (PROMPT, 5)
    several = model.predict([PROMPT, ""], length=5, samples=2)
    assert [text.prompt for text in several] == [PROMPT, PROMPT, "", ""]
    assert several[0] == one
    assert model.predict([], length=5) == []


def test_the_same_seed_writes_the_same_and_another_seed_something_else(model):
    texts = [model.predict(PROMPT, length=30, seed=seed).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_pieces_put_together_are_the_text_and_come_one_by_one(model):
    pieces = list(model.write(PROMPT, length=12, seed=4))
    assert "".join(pieces) == model.predict(PROMPT, length=12, seed=4).text
    assert sum(map(bool, pieces)) == 12


def test_several_samples_cannot_be_shown_as_they_come(model):
    with pytest.raises(ConfigError, match="samples must be 1 to see a text as it comes; got 2"):
        next(model.write(PROMPT, samples=2))


@pytest.mark.parametrize("unit", ["char", "subword", "word"])
def test_a_stop_string_ends_a_text_and_is_not_part_of_it(unit):
    model = small_generator(unit=unit)
    whole = model.predict(PROMPT, length=40).text
    stop = whole[len(whole) // 3 :][:2]
    assert model.predict(PROMPT, length=40, stop=("never there", stop)).text == whole[: whole.index(stop)]
    beam = model.predict(PROMPT, length=10, beam=2, stop=(stop[0],)).text
    assert stop[0] not in beam


def test_no_length_is_passed_and_no_forbidden_unit_is_written():
    model = small_generator(unit="word")
    for text in model.predict(PROMPT, samples=20, length=8):
        assert len(model.units.encode(text.text)) <= 8
        assert "<unk>" not in text.text


def test_temperature_near_zero_a_beam_of_one_and_top_k_of_one_take_the_likeliest(model):
    greedy = model.predict(PROMPT, length=20, beam=1).text
    assert model.predict(PROMPT, length=20, top_k=1).text == greedy
    assert model.predict(PROMPT, length=20, temperature=1e-9).text == greedy


def test_a_wider_beam_finds_no_less_likely_text(model):
    def likelihood(text: Generation) -> float:
        return float(np.log(model.probabilities(text.prompt + text.text)[len(PROMPT) :]).sum())

    wide = model.predict(PROMPT, length=6, beam=30, samples=5)
    found = [likelihood(text) for text in wide]
    assert found == sorted(found, reverse=True)
    assert found[0] >= likelihood(model.predict(PROMPT, length=6, beam=1))
    assert len({text.text for text in wide}) == 5


def test_a_penalty_also_counts_what_stands_in_the_prompt(model):
    for prompt in ("the film", "film", "was n't", "bad", "\n"):
        stream = model.stream()
        stream.read(prompt)
        (scores,) = model._network.scores(stream.states).tolist()
        for unit in set(model.units.encode(prompt).tolist()):
            scores[unit] = scores[unit] / 3 if scores[unit] > 0 else scores[unit] * 3
        likeliest = max(range(2, len(scores)), key=scores.__getitem__)
        found = model.predict(prompt, length=1, top_k=1, repetition_penalty=3.0).text
        assert found == model.units.decode([likeliest])


def test_a_prompt_with_what_the_model_never_saw_is_refused(model):
    with pytest.raises(ConfigError) as caught:
        model.predict("the film zip")
    assert str(caught.value) == (
        "the prompt holds 'z' (U+007A), which this model of char units has never seen "
        "(rephrase the prompt, or train with --unit subword, which knows everything)"
    )
    with pytest.raises(ConfigError, match="the prompt holds 'unheard-of'"):
        small_generator(unit="word").predict("the unheard-of film")
    assert small_generator(unit="subword").predict("日本 zip", length=2).prompt == "日本 zip"


def test_a_prompt_longer_than_any_stretch_is_read_whole(model):
    long = RUNNING_TEXT * 10  # more than two stretches
    stream = model.stream()
    for line in long.splitlines(keepends=True):
        stream.push(line)
    fork = model.stream()
    fork.state = StreamState.from_bytes(stream.state.to_bytes())
    assert fork.losses("film")[0] == pytest.approx(model.stream().losses(f"{long}film")[0][-4:], abs=1e-5)
    assert len(model.predict(long, length=3).text) == 3


def test_nothing_is_foretold_of_an_empty_text(model):
    empty = model.score("")
    assert (empty.units, empty.perplexity, empty.bits_per_character) == (0, None, None)
    assert model.probabilities("") == ()


def test_the_state_of_another_model_is_refused(model):
    stream = model.stream()
    for other in (small_generator(layers=1), small_generator(layers=2, cell="gru")):
        with pytest.raises(DataError, match="the state is of another model"):
            stream.state = other.stream().state
    with pytest.raises(DataError, match="not the state of a stream"):
        StreamState.from_bytes(b"what is this")


def test_a_model_without_line_ends_begins_somewhere():
    units = small_generator().units
    without = type(units)("".join(units.decode([unit]) for unit in range(2, len(units))).replace("\n", "%"))
    model = small_generator()
    model.units = without
    assert len(model.predict("the", length=3).text) == 3


# ---------------------------------------------------------------- the folder


@pytest.mark.parametrize(
    "options",
    [
        {"unit": "char"},
        {"unit": "subword", "half": True},
        {"unit": "word", "tied": False, "cutoffs": (3, 8), "hidden_dim": 16},
    ],
    ids=lambda options: options["unit"],
)
def test_a_model_is_read_back_as_it_was_written(make_generator, options):
    written = make_generator(**options)
    model = load(written.path)
    assert isinstance(model, TextGenerator)
    assert model.config == written.config
    ids = np.arange(2, len(written.encoder))
    assert model.units.decode(ids) == written.encoder.decode(ids)
    assert model.predict(PROMPT, length=9).text == load(written.path).predict(PROMPT, length=9).text


def test_changed_weights_and_units_are_refused(make_generator):
    path = make_generator(layers=2).path
    folder = load(path).folder
    for name, weights in folder.weights.items():
        packed = pack_weights(
            {
                **folder.weights,
                name: weights + np.linspace(0, 1, weights.size, dtype=np.float32).reshape(weights.shape),
            },
            half=False,
        )
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        (path / "config.json").write_text(json.dumps(config | {"weights_sha256": checksum(packed)}))
        (path / "model.safetensors").write_bytes(packed)
        with pytest.raises(ModelError, match="does not give the answers it was written with"):
            load(path)


def test_units_that_do_not_fit_are_refused(make_generator):
    path = make_generator().path / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    characters = tokenizer["characters"]
    for changed, said in {
        characters[::-1]: "does not give the answers it was written with",
        characters[1:]: "the config does not fit its own units",
        characters + characters[0]: "tokenizer.json: .* holds no character twice",
    }.items():
        path.write_text(json.dumps(tokenizer | {"characters": changed}), encoding="utf-8")
        with pytest.raises(ModelError, match=said):
            load(path.parent)


@pytest.mark.parametrize(
    ("entry", "value", "said"),
    [
        ("bidirectional", True, "bidirectional: a language model reads left to right"),
        ("ngram_buckets", 5, "ngram_buckets: a language model reads units as they are"),
        ("cutoffs", [3], "tied: an adaptive softmax has vectors of its own"),
        ("cutoffs", [900], "cutoffs: .* must rise and lie between"),
        ("cutoffs", [1.5], "cutoffs: got"),
        ("tied", False, "weight"),
    ],
)
def test_a_shape_that_no_language_model_has_is_refused(make_generator, entry, value, said):
    path = make_generator().path
    config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    config["network"][entry] = value
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=said):
        load(path)

import itertools
import json
import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import ConfigError, ModelError
from headgate.modelfile import checksum, pack_weights, read_model
from headgate.models import TorchTranslationScorer, translator_module
from headgate.runtime import TextTranslator, load
from headgate.runtime.translation.text_translator import READ_AHEAD, SENTENCES
from headgate.tasks import Translating, Translation
from headgate.tasks.translation import SPARE_STEPS
from tests.conftest import small_translator

ATTENDING = {"attention": "general", "input_feeding": True, "layers": 2}
SOURCE = "the film"
SOURCES = ["a bad plot", "?", SOURCE, "was", "naïve 😀 film ?", "x", SOURCE, "q" * 30]
"""Of many lengths, two of them alike; x and q are unknown."""
every_unit = pytest.mark.parametrize("unit", ["char", "subword", "word"])


@cache
def translator(**options) -> TextTranslator:
    return small_translator(**(ATTENDING | options))


@pytest.fixture(scope="module")
def model() -> TextTranslator:
    return translator()


def written(translations) -> list[tuple[str, str]]:
    return [(one.source, one.translation) for one in translations]


# ---------------------------------------------------------------- one source, and many


def test_one_source_gives_one_translation_and_many_a_list_in_their_order(model):
    one = model.predict(SOURCE)
    assert isinstance(one, Translation)
    assert (one.source, one.alignment) == (SOURCE, None)
    many = model.predict(SOURCES)
    assert [answer.source for answer in many] == SOURCES
    assert (many[2].translation, many[6].translation) == (one.translation, one.translation)
    assert many[2].score == pytest.approx(one.score, abs=1e-5)
    assert model.predict([]) == []
    assert written(model.predict(iter(SOURCES))) == written(many)


@every_unit
@pytest.mark.parametrize(
    "options", [{"beam": 1}, {"beam": 3, "n_best": 3}, {"sample": True, "n_best": 2}], ids=str
)
def test_no_translation_depends_on_those_beside_it(unit, options):
    model = translator(unit=unit)
    together = model.predict(SOURCES, **options)
    alone = [answer for source in SOURCES for answer in model.predict([source], **options)]
    assert written(together) == written(alone)
    assert [one.score for one in together] == pytest.approx([one.score for one in alone], abs=1e-4)
    mixed = model.predict(SOURCES[::-1], **options)
    groups = options.get("n_best", 1)
    assert written(mixed) == written(
        one for row in reversed(range(len(SOURCES))) for one in alone[row * groups : (row + 1) * groups]
    )


@pytest.mark.parametrize("options", [{}, {"beam": 3, "n_best": 3}, {"sample": True, "n_best": 2}], ids=str)
def test_of_a_blank_source_nothing_is_made(model, options):
    answers = model.predict(["", "a plot", " \n"], **options)
    blank = [answer for answer in answers if answer.source != "a plot"]
    assert [(answer.source, answer.translation, answer.score) for answer in blank] == [
        ("", "", 0),
        (" \n", "", 0),
    ]


def test_translations_come_before_all_sources_are_read(model):
    read = []
    sources = (read.append(source) or source for source in itertools.cycle(SOURCES))
    answers = model.predict_each(sources, Translating(beam=1, longest=0.1))
    first = [next(answers).source for _ in range(2)]
    assert first == SOURCES[:2]
    assert len(read) <= READ_AHEAD + 1
    assert READ_AHEAD > SENTENCES


@every_unit
@pytest.mark.parametrize("source", ["", "\n", "日本語 ☃", "\x00", "\ud800", "  ", "the\nfilm"])
def test_any_text_is_translated(unit, source):
    model = translator(unit=unit)
    for options in ({"alignments": True}, {"sample": True}):
        answer = model.predict(source, **options)
        assert answer.source == source
        assert math.isfinite(answer.score)
        assert "\n" not in answer.translation
        assert "<unk>" not in answer.translation


@pytest.mark.parametrize("options", [{"beam": 2}, {"sample": True}], ids=str)
def test_a_source_far_longer_than_any_seen_comes_to_an_end(options):
    model = never_ending()
    for words, longest in ((1, None), (40, None), (40, 0.25)):
        source = "the film " * words
        limit = int((longest or model.units.expansion) * (len(source) + 1)) + SPARE_STEPS
        found = model.predict(source, longest=longest, **options).translation
        assert len(model.units.target_ids(found)) - 1 == limit


def never_ending() -> TextTranslator:
    """A translator that hardly ever says the end of a line."""
    model = small_translator()
    bias = model.folder.weights["decoder.output.bias"].copy()
    bias[model.units.end] = -1e4
    return with_weights(model, **{"decoder.output.bias": bias})


def with_weights(model, **weights) -> TextTranslator:
    folder = type(model.folder)(
        model.folder.path, model.folder.config, model.folder.weights | weights, model.folder.tokenizer
    )
    return TextTranslator(folder)


# ---------------------------------------------------------------- beams


def target_of(model, answer) -> np.ndarray:
    return model.units.target_ids(answer.translation)


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
@pytest.mark.parametrize("coverage_penalty", [0.0, 0.7])
def test_a_score_is_that_of_the_units_one_by_one(model, length_penalty, coverage_penalty):
    options = {"length_penalty": length_penalty, "coverage_penalty": coverage_penalty}
    found = model.predict(["was", "a plot"], beam=8, n_best=8, longest=0.1, **options)
    for answer in found:
        source, target = model.units.source_ids(answer.source), target_of(model, answer)
        steps = Translating(longest=0.1).max_steps(len(source), model.units.expansion)
        target = target[:steps]  # where it was cut off, there was no end
        logs = np.log(model.target_probabilities(source, target)).sum()
        looks = model._network.look(source, np.array([model.units.end, *target[:-1]]))
        covered = np.log(np.minimum(1.0, looks.astype(np.float64).sum(axis=0))).sum()
        expected = logs / ((5 + len(target)) / 6) ** length_penalty + coverage_penalty * covered
        assert answer.score == pytest.approx(expected, abs=1e-3)


def test_the_best_come_first_and_are_not_alike(model):
    best = model.predict(SOURCE, beam=6, n_best=4)
    scores = [answer.score for answer in best]
    assert scores == sorted(scores, reverse=True)
    assert len({answer.translation for answer in best}) == 4
    assert model.predict(SOURCE, beam=6) == best[0]
    many = model.predict(["was", SOURCE], beam=6, n_best=4)
    assert written(many[4:]) == written(best)


def test_a_beam_as_wide_as_all_translations_finds_the_likeliest(monkeypatch):
    monkeypatch.setattr("headgate.tasks.translation.SPARE_STEPS", 0)
    model = small_translator(attention="dot")
    end, source = model.units.end, model.units.source_ids("was")  # and its end: 4 units
    known = [unit for unit in range(2, len(model.units.target)) if unit != end]
    all_there_is = [(end,), *((one, other) for one in known for other in [*known, end])]

    def likelihood(units) -> float:
        return float(np.log(model.target_probabilities(source, np.array(units))).sum())

    best = sorted(((likelihood(units), model.units.written(units)) for units in all_there_is), reverse=True)
    wide = {"beam": len(all_there_is), "n_best": 9, "length_penalty": 0.0, "longest": 0.5}
    found = model.predict("was", **wide)
    assert [answer.translation for answer in found] == [text for _, text in best[:9]]
    assert [answer.score for answer in found] == pytest.approx([log for log, _ in best[:9]], abs=1e-4)


def test_a_beam_of_one_always_takes_the_likeliest(model):
    source, said = model.units.source_ids(SOURCE), [model.units.end]
    state = model._network.begin([source])
    for _ in range(Translating().max_steps(len(source), model.units.expansion)):
        scores, state = model._network.step(np.array(said[-1:]), state)
        scores[0, list(model.units.target.forbidden)] = -np.inf
        said.append(int(scores.argmax()))
        if said[-1] == model.units.end:
            break
    assert model.predict(SOURCE, beam=1).translation == model.units.written(tuple(said[1:]))


# ---------------------------------------------------------------- chance


def test_the_same_seed_draws_the_same_and_another_seed_something_else(model):
    drawn = [model.predict(SOURCE, sample=True, seed=seed).translation for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_first_of_many_samples_are_those_of_few(model):
    five = model.predict(SOURCE, sample=True, n_best=5)
    assert written(model.predict(SOURCE, sample=True, n_best=2)) == written(five[:2])
    assert model.predict(SOURCE, sample=True).translation == five[0].translation
    assert len({answer.translation for answer in five}) > 1


@settings(deadline=None, max_examples=10)
@given(source=st.text("the film\nwas", max_size=9).filter(str.strip), seed=st.integers(0, 99))
def test_a_sample_has_the_score_that_the_model_gives_it_whatever_shaped_chance(source, seed):
    model = translator()
    options = {"temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.3}
    answer = model.predict(source, sample=True, seed=seed, longest=0.5, **options)
    ids = model.units.source_ids(source)
    target = target_of(model, answer)[: int(0.5 * len(ids)) + SPARE_STEPS]
    logs = np.log(model.target_probabilities(ids, target)).sum()
    assert answer.score == pytest.approx(logs / ((5 + len(target)) / 6), abs=1e-3)


def test_top_k_of_one_draws_what_a_beam_of_one_finds(model):
    greedy = model.predict(SOURCES, beam=1)
    assert written(model.predict(SOURCES, sample=True, top_k=1)) == written(greedy)


# ---------------------------------------------------------------- alignments


@every_unit
@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize("options", [{}, {"sample": True}], ids=str)
def test_an_alignment_has_the_units_of_both_sides_and_rows_that_sum_to_one(unit, feeding, options):
    model = translator(unit=unit, input_feeding=feeding)
    for answer in model.predict(["the film", "", "a bad plot"], alignments=True, **options):
        alignment, units = answer.alignment, model.units
        line = units.source.decode(units.source_ids(answer.source))
        assert len(alignment.source) == len(units.source_ids(answer.source))
        assert alignment.source[-1] == "\n"
        if unit != "word":
            assert "".join(alignment.source) == line
            assert "".join(alignment.target).removesuffix("\n") == answer.translation
        assert len(alignment.target) <= Translating().max_steps(len(alignment.source), units.expansion)
        np.testing.assert_allclose(alignment.weights.sum(axis=1), 1.0, rtol=0, atol=1e-5)
        assert alignment.weights.shape == (len(alignment.target), len(alignment.source))
    plain = model.predict("the film", **options)
    assert plain.translation == model.predict("the film", alignments=True, **options).translation


def test_only_attention_can_say_what_it_looks_at():
    model = small_translator()
    assert not model.attends
    for name, value in (("alignments", True), ("coverage_penalty", 0.1)):
        with pytest.raises(ConfigError, match=f"{name} needs attention, and this model has none"):
            model.predict(SOURCE, **{name: value})
    assert model.predict(SOURCE).alignment is None
    assert translator().attends


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"beam": 0}, "beam must be at least 1; got 0"),
        ({"beam": 2, "n_best": 3}, "n_best must be at most beam, 2; got 3"),
        ({"temperature": 0.5}, "temperature shapes chance, and a beam leaves none; got 0.5"),
        ({"longest": 0}, "longest must be above 0 and at most 1000 target units a source unit; got 0"),
        ({"length_penalty": -1}, "length_penalty must be at least 0 and finite; got -1"),
        ({"sample": True, "beam": 3}, "beam has nothing to do where sample draws by chance; got 3"),
    ],
    ids=str,
)
def test_an_option_that_breaks_its_rule_is_refused(model, options, said):
    for sources in (SOURCE, [SOURCE], []):
        with pytest.raises(ConfigError) as caught:
            model.predict(sources, **options)
        assert str(caught.value).startswith(said)


# ---------------------------------------------------------------- the folder


@pytest.mark.parametrize(
    "options",
    [
        {"unit": "char", "attention": "additive", "input_feeding": True},
        {"unit": "subword", "half": True, "cell": "gru", "attention": "dot", "tied": True, "shared": True},
        {"unit": "word", "layers": 2, "bidirectional": False},
    ],
    ids=lambda options: options["unit"],
)
def test_a_model_is_read_back_as_it_was_written_and_runs_with_torch_alike(make_translator, options):
    small = make_translator(**options)
    model = load(small.path)
    assert isinstance(model, TextTranslator)
    assert model.config == small.config
    assert model.units.to_json() == small.encoder.to_json()
    module = translator_module(read_model(small.path))
    assert not module.training
    with_torch = TextTranslator(read_model(small.path), TorchTranslationScorer(module, "cpu"))
    asked = {"alignments": True} if model.attends else {}
    for one, other in zip(model.predict(SOURCES, **asked), with_torch.predict(SOURCES, **asked), strict=True):
        assert (one.source, one.translation) == (other.source, other.translation)
        assert one.score == pytest.approx(other.score, abs=1e-4)
        if asked:
            assert (one.alignment.source, one.alignment.target) == (
                other.alignment.source,
                other.alignment.target,
            )
            np.testing.assert_allclose(one.alignment.weights, other.alignment.weights, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "options", [{"attention": "additive", "input_feeding": True, "layers": 2}, {}], ids=str
)
def test_changed_weights_are_refused(make_translator, options):
    path = make_translator(**options).path
    folder, config = load(path).folder, json.loads((path / "config.json").read_text(encoding="utf-8"))
    for name, weights in folder.weights.items():
        shift = np.linspace(0, 1, weights.size, dtype=np.float32).reshape(weights.shape)
        packed = pack_weights({**folder.weights, name: weights + shift}, half=False)
        (path / "config.json").write_text(json.dumps(config | {"weights_sha256": checksum(packed)}))
        (path / "model.safetensors").write_bytes(packed)
        with pytest.raises(ModelError, match="does not give the answers it was written with"):
            load(path)


def test_a_weight_that_is_missing_or_of_another_shape_is_named(make_translator):
    path = make_translator(**ATTENDING).path
    folder, config = load(path).folder, json.loads((path / "config.json").read_text(encoding="utf-8"))
    for name, weights in folder.weights.items():
        others = {other: array for other, array in folder.weights.items() if other != name}
        for changed in (others, others | {name: np.concatenate((weights, weights))}):
            packed = pack_weights(changed, half=False)
            (path / "config.json").write_text(json.dumps(config | {"weights_sha256": checksum(packed)}))
            (path / "model.safetensors").write_bytes(packed)
            with pytest.raises(ModelError, match=name.replace(".", r"\.")) as caught:
                load(path)
            assert "\n" not in str(caught.value)


def test_a_damaged_description_of_units_is_refused(make_translator):
    path = make_translator().path / "tokenizer.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    source = whole["source"]
    for changed, said in (
        ({"units": "char"}, r'tokenizer\.json: "units" must be "pair"'),
        ({"source": None}, r'tokenizer\.json: "source" must describe units'),
        ({"target": []}, r'tokenizer\.json: "target" must describe units'),
        ({"expansion": -1}, r'tokenizer\.json: "expansion" must be above 0'),
        (
            {"source": source | {"characters": source["characters"] * 2}},
            r"tokenizer\.json: .*character twice",
        ),
        ({"source": source | {"characters": source["characters"][1:]}}, "does not fit its own units"),
        ({"target": None}, "does not fit its own units"),
        ({"source": source | {"characters": source["characters"][::-1]}}, "does not give the answers"),
    ):
        path.write_text(json.dumps(whole | changed), encoding="utf-8")
        with pytest.raises(ModelError, match=said) as caught:
            load(path.parent)
        assert "\n" not in str(caught.value)


def test_units_without_a_line_end_are_refused(make_translator):
    path = make_translator().path / "tokenizer.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    for side in ("source", "target"):
        characters = whole[side]["characters"].replace("\n", "%")
        path.write_text(
            json.dumps(whole | {side: whole[side] | {"characters": characters}}), encoding="utf-8"
        )
        with pytest.raises(ModelError):
            load(path.parent)

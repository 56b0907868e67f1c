import itertools
import json

import numpy as np
import pytest

from headgate.data import TaggedSentence
from headgate.errors import ConfigError
from headgate.modelfile.folder import MODEL_FILES
from headgate.runtime import Tagger, load, measure_tagger
from headgate.tasks import Decoded, Span, TagSpace, to_bioes
from headgate.training import TrainingInterrupted, train
from headgate.training.tagging import read_tagging_data
from headgate.training.tagging.model import confidences
from tests.training.checkpoints.test_run_folder import content_of
from tests.training.small_runs import (
    STEPS_AN_EPOCH,
    InterruptionAt,
    log_of,
    train_small_tagger,
    weights_of,
    write_sentences,
)

LEARNING = {
    "epochs": 16,
    "patience": 16,
    "learning_rate": 0.05,
    "embedding_learning_rate": 0.1,
    "dropout": 0.0,
    "word_dropout": 0.0,
}
"""Settings that learn all there is to learn from a few sentences."""


def metrics_of(run) -> dict:
    return json.loads((run / "model" / "metrics.json").read_text(encoding="utf-8"))


def epochs_of(run) -> list[dict]:
    return [{**event, "seconds": None} for event in log_of(run) if event["event"] == "epoch"]


# ---------------------------------------------------------------- learning


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"characters": "lstm", "bidirectional": False, "cell": "original_gru"},
        {"characters": "none", "ngram_buckets": 64, "cell": "gru", "crf": False},
    ],
    ids=str,
)
def test_spans_that_words_give_away_are_learnt(tmp_path, options):
    run = train_small_tagger(
        tmp_path,
        train=write_sentences(tmp_path / "train.conll", 48),
        dev=write_sentences(tmp_path / "dev.conll", 30, seed=1),
        **(LEARNING | options),
    )
    measured = metrics_of(run)["dev"]
    assert measured["model"]["f1"] > 0.9 > measured["most_frequent_tags"]["f1"]
    tagger = load(run)
    assert isinstance(tagger, Tagger)
    answer = tagger.predict("nobody met Jordan in Jordan")
    assert [(span.label, span.text) for span in answer.spans] == [("PER", "Jordan"), ("LOC", "Jordan")]


@pytest.mark.parametrize(("lookahead", "learns"), [(0, False), (1, True)])
def test_what_only_the_next_word_tells_is_learnt_by_looking_ahead(tmp_path, lookahead, learns):
    chance = np.random.default_rng(0)
    blocks = []
    for _ in range(60):
        words = [f"it {tag}\n{word} N\n" for word, tag in chance.choice([["ran", "A"], ["sat", "B"]], 3)]
        blocks.append("".join(words))
    path = tmp_path / "s.conll"
    path.write_text("\n".join(blocks), encoding="utf-8")
    options = LEARNING | {"bidirectional": False, "epochs": 8}
    run = train_small_tagger(tmp_path, train=path, lookahead=lookahead, **options)
    accuracy = metrics_of(run)["dev"]["model"]["accuracy"]
    assert accuracy == 1.0 if learns else accuracy < 0.9


def test_plain_tags_are_learnt_and_measured_by_token(tmp_path):
    path = tmp_path / "s.conllu"
    words = [("the", "DET"), ("cat", "NOUN"), ("cats", "NOUN"), ("sat", "VERB"), ("sits", "VERB")]
    chance = np.random.default_rng(0)
    blocks = []
    for _ in range(60):
        chosen = [words[place] for place in chance.integers(0, len(words), 5)]
        blocks.append(
            "".join(
                f"{number}\t{word}\t_\t{tag}\t_\t_\t_\t_\t_\t_\n"
                for number, (word, tag) in enumerate(chosen, 1)
            )
        )
    path.write_text("\n".join(blocks), encoding="utf-8")
    run = train_small_tagger(tmp_path, train=path, **(LEARNING | {"epochs": 8}))
    measured = metrics_of(run)["dev"]["model"]
    assert measured["accuracy"] > 0.9 and measured["macro_f1"] > 0.9
    assert "f1" not in measured
    tagger = load(run)
    assert tagger.labels == ("DET", "NOUN", "VERB")
    assert tagger.predict("the cat sat").tags == ("DET", "NOUN", "VERB")
    assert epochs_of(run)[-1]["dev_accuracy"] > 0.9


# ---------------------------------------------------------------- what a run leaves


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return train_small_tagger(tmp_path_factory.mktemp("uninterrupted"))


def test_a_finished_run_holds_a_model_with_what_was_measured(uninterrupted):
    assert sorted(path.name for path in uninterrupted.iterdir()) == ["log.jsonl", "model", "settings.json"]
    assert sorted(path.name for path in (uninterrupted / "model").iterdir()) == sorted(MODEL_FILES)
    measured = metrics_of(uninterrupted)
    assert list(measured) == ["dev", "training"]
    assert set(measured["dev"]) == {"model", "most_frequent_tags"}
    assert (measured["training"]["texts"], measured["training"]["settings"]["crf"]) == (36, True)
    config = load(uninterrupted).config
    assert (config.task, config.network.crf, config.network.characters.encoder) == (
        *("tagging", True, "convolution"),
    )
    assert config.labels[0] == "O" and len(config.labels) == 9
    card = (uninterrupted / "model" / "README.md").read_text(encoding="utf-8")
    assert (
        "for text tagging" in card
        and "a CRF over the tags" in card
        and "| dev | most_frequent_tags |" in card
    )


def test_what_was_measured_is_what_the_written_model_answers(uninterrupted):
    data = read_tagging_data(
        *(uninterrupted.parent / "sentences.conll", None, None), token_column="0", tag_column="-1", seed=1
    )
    found = measure_tagger(load(uninterrupted), data.dev)
    assert found.to_json() == metrics_of(uninterrupted)["dev"]["model"]


# ---------------------------------------------------------------- the very same model


def interrupt_at(monkeypatch, step: int) -> None:
    monkeypatch.setattr("headgate.training.loop.Interruption", InterruptionAt(step))


def test_the_same_seed_gives_the_very_same_model_and_another_seed_another(tmp_path, uninterrupted):
    again = train_small_tagger(tmp_path, seed=1)
    assert weights_of(again) == weights_of(uninterrupted)
    for name in ("config.json", "tokenizer.json"):
        assert (again / "model" / name).read_bytes() == (uninterrupted / "model" / name).read_bytes()
    assert epochs_of(again) == epochs_of(uninterrupted)
    assert weights_of(train_small_tagger(tmp_path, "other", seed=2)) != weights_of(uninterrupted)


@pytest.mark.parametrize("steps", [[STEPS_AN_EPOCH], [2 * STEPS_AN_EPOCH], [2, 1, 4]], ids=str)
def test_a_resumed_run_gives_the_very_same_model(tmp_path, monkeypatch, uninterrupted, steps):
    for step, resume in zip(steps, itertools.chain([False], itertools.repeat(True))):  # noqa: B905
        interrupt_at(monkeypatch, step)
        with pytest.raises(TrainingInterrupted, match=r"stopped in epoch \d of 2; .*--resume"):
            train_small_tagger(tmp_path, resume=resume)
    monkeypatch.undo()
    resumed = train_small_tagger(tmp_path, resume=True)
    assert weights_of(resumed) == weights_of(uninterrupted)
    assert epochs_of(resumed) == epochs_of(uninterrupted)
    assert not (resumed / "checkpoint").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"characters": "lstm", "ngram_buckets": 32, "layers": 2, "half": True},
        {"characters": "none", "crf": False, "bidirectional": False, "lookahead": 2, "cell": "original_gru"},
    ],
    ids=lambda settings: settings["characters"],
)
def test_it_does_so_with_any_settings(tmp_path, monkeypatch, settings):
    whole = train_small_tagger(tmp_path, "whole", **settings)
    interrupt_at(monkeypatch, STEPS_AN_EPOCH + 2)
    with pytest.raises(TrainingInterrupted):
        train_small_tagger(tmp_path, **settings)
    monkeypatch.undo()
    assert weights_of(train_small_tagger(tmp_path, resume=True, **settings)) == weights_of(whole)
    assert epochs_of(tmp_path / "run") == epochs_of(tmp_path / "whole")


def test_a_finished_run_that_is_resumed_is_kept(tmp_path):
    before = content_of(train_small_tagger(tmp_path, epochs=1))
    assert content_of(train_small_tagger(tmp_path, resume=True, epochs=1)) == before


def test_the_same_spans_in_another_scheme_give_the_very_same_model(tmp_path, uninterrupted):
    path = write_sentences(tmp_path / "bioes.conll", mark=to_bioes)
    assert weights_of(train_small_tagger(tmp_path, train=path)) == weights_of(uninterrupted)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"crf": False}, "had crf = True; got crf = False"),
        ({"characters": "lstm"}, "had characters = 'convolution'; got characters = 'lstm'"),
    ],
    ids=str,
)
def test_a_run_is_not_resumed_with_other_settings(tmp_path, monkeypatch, changed, said):
    interrupt_at(monkeypatch, 3)
    with pytest.raises(TrainingInterrupted):
        train_small_tagger(tmp_path)
    monkeypatch.undo()
    before = content_of(tmp_path)
    with pytest.raises(ConfigError) as caught:
        train_small_tagger(tmp_path, resume=True, **changed)
    assert said in str(caught.value)
    assert content_of(tmp_path) == before


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (
            {"characters": "glyphs"},
            "setting characters: input should be 'convolution', 'lstm' or 'none'; got",
        ),
        ({"character_features": 5}, "setting character_features: input should be a multiple of 2; got 5"),
        ({"lookahead": -1}, "setting lookahead: input should be greater than or equal to 0; got -1"),
        ({"pooling": "max"}, "there is no setting 'pooling'"),
        ({"lokahead": 1}, "there is no setting 'lokahead' (did you mean lookahead?)"),
        ({"lookahead": 2}, "setting lookahead must be 0 for a model that reads in both directions; got 2"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named_before_any_work(tmp_path, choice, said):
    with pytest.raises(ConfigError) as caught:
        train_small_tagger(tmp_path, **choice)
    assert said in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_settings_are_checked_before_any_file_is_read(tmp_path):
    with pytest.raises(ConfigError, match="setting dropout"):
        train("tagging", train=tmp_path / "missing.conll", out=tmp_path / "run", dropout=1.5)


def test_of_a_long_sentence_only_the_beginning_is_learnt_from(tmp_path):
    path = write_sentences(tmp_path / "s.conll", 12)
    run = train_small_tagger(tmp_path, train=path, dev=path, max_tokens=3, epochs=1)
    assert metrics_of(run)["dev"]["model"]["tokens"] > 12 * 3  # measured is the whole


def test_a_dev_set_without_spans_is_no_reason_to_fail(tmp_path):
    dev = tmp_path / "dev.conll"
    dev.write_text("it O\nrained O\n", encoding="utf-8")
    run = train_small_tagger(tmp_path, dev=dev)
    assert metrics_of(run)["dev"]["model"]["f1"] == 0.0
    assert load(run).predict("it rained").tokens == ("it", "rained")


# ---------------------------------------------------------------- how sure answers are


def sentence(tags: list[str]) -> TaggedSentence:
    return TaggedSentence(("word",) * len(tags), tuple(tags), 1, (1,) * len(tags))


def test_a_temperature_is_fitted_on_how_often_answers_are_right():
    space = TagSpace.of_sentences([["B-X", "B-Y"]], marks_spans=True)
    sentences = [sentence(["B-X", "I-X", "O", "B-Y"]), sentence(["O"])]
    answers = [
        Decoded(["B-X", "I-X", "O", "B-X"], [0.9] * 4, [Span(0, 2, "X"), Span(3, 4, "X")], [0.8, 0.6]),
        Decoded(["B-Y"], [0.5], [Span(0, 1, "Y")], [0.4]),
    ]
    confidence, right = confidences(space, answers, sentences)
    assert (confidence.tolist(), right.tolist()) == ([0.8, 0.6, 0.4], [True, False, False])
    plain = TagSpace(["A", "B"])
    answers = [Decoded(["A", "B"], [0.9, 0.7], [], [])]
    confidence, right = confidences(plain, answers, [sentence(["A", "A"])])
    assert (confidence.tolist(), right.tolist()) == ([0.9, 0.7], [True, False])

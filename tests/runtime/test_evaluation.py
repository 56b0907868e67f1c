from dataclasses import replace

import numpy as np
import pytest

from headgate.data import read_tagged
from headgate.errors import DataError
from headgate.runtime import evaluate_classifier, evaluate_tagger, load, measure_tagger
from headgate.tasks import spans_of, to_bio, to_bioes
from tests.conftest import PLAIN_TAGS


def test_a_model_is_measured_on_a_file(make_model, tmp_path):
    model = load(make_model().path)
    texts = ["good good", "bad", "", "the film was odd", "!"]
    answers = [model.predict(text).label for text in texts]
    wrong = next(label for label in model.labels if label != answers[-1])
    gold = [*answers[:-1], wrong]
    lines = [f'"{text}",{label}' for text, label in zip(texts, gold, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(["review,stars", *lines]) + "\n")
    metrics = evaluate_classifier(model, tmp_path / "data.csv", text_column="review", label_column="stars")
    assert metrics.examples == 5
    assert metrics.accuracy == pytest.approx(0.8)


def test_a_label_that_the_model_does_not_know_is_named_with_its_line(make_model, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("text,label\nfine,good\nhm,mediocre\n")
    with pytest.raises(DataError, match="mediocre") as caught:
        evaluate_classifier(load(make_model().path), path)
    assert str(caught.value).startswith(f"{path} line 3: ")


SENTENCES = [["the", "film", "was", "good"], ["a", "naïve", "plot", "!", "😀"], ["zeppelin"]]


def write_tagged(path, tags):
    blocks = [
        "".join(f"{token} {tag}\n" for token, tag in zip(sentence, of_sentence, strict=True))
        for sentence, of_sentence in zip(SENTENCES, tags, strict=True)
    ]
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


@pytest.mark.parametrize("write", [to_bio, to_bioes], ids=["bio", "bioes"])
def test_a_tagger_is_measured_against_its_own_answers(make_tagger, tmp_path, write):
    model = load(make_tagger(crf=True).path)
    answers = model.predict(SENTENCES)
    spans = [spans_of(answer.tags) for answer in answers]
    gold = [write(of_sentence, len(tokens)) for of_sentence, tokens in zip(spans, SENTENCES, strict=True)]
    metrics = evaluate_tagger(model, write_tagged(tmp_path / "data.conll", gold))
    assert (metrics.precision, metrics.recall, metrics.f1, metrics.accuracy) == (1.0, 1.0, 1.0, 1.0)
    assert (metrics.sentences, metrics.tokens) == (3, 10)
    assert sum(one.support for one in metrics.labels.values()) == sum(map(len, spans)) > 0
    sure = np.concatenate([[span.score for span in answer.spans] for answer in answers])
    assert metrics.expected_calibration_error == pytest.approx(np.mean(1.0 - sure))


def test_a_span_that_the_tagger_does_not_find_is_missed(make_tagger, tmp_path):
    model = load(make_tagger(crf=True).path)
    gold = [list(answer.tags) for answer in model.predict(SENTENCES)]
    found = sum(len(spans_of(tags)) for tags in gold)
    gold[2] = ["B-ORG"]  # a label that the model does not know
    metrics = evaluate_tagger(model, write_tagged(tmp_path / "data.conll", gold))
    lost = len(model.predict([SENTENCES[2]])[0].spans)
    assert metrics.recall == pytest.approx((found - lost) / (found - lost + 1))
    assert metrics.precision == pytest.approx((found - lost) / found)
    assert (metrics.labels["ORG"].recall, metrics.labels["ORG"].support) == (0.0, 1)


def test_plain_tags_are_measured_by_token(make_tagger, tmp_path):
    model = load(make_tagger(tags=PLAIN_TAGS).path)
    answers = model.predict(SENTENCES)
    gold = [list(answer.tags) for answer in answers]
    gold[1][0] = next(tag for tag in PLAIN_TAGS if tag != gold[1][0])
    gold[1][1] = "ADV"  # not known
    metrics = evaluate_tagger(model, write_tagged(tmp_path / "data.conll", gold))
    assert metrics.accuracy == pytest.approx(0.8)
    assert metrics.labels["ADV"].recall == 0.0
    sure = np.concatenate([answer.scores for answer in answers])
    assert 0.0 <= metrics.expected_calibration_error <= 1.0
    assert abs(sure.mean() - 0.8) <= metrics.expected_calibration_error + 1e-9  # no better than over all bins


def test_the_order_of_sentences_and_their_batches_never_change_a_measure(make_tagger, tmp_path, monkeypatch):
    model = load(make_tagger(crf=True).path)
    own = [list(answer.tags) for answer in model.predict(SENTENCES)]
    path = write_tagged(tmp_path / "data.conll", [own[0], ["O"] * 5, own[2]])
    expected = evaluate_tagger(model, path)
    assert 0 < expected.f1 < 1
    backward = measure_tagger(model, list(read_tagged(path))[::-1])
    monkeypatch.setattr("headgate.data.bucketing.SCORING_TEXTS", 1)
    for found in (backward, evaluate_tagger(model, path)):
        error = found.expected_calibration_error
        assert error == pytest.approx(expected.expected_calibration_error, abs=1e-6)
        assert replace(found, expected_calibration_error=None) == replace(
            expected, expected_calibration_error=None
        )


def test_a_record_without_words_is_measured_too(make_tagger, tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"text": "", "spans": []}\n{"tokens": ["film"], "tags": ["O"]}\n', encoding="utf-8")
    metrics = evaluate_tagger(load(make_tagger().path), path)
    assert (metrics.sentences, metrics.tokens) == (2, 1)


def test_tags_that_mark_no_spans_are_named_with_their_line_where_the_taggers_do(make_tagger, tmp_path):
    path = write_tagged(tmp_path / "data.conll", [["O"] * 4, ["O", "NOUN", "O", "O", "O"], ["O"]])
    with pytest.raises(DataError) as caught:
        evaluate_tagger(load(make_tagger().path), path)
    assert str(caught.value).startswith(f'{path} line 7: tag "NOUN" of "naïve" is neither "O" nor a prefix')


def test_columns_are_chosen_by_number_or_by_name(make_tagger, tmp_path):
    model = load(make_tagger(tags=PLAIN_TAGS).path)
    path = tmp_path / "data.conllu"
    words = [("1", "the", "X"), ("2", "film", "NOUN")]
    path.write_text(
        "".join(f"{number}\t{word}\t_\t{tag}\tTAG{number}\t_\t_\t_\t_\t_\n" for number, word, tag in words),
        encoding="utf-8",
    )
    assert set(evaluate_tagger(model, path).labels) >= {"X", "NOUN"}
    assert set(evaluate_tagger(model, path, tag_column="XPOS").labels) >= {"TAG1", "TAG2"}
    assert evaluate_tagger(model, path, token_column=1, tag_column=4) == evaluate_tagger(
        model, path, tag_column="xpos"
    )

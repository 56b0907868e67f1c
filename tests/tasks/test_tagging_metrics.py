from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval import metrics as seqeval
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support as conlleval
from sklearn import metrics as sklearn

from headgate.data import read_tagged
from headgate.tasks.tag_schemes import find_scheme, spans_of, to_bio, to_bioes
from headgate.tasks.tagging_metrics import measure_spans, measure_tags

SHARED = Path(__file__).parents[3] / "shared" / "data"
SCORE = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


@st.composite
def tagged_pairs(draw, alphabet):
    """Predicted and true tags of a few sentences, at least one of which has a token."""
    lengths = [draw(st.integers(1, 9)), *draw(st.lists(st.integers(0, 9), max_size=4))]
    tag = st.sampled_from(alphabet)
    return tuple([draw(st.lists(tag, min_size=size, max_size=size)) for size in lengths] for _ in range(2))


def span_tags(prefixes):
    return [
        "O",
        "O",
        *(f"{prefix}-{label}" for prefix in prefixes for label in ("PER", "creative-work", "X")),
    ]


def calibration_error_slowly(scores, right) -> float:
    """Guo et al. 2017, eq. 3, one answer and one bin at a time; a bin holds its lower end."""
    bins = {}
    for score, is_right in zip(scores, right, strict=True):
        place = next((index for index in range(15) if score < (index + 1) / 15), 14)
        bins.setdefault(place, []).append((score, is_right))
    return sum(
        abs(sum(is_right for _, is_right in members) - sum(score for score, _ in members)) / len(right)
        for members in bins.values()
    )


def figures(of_label):
    return [of_label.precision, of_label.recall, of_label.f1, of_label.support]


# ---------------------------------------------------------------- spans


@settings(deadline=None)
@given(pair=st.one_of(tagged_pairs(span_tags("BI")), tagged_pairs(span_tags("BIES"))))
def test_span_figures_are_those_of_seqeval_overall_and_by_label(pair):
    predicted, gold = pair
    found = measure_spans(predicted, gold)
    precision, recall, f1, _ = conlleval(gold, predicted, average="micro", zero_division=0)
    assert [found.precision, found.recall, found.f1] == pytest.approx([precision, recall, f1])
    rows = zip(*conlleval(gold, predicted, average=None, zero_division=0), strict=True)
    labels = sorted({span.label for tags in (*predicted, *gold) for span in spans_of(tags)})
    assert list(found.labels) == labels
    for of_label, expected in zip(found.labels.values(), rows, strict=True):
        assert figures(of_label) == pytest.approx(list(expected))
    assert (found.sentences, found.tokens) == (len(gold), sum(map(len, gold)))


@settings(deadline=None)
@given(pair=tagged_pairs(span_tags("BI")))
def test_accuracy_is_that_of_seqeval_on_tags_that_are_right_bio(pair):
    predicted, gold = ([to_bio(spans_of(tags), len(tags)) for tags in all_tags] for all_tags in pair)
    assert measure_spans(predicted, gold).accuracy == pytest.approx(seqeval.accuracy_score(gold, predicted))


@given(pair=tagged_pairs(span_tags("BI")))
def test_the_scheme_of_the_true_tags_changes_no_figure(pair):
    predicted, gold = pair
    other = [to_bioes(spans_of(tags), len(tags)) for tags in gold]
    assert measure_spans(predicted, other) == measure_spans(predicted, gold)


@given(pair=tagged_pairs(span_tags("BI")), data=st.data())
def test_the_calibration_error_is_that_of_the_predicted_spans(pair, data):
    predicted, gold = pair
    spans = [spans_of(tags) for tags in predicted]
    scores = [data.draw(st.lists(SCORE, min_size=len(found), max_size=len(found))) for found in spans]
    right = [span in spans_of(tags) for found, tags in zip(spans, gold, strict=True) for span in found]
    found = measure_spans(predicted, gold, scores).expected_calibration_error
    assert found == pytest.approx(calibration_error_slowly(list(chain(*scores)), right))


def test_a_span_must_be_exact_to_count():
    gold = [["B-PER", "I-PER", "O"], ["B-LOC", "O"]]
    predicted = [["B-PER", "O", "O"], ["B-LOC", "O"]]
    found = measure_spans(predicted, gold, [[0.9], [0.6]])
    assert (found.precision, found.recall, found.f1, found.accuracy) == (0.5, 0.5, 0.5, 0.8)
    assert found.expected_calibration_error == pytest.approx((0.9 + 0.4) / 2)
    assert figures(found.labels["PER"]) == [0, 0, 0, 1]


def test_without_spans_or_without_sentences_the_figures_are_zero():
    for tags in ([["O", "O"]], [[]], []):
        found = measure_spans(tags, tags, [[] for _ in tags])
        assert (found.precision, found.recall, found.f1, found.labels) == (0, 0, 0, {})
        assert found.expected_calibration_error == 0


def test_the_record_of_span_figures():
    record = measure_spans([["B-X", "O"]], [["B-X", "O"]]).to_json()
    keys = ["precision", "recall", "f1", "accuracy", "expected_calibration_error"]
    assert list(record) == [*keys, "sentences", "tokens", "labels"]
    assert record["expected_calibration_error"] is None
    assert record["labels"] == {"X": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the open datasets lie in ../shared/data, which is not here")
def test_the_first_tokens_of_conll_2003s_spans_score_as_seqeval_says():
    sentences = list(read_tagged(SHARED / "conll2003" / "testb.conll"))
    assert find_scheme(sentences, "testb.conll") == "bio"
    gold = [list(sentence.tags) for sentence in sentences]
    predicted = [["O" if tag[0] == "I" else tag for tag in tags] for tags in gold]
    found = measure_spans(predicted, gold)
    assert sum(of_label.support for of_label in found.labels.values()) == 5648
    assert found.f1 == pytest.approx(seqeval.f1_score(gold, predicted))
    assert found.accuracy == pytest.approx(seqeval.accuracy_score(gold, predicted))


# ---------------------------------------------------------------- plain tags


@settings(deadline=None)
@given(pair=tagged_pairs(["NOUN", "VERB", "-LRB-", "O"]), data=st.data())
def test_figures_of_plain_tags_are_those_of_scikit_learn(pair, data):
    predicted, gold = pair
    scores = [data.draw(st.lists(SCORE, min_size=len(tags), max_size=len(tags))) for tags in gold]
    flat, true, flat_scores = (list(chain(*nested)) for nested in (predicted, gold, scores))
    found = measure_tags(predicted, gold, scores)
    assert found.accuracy == pytest.approx(sklearn.accuracy_score(true, flat))
    assert found.macro_f1 == pytest.approx(sklearn.f1_score(true, flat, average="macro", zero_division=0))
    present = sorted({*flat, *true})
    rows = sklearn.precision_recall_fscore_support(true, flat, labels=present, zero_division=0)
    assert list(found.labels) == present
    for of_label, *expected in zip(found.labels.values(), *rows, strict=True):
        assert figures(of_label) == pytest.approx(expected)
    right = [tag == true_tag for tag, true_tag in zip(flat, true, strict=True)]
    assert found.expected_calibration_error == pytest.approx(calibration_error_slowly(flat_scores, right))
    assert (found.sentences, found.tokens) == (len(gold), len(true))


def test_the_record_of_the_figures_of_plain_tags():
    record = measure_tags([["N", "V"], []], [["N", "N"], []]).to_json()
    keys = ["accuracy", "macro_f1", "expected_calibration_error", "sentences", "tokens", "labels"]
    assert list(record) == keys
    assert record["accuracy"] == 0.5
    assert record["labels"]["V"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    assert measure_tags([], []).to_json() == dict.fromkeys(keys, 0) | {
        "expected_calibration_error": None,
        "labels": {},
    }


def test_sentences_of_other_lengths_are_a_bug():
    for measure in (measure_spans, measure_tags):
        with pytest.raises(ValueError, match="zip"):
            measure([["O"]], [["O", "O"]])
        with pytest.raises(ValueError, match="zip"):
            measure([["O"], ["O"]], [["O"]])

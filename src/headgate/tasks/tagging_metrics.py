"""How good the answers of a tagger are, and how far its probabilities can be believed.

Spans are counted as conlleval counts them: a span is right if its first token, its last token and its label
are the true ones. Precision, recall and F1 are over all spans together ("micro").
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, compress
from typing import Any

import numpy as np

from headgate.tasks.classification_metrics import LabelMetrics, calibration_gap
from headgate.tasks.tag_schemes import Span, spans_of, to_bio


@dataclass(frozen=True)
class SpanMetrics:
    """Precision, recall and F1 of exact spans, and the accuracy of tags over all tokens, all in [0, 1].

    `expected_calibration_error` is that of the predicted spans' probabilities, None where these are unknown;
    `labels` holds each label's own figures, with how many spans truly have it as `support`.
    """

    precision: float
    recall: float
    f1: float
    accuracy: float
    expected_calibration_error: float | None
    sentences: int
    tokens: int
    labels: dict[str, LabelMetrics]

    def to_json(self) -> dict[str, Any]:
        """The record that `evaluate --json` prints and `metrics.json` holds."""
        return asdict(self)


@dataclass(frozen=True)
class TagMetrics:
    """Accuracy over all tokens and macro-averaged F1 of plain tags, both in [0, 1].

    `expected_calibration_error` is that of the predicted tags' probabilities, None where these are unknown;
    `labels` holds each tag's own figures, with how many tokens truly have it as `support`.
    """

    accuracy: float
    macro_f1: float
    expected_calibration_error: float | None
    sentences: int
    tokens: int
    labels: dict[str, LabelMetrics]

    def to_json(self) -> dict[str, Any]:
        """The record that `evaluate --json` prints and `metrics.json` holds."""
        return asdict(self)


def measure_spans(
    predicted: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    span_scores: Sequence[Sequence[float]] | None = None,
) -> SpanMetrics:
    """Compare the tags of each sentence with the true ones; both may be of any scheme that `spans_of` reads.

    `span_scores` gives, for each sentence, the probability of each predicted span, in order. What cannot be
    divided (no span predicted, none to find) is 0, as in conlleval. Accuracy compares the tags that the spans
    have in BIO, since another scheme is no mistake; where all tags are right BIO, it is conlleval's.
    """
    spans, true_spans = [spans_of(tags) for tags in predicted], [spans_of(tags) for tags in gold]
    labels, true_labels = _labels(spans), _labels(true_spans)
    right = [span in true for found, true in zip(spans, map(set, true_spans), strict=True) for span in found]
    overall = _label_metrics(sum(right), len(labels), len(true_labels))
    return SpanMetrics(
        precision=overall.precision,
        recall=overall.recall,
        f1=overall.f1,
        accuracy=_share(_equal(_in_bio(spans, predicted), _in_bio(true_spans, gold))),
        expected_calibration_error=_calibration(span_scores, right),
        sentences=len(gold),
        tokens=sum(map(len, gold)),
        labels=_by_label(labels, true_labels, right),
    )


def measure_tags(
    predicted: Sequence[Sequence[str]],
    gold: Sequence[Sequence[str]],
    scores: Sequence[Sequence[float]] | None = None,
) -> TagMetrics:
    """Compare the plain tags of each sentence with the true ones.

    `scores` gives, for each sentence, the probability of each predicted tag. Macro F1 is the plain mean over
    the tags that occur among the true or the predicted ones, as in scikit-learn. Without tokens, all is 0.
    """
    right = _equal(predicted, gold)
    by_label = _by_label(list(chain(*predicted)), list(chain(*gold)), right)
    return TagMetrics(
        accuracy=_share(right),
        macro_f1=sum(of_label.f1 for of_label in by_label.values()) / max(len(by_label), 1),
        expected_calibration_error=_calibration(scores, right),
        sentences=len(gold),
        tokens=len(right),
        labels=by_label,
    )


def _labels(spans: Iterable[Sequence[Span]]) -> list[str]:
    return [span.label for of_sentence in spans for span in of_sentence]


def _in_bio(spans: Sequence[Sequence[Span]], tags: Sequence[Sequence[str]]) -> list[list[str]]:
    return [to_bio(found, len(of_sentence)) for found, of_sentence in zip(spans, tags, strict=True)]


def _equal(predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]]) -> list[bool]:
    """Whether each token, of all sentences in a row, has its true tag."""
    return [
        tag == true_tag
        for tags, true_tags in zip(predicted, gold, strict=True)
        for tag, true_tag in zip(tags, true_tags, strict=True)
    ]


def _share(right: Sequence[bool]) -> float:
    return sum(right) / max(len(right), 1)


def _calibration(scores: Sequence[Sequence[float]] | None, right: Sequence[bool]) -> float | None:
    if scores is None:
        return None
    return calibration_gap(np.array(list(chain(*scores)), np.float64), np.array(right, np.bool_))


def _by_label(
    labels: Sequence[str], true_labels: Sequence[str], right: Sequence[bool]
) -> dict[str, LabelMetrics]:
    """Each label's figures, by name, from all answers' labels, the true ones, and which are right."""
    claimed, support, hits = Counter(labels), Counter(true_labels), Counter(compress(labels, right))
    return {
        label: _label_metrics(hits[label], claimed[label], support[label])
        for label in sorted(claimed | support)
    }


def _label_metrics(hits: int, claimed: int, support: int) -> LabelMetrics:
    precision, recall = hits / max(claimed, 1), hits / max(support, 1)
    return LabelMetrics(precision, recall, 2 * hits / max(claimed + support, 1), support)

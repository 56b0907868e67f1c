"""What each task is, without torch: its answers, its metrics and how scores become answers."""

from headgate.tasks.calibration import (
    calibration_loss,
    confidence_loss,
    fit_temperature,
    temperature_of_least,
)
from headgate.tasks.classification import Classification, classify, probabilities
from headgate.tasks.classification_metrics import (
    ClassificationMetrics,
    LabelMetrics,
    expected_calibration_error,
    measure,
)
from headgate.tasks.copying import Copy, longest_copy
from headgate.tasks.generation import Generation, LanguageMetrics, StopAt, words_and_line_ends
from headgate.tasks.measures import MEASURES
from headgate.tasks.tag_schemes import Scheme, Span, check_span_tags, find_scheme, spans_of, to_bio, to_bioes
from headgate.tasks.tag_space import Decoded, TagSpace
from headgate.tasks.tagging import (
    Tagging,
    TextSpan,
    TokenTag,
    join_tokens,
    tagging_of_spans,
    tagging_of_tags,
)
from headgate.tasks.tagging_metrics import SpanMetrics, TagMetrics, measure_spans, measure_tags
from headgate.tasks.translation import Alignment, Translating, Translation
from headgate.tasks.translation_metrics import TranslationMetrics, measure_translations
from headgate.tasks.writing import Writing

__all__ = [
    "MEASURES",
    "Alignment",
    "Classification",
    "ClassificationMetrics",
    "Copy",
    "Decoded",
    "Generation",
    "LabelMetrics",
    "LanguageMetrics",
    "Scheme",
    "Span",
    "SpanMetrics",
    "StopAt",
    "TagMetrics",
    "TagSpace",
    "Tagging",
    "TextSpan",
    "TokenTag",
    "Translating",
    "Translation",
    "TranslationMetrics",
    "Writing",
    "calibration_loss",
    "check_span_tags",
    "classify",
    "confidence_loss",
    "expected_calibration_error",
    "find_scheme",
    "fit_temperature",
    "join_tokens",
    "longest_copy",
    "measure",
    "measure_spans",
    "measure_tags",
    "measure_translations",
    "probabilities",
    "spans_of",
    "tagging_of_spans",
    "tagging_of_tags",
    "temperature_of_least",
    "to_bio",
    "to_bioes",
    "words_and_line_ends",
]

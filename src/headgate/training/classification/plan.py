"""What a classifier's run will train: settings, how text is read, the network's shape and start."""

from collections.abc import Mapping
from typing import Any

from headgate.modelfile import ClassifierShape
from headgate.text import CharacterNgrams, TextEncoder, count_words
from headgate.training.classification.data import ClassificationData
from headgate.training.classification.settings import ClassificationSettings, classification_defaults
from headgate.training.plan import Plan, reader_shape
from headgate.training.starts import NOTHING, Sources, Start

ClassificationPlan = Plan[ClassificationSettings, ClassifierShape]


def plan_classification(
    data: ClassificationData,
    choices: Mapping[str, Any],
    sources: Sources = NOTHING,
) -> ClassificationPlan:
    """Settings by `classification_defaults`, the choices over them, and a vocabulary of training words."""
    words = count_words(data.train.texts)
    start = Start.read(sources, words.counts)
    defaults = classification_defaults(words.lengths, len(data.labels))
    settings = start.settings(ClassificationSettings, defaults, choices)
    ngrams = CharacterNgrams(settings.ngram_buckets) if settings.ngram_buckets else None
    encoder = TextEncoder(start.vocabulary(words.counts, settings.min_count), ngrams)
    shape = ClassifierShape(
        **reader_shape(settings, encoder),
        num_classes=len(data.labels),
        pooling=settings.pooling,
    )
    start = start.with_texts(lambda: encoder.encode(data.train.texts), settings)
    return Plan(settings, encoder, shape, start)

"""A model's answers against the true ones of a file."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from headgate.data import (
    Pair,
    TaggedSentence,
    label_numbers,
    place_name,
    read_labelled,
    read_pairs,
    read_stretches,
    read_tagged,
)
from headgate.runtime.classification import Classifier
from headgate.runtime.generation import TextGenerator
from headgate.runtime.tagging import Tagger
from headgate.runtime.translation import TextTranslator
from headgate.tasks import (
    ClassificationMetrics,
    LanguageMetrics,
    SpanMetrics,
    TagMetrics,
    Translating,
    TranslationMetrics,
    check_span_tags,
    measure,
    measure_spans,
    measure_tags,
    measure_translations,
)


def evaluate_classifier(
    classifier: Classifier,
    data: str | Path,
    *,
    text_column: str = "text",
    label_column: str = "label",
) -> ClassificationMetrics:
    """Measure a classifier on labelled texts (csv, tsv, jsonl, parquet, also .gz, "-", or a hub dataset).

    Raises DataError for a file that cannot be read so, and for a label that the classifier does not know.
    """
    examples = list(read_labelled(data, text_column=text_column, label_column=label_column))
    gold = np.array(label_numbers(examples, classifier.labels, data), np.int64)
    probabilities = classifier.probabilities([example.text for example in examples])
    return measure(probabilities, gold, classifier.labels)


def evaluate_tagger(
    tagger: Tagger, data: str | Path, *, token_column: str | int = "0", tag_column: str | int = "-1"
) -> SpanMetrics | TagMetrics:
    """Measure a tagger on tagged sentences (CoNLL columns, CoNLL-U, jsonl, also .gz, or "-").

    A tag that the tagger does not know counts as a mistake. Raises DataError for a file that cannot be read
    so, and for tags that mark no spans where the tagger's do.
    """
    sentences = list(read_tagged(data, token_column=token_column, tag_column=tag_column))
    if tagger.space.marks_spans:
        check_span_tags(sentences, place_name(data))
    return measure_tagger(tagger, sentences)


def measure_tagger(tagger: Tagger, sentences: Sequence[TaggedSentence]) -> SpanMetrics | TagMetrics:
    """Compare a tagger's answers with the true tags of sentences."""
    answers = tagger.decode([sentence.tokens for sentence in sentences])
    tags, gold = [answer.tags for answer in answers], [sentence.tags for sentence in sentences]
    if tagger.space.marks_spans:
        return measure_spans(tags, gold, [answer.span_scores for answer in answers])
    return measure_tags(tags, gold, [answer.scores for answer in answers])


def evaluate_translator(
    translator: TextTranslator,
    data: str | Path,
    translating: Translating | None = None,
    *,
    source_column: str = "source",
    target_column: str = "target",
) -> TranslationMetrics:
    """Measure a translator on pairs (`headgate.data.read_pairs`), each source translated once.

    Raises DataError for a file that cannot be read so.
    """
    pairs = list(read_pairs(data, source_column=source_column, target_column=target_column))
    return measure_translator(translator, pairs, translating)


def measure_translator(
    translator: TextTranslator, pairs: Sequence[Pair], translating: Translating | None = None
) -> TranslationMetrics:
    """Compare a translator's answers, the best of each source, with the targets of pairs."""
    translating = replace(translating or Translating(), n_best=1)
    sources = [pair.source for pair in pairs]
    distinct = list(dict.fromkeys(sources))
    answers = zip(distinct, translator.predict_each(distinct, translating), strict=True)
    found = {source: answer.translation for source, answer in answers}
    return measure_translations(
        sources, [found[source] for source in sources], [pair.target for pair in pairs]
    )


def evaluate_generator(generator: TextGenerator, data: str | Path) -> LanguageMetrics:
    """How well a language model foretells a text file (also .gz, or "-"), at constant memory.

    Raises DataError for a file that cannot be read.
    """
    return measure_generator(generator, read_stretches(data))


def measure_generator(generator: TextGenerator, pieces: Iterable[str]) -> LanguageMetrics:
    """How well a language model foretells a text that comes in pieces, of whole lines where possible."""
    stream = generator.stream()
    total = stream.push("")
    for piece in pieces:
        total += stream.push(piece)
    return total

"""`headgate evaluate`: a model measured on data with the true answers."""

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

from cyclopts import Parameter

from headgate.cli.arguments import Device, Input, PairColumns, TextColumns, TokenColumns, given_columns
from headgate.cli.loading import load_on
from headgate.runtime import (
    Tagger,
    TextGenerator,
    TextTranslator,
    evaluate_classifier,
    evaluate_generator,
    evaluate_tagger,
    evaluate_translator,
)
from headgate.tasks import MEASURES, LabelMetrics

COUNTS = ("examples", "sentences", "tokens", "pairs", "sources", "characters", "units", "unknown", "words")
"""What was measured on."""


def evaluate(
    model: str,
    data: Input,
    *,
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False,
    device: Device = "auto",
    texts: TextColumns | None = None,
    tokens: TokenColumns | None = None,
    pairs: PairColumns | None = None,
) -> None:
    """Measure a model against the true answers.

    A classifier: accuracy, macro-averaged F1, expected calibration error, and each label by itself. A
    tagger: precision, recall and F1 of exact spans, or the accuracy of plain tags, and each label by itself.
    A translator: BLEU and chrF, exact matches, and error rates by edit distance. A language model: perplexity
    by unit and by word, and bits per character.

    Parameters
    ----------
    model
        A folder, the name of a bundled model or a hub id.
    data
        For a classifier a csv, tsv, jsonl or parquet file, or the id of a hub dataset; for a tagger a file of
        CoNLL columns, CoNLL-U or jsonl; for a translator a file of two columns, jsonl, or SOURCE,TARGET: two
        line-aligned files; for a language model plain text. Also .gz.
    json_output
        Print one JSON object.
    device
        cuda: compute on a GPU with PyTorch; otherwise without PyTorch.
    texts
        Where a classifier finds texts and labels.
    tokens
        Where a tagger finds tokens and tags.
    pairs
        Where a translator finds sources and targets.
    """
    loaded = load_on(model, device)
    columns = given_columns(loaded.task, texts, tokens, pairs)
    labels: dict[str, LabelMetrics] = {}
    if isinstance(loaded, TextGenerator):
        metrics = evaluate_generator(loaded, data)
    elif isinstance(loaded, TextTranslator):
        metrics = evaluate_translator(loaded, data, None, **columns)
    elif isinstance(loaded, Tagger):
        metrics = evaluate_tagger(loaded, data, **columns)
        unknown = [name for name in metrics.labels if name not in loaded.space.names]
        if unknown:
            listed = ", ".join(unknown)
            print(f"headgate: not known to the model, so counted as mistakes: {listed}", file=sys.stderr)
        labels = metrics.labels
    else:
        metrics = evaluate_classifier(loaded, data, **columns)
        labels = metrics.labels
    values = metrics.to_json()
    if json_output:
        print(json.dumps(values, ensure_ascii=False))
        return
    _print_measures(values)
    if labels:
        _print_labels(labels)


def _print_measures(values: Mapping[str, Any]) -> None:
    for name in COUNTS:
        if name in values:
            print(f"{name:<26}  {values[name]}")
    for name, title in MEASURES.items():
        if values.get(name) is not None:
            print(f"{title:<26}  {values[name]:.4f}")
    for name, signature in values.get("signatures", {}).items():
        print(f"{MEASURES[name] + ' signature':<26}  {signature}")


def _print_labels(labels: dict[str, LabelMetrics]) -> None:
    width = max(map(len, [*labels, "label"]))
    print(f"\n{'label':<{width}}  precision  recall      F1  support")
    for label, of_label in labels.items():
        print(
            f"{label:<{width}}  {of_label.precision:9.4f}  {of_label.recall:6.4f}  {of_label.f1:6.4f}"
            f"  {of_label.support:7d}"
        )

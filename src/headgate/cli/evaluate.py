"""`headgate evaluate`: a model measured on data with the true answers."""

import json
import sys
from typing import Annotated

from cyclopts import Parameter

from headgate.cli.arguments import Device, Input
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
    text_column: str = "text",
    label_column: str = "label",
    token_column: Annotated[str, Parameter(allow_leading_hyphen=True)] = "0",
    tag_column: Annotated[str, Parameter(allow_leading_hyphen=True)] = "-1",
    source_column: str = "source",
    target_column: str = "target",
    device: Device = "auto",
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
    text_column
        The column that holds the texts.
    label_column
        The column that holds the labels.
    token_column
        The column that holds the tokens: a number from 0, or a name in CoNLL-U.
    tag_column
        The column that holds the tags: a number, -1 for the last, or a name in CoNLL-U.
    source_column
        The column that holds the sources, where a file names its columns.
    target_column
        The column that holds the targets.
    device
        cuda: compute on a GPU with PyTorch; otherwise without PyTorch.
    """
    loaded = load_on(model, device)
    labels: dict[str, LabelMetrics] = {}
    if isinstance(loaded, TextGenerator):
        metrics = evaluate_generator(loaded, data)
    elif isinstance(loaded, TextTranslator):
        metrics = evaluate_translator(loaded, data, source_column=source_column, target_column=target_column)
    elif isinstance(loaded, Tagger):
        metrics = evaluate_tagger(loaded, data, token_column=token_column, tag_column=tag_column)
        unknown = [name for name in metrics.labels if name not in loaded.space.names]
        if unknown:
            listed = ", ".join(unknown)
            print(f"headgate: not known to the model, so counted as mistakes: {listed}", file=sys.stderr)
        labels = metrics.labels
    else:
        metrics = evaluate_classifier(loaded, data, text_column=text_column, label_column=label_column)
        labels = metrics.labels
    values = metrics.to_json()
    if json_output:
        print(json.dumps(values, ensure_ascii=False))
        return
    for name in COUNTS:
        if name in values:
            print(f"{name:<26}  {values[name]}")
    for name, title in MEASURES.items():
        if values.get(name) is not None:
            print(f"{title:<26}  {values[name]:.4f}")
    for name, signature in values.get("signatures", {}).items():
        print(f"{MEASURES[name] + ' signature':<26}  {signature}")
    if labels:
        _print_labels(labels)


def _print_labels(labels: dict[str, LabelMetrics]) -> None:
    width = max(map(len, [*labels, "label"]))
    print(f"\n{'label':<{width}}  precision  recall      F1  support")
    for label, of_label in labels.items():
        print(
            f"{label:<{width}}  {of_label.precision:9.4f}  {of_label.recall:6.4f}  {of_label.f1:6.4f}"
            f"  {of_label.support:7d}"
        )

"""A classifier's answers against the true labels of a file."""

from pathlib import Path

import numpy as np

from headgate.data import label_numbers, read_labelled
from headgate.runtime.classifier import Classifier
from headgate.tasks import ClassificationMetrics, measure


def evaluate(
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

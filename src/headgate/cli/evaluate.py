"""`headgate evaluate`: a model measured on labelled data."""

import json
from typing import Annotated

from cyclopts import Parameter

from headgate.cli.arguments import Device, Input
from headgate.cli.loading import load_on
from headgate.runtime import evaluate as measure_model


def evaluate(
    model: str,
    data: Input,
    *,
    json_output: Annotated[bool, Parameter(name="--json", negative="")] = False,
    text_column: str = "text",
    label_column: str = "label",
    device: Device = "auto",
) -> None:
    """Measure a model: accuracy, macro-averaged F1, expected calibration error, and each label by itself.

    Parameters
    ----------
    model
        A folder, the name of a bundled model or a hub id.
    data
        A csv, tsv, jsonl or parquet file, also .gz, or the id of a hub dataset.
    json_output
        Print one JSON object.
    text_column
        The column that holds the texts.
    label_column
        The column that holds the labels.
    device
        cuda: compute on a GPU with PyTorch; otherwise without PyTorch.
    """
    metrics = measure_model(load_on(model, device), data, text_column=text_column, label_column=label_column)
    if json_output:
        print(json.dumps(metrics.to_json(), ensure_ascii=False))
        return
    print(f"examples                    {metrics.examples}")
    print(f"accuracy                    {metrics.accuracy:.4f}")
    print(f"macro F1                    {metrics.macro_f1:.4f}")
    print(f"expected calibration error  {metrics.expected_calibration_error:.4f}")
    width = max(map(len, metrics.labels))
    print(f"\n{'label':<{width}}  precision  recall      F1  support")
    for label, of_label in metrics.labels.items():
        print(
            f"{label:<{width}}  {of_label.precision:9.4f}  {of_label.recall:6.4f}  {of_label.f1:6.4f}"
            f"  {of_label.support:7d}"
        )

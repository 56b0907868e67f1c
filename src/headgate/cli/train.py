"""`headgate train`: a model from files, with settings that follow from the data unless they are given."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from headgate.cli.arguments import Device, Input
from headgate.errors import ConfigError


def classification(
    *,
    train: Input,
    out: Path,
    dev: Input | None = None,
    test: Input | None = None,
    text_column: str = "text",
    label_column: str = "label",
    cell: str | None = None,
    layers: int | None = None,
    hidden: int | None = None,
    bidirectional: bool | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    device: Device | None = None,
    recipe: Path | None = None,
    embeddings: Path | None = None,
    resume: Annotated[bool, Parameter(negative="")] = False,
    set: Annotated[list[str] | None, Parameter(name="--set", negative="")] = None,
    training_data: str | None = None,
    licence: str = "not stated",
) -> None:
    """Train a text classifier. Data: csv, tsv, jsonl or parquet files, also .gz, or a hub dataset's id.

    Parameters
    ----------
    train
        The texts to learn from.
    out
        The run folder: log, learning curves, and the model in its folder "model".
    dev
        Texts to choose by; a tenth of the training texts is set aside when there is no such file.
    test
        Texts to measure on, once, at the end.
    text_column
        The column that holds the texts.
    label_column
        The column that holds the labels.
    cell
        rnn, lstm, gru or original_gru.
    layers
        Recurrent layers.
    hidden
        Units of the hidden state, a direction.
    bidirectional
        Read texts backward as well; a model that is to stream must not.
    epochs
        Passes over the data, at the most.
    seed
        Decides everything random: the same seed, data and machine give the same model.
    device
        auto takes a GPU where there is one.
    recipe
        A TOML file of settings.
    embeddings
        Pre-trained word vectors: a text file of word2vec, GloVe or fastText.
    resume
        Go on with an interrupted run in --out.
    set
        Any other setting, as name=value; may be given many times.
    training_data
        What the model card says the model was trained on.
    licence
        What the model card says of that data's licence.
    """
    choices: dict[str, Any] = _parse_settings(set or []) | {
        name: value
        for name, value in (
            ("cell", cell),
            ("layers", layers),
            ("hidden", hidden),
            ("bidirectional", bidirectional),
            ("epochs", epochs),
            ("seed", seed),
            ("device", device),
        )
        if value is not None
    }
    from headgate.plots import draw_curves
    from headgate.training import is_main_process
    from headgate.training import train as train_model

    model = train_model(
        "classification",
        train=train,
        dev=dev,
        test=test,
        out=out,
        text_column=text_column,
        label_column=label_column,
        recipe=recipe,
        embeddings=embeddings,
        resume=resume,
        training_data=training_data,
        licence=licence,
        **choices,
    )
    if is_main_process():
        picture, page = draw_curves(out)
        _print_results(model.folder.path, picture, page)


def _parse_settings(pairs: list[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set takes name=value; got {pair!r}")
        settings[name.strip().replace("-", "_")] = value.strip()
    return settings


def _print_results(model: Path, picture: Path, page: Path) -> None:
    """The network beside the baseline, on every set that was measured."""
    import json

    metrics = json.loads((model / "metrics.json").read_text(encoding="utf-8"))
    print("set   model          accuracy  macro F1  calibration error")
    for part in ("dev", "test"):
        for name, values in metrics.get(part, {}).items():
            print(
                f"{part:<5} {name:<14} {values['accuracy']:8.4f}  {values['macro_f1']:8.4f}"
                f"  {values['expected_calibration_error']:17.4f}"
            )
    print(f'model   {model}\ncurves  {picture}, {page}\ntry     headgate predict {model.parent} "some text"')

"""Train models, with torch (`pip install "headgate[train]"`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headgate.errors import ConfigError, MissingExtraError

try:
    import torch  # noqa: F401  # pyright: ignore[reportUnusedImport]
except ImportError as error:
    raise MissingExtraError("training", "train") from error

from headgate.data import is_hub_id
from headgate.runtime import Classifier, load
from headgate.training.classification import train_classification
from headgate.training.classification_data import read_classification_data
from headgate.training.classification_model import Provenance
from headgate.training.defaults import classification_defaults
from headgate.training.loop import TrainingInterrupted
from headgate.training.processes import is_main_process
from headgate.training.settings import Settings, make_settings, read_recipe

__all__ = ["Settings", "TrainingInterrupted", "is_main_process", "read_recipe", "train"]

TASKS = ("classification",)


def train(
    task: str,
    *,
    train: str | Path,
    out: str | Path,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    text_column: str = "text",
    label_column: str = "label",
    recipe: str | Path | None = None,
    embeddings: str | Path | None = None,
    resume: bool = False,
    quiet: bool = False,
    training_data: str | None = None,
    licence: str = "not stated",
    **settings: Any,
) -> Classifier:
    """Train a model on files and return it, loaded as `headgate.load(out)` would load it.

    - `task`: "classification"
    - `train`, `dev`, `test`: csv, tsv, jsonl or parquet files (also .gz), or hub datasets; without `dev` a
      tenth of the training texts is set aside; `test` is measured once, at the end
    - `out`: the run folder: log, learning curves, checkpoint, and the model in `out/model`
    - `recipe`: a TOML file of settings; `settings` (fields of `Settings`, such as `cell="gru"`) override it,
      and what neither of them sets follows from the size of the data
    - `embeddings`: pre-trained vectors in the text format of word2vec, GloVe and fastText
    - `resume`: go on with an interrupted run in `out`, to the very model it would have given
    - `training_data`, `licence`: what the model card says of the data; file names when not given

    Raises ConfigError, DataError, ModelError or OutputError, and TrainingInterrupted on Ctrl-C.
    """
    if task not in TASKS:
        raise ConfigError(f"task must be one of {', '.join(TASKS)}; got {task!r}")
    choices: Mapping[str, Any] = {**({} if recipe is None else read_recipe(Path(recipe))), **settings}
    # A mistake in them shows before any file is read; the defaults, here of nothing, are decided by the data.
    checked = make_settings(classification_defaults(np.ones(1, np.int64), 2), choices)
    out = Path(out)
    data = read_classification_data(
        train,
        dev,
        test,
        text_column=text_column,
        label_column=label_column,
        seed=checked.seed,
    )
    model = train_classification(
        data,
        out,
        embeddings=None if embeddings is None else Path(embeddings),
        resume=resume,
        quiet=quiet,
        provenance=Provenance(out.resolve().name, training_data or _shown(train), licence),
        choices=choices,
    )
    return load(model)


def _shown(data: str | Path) -> str:
    """What a card calls the data when it is not told: the id of a hub dataset, the bare name of a file."""
    return str(data) if is_hub_id(data) else Path(data).name

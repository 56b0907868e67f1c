"""Train models, with torch (`pip install "headgate[train]"`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from headgate.errors import ConfigError, MissingExtraError

try:
    import torch  # noqa: F401  # pyright: ignore[reportUnusedImport]
except ImportError as error:
    raise MissingExtraError("training", "train") from error

from headgate.data import is_hub_id, place_name
from headgate.runtime import Classifier, Model, Tagger, TextGenerator, load
from headgate.training.classification import ClassificationRun, plan_classification
from headgate.training.classification_data import read_classification_data
from headgate.training.defaults import classification_defaults, generation_defaults, tagging_defaults
from headgate.training.generation import GenerationRun, plan_generation
from headgate.training.generation_data import read_generation_data
from headgate.training.loop import TrainingInterrupted
from headgate.training.plan import Sources
from headgate.training.processes import is_main_process
from headgate.training.run import Provenance, TaskRun, run_training
from headgate.training.settings import (
    ClassificationSettings,
    GenerationSettings,
    Settings,
    TaggingSettings,
    make_settings,
    read_recipe,
)
from headgate.training.tagging import TaggingRun, plan_tagging
from headgate.training.tagging_data import read_tagging_data

__all__ = [
    "ClassificationSettings",
    "GenerationSettings",
    "Settings",
    "TaggingSettings",
    "TrainingInterrupted",
    "is_main_process",
    "read_recipe",
    "train",
]

TASKS: dict[str, type[Settings]] = {
    "classification": ClassificationSettings,
    "tagging": TaggingSettings,
    "generation": GenerationSettings,
}
"""Each task's settings."""


@overload
def train(
    task: Literal["classification"], *, train: str | Path, out: str | Path, **options: Any
) -> Classifier: ...
@overload
def train(task: Literal["tagging"], *, train: str | Path, out: str | Path, **options: Any) -> Tagger: ...
@overload
def train(
    task: Literal["generation"], *, train: str | Path, out: str | Path, **options: Any
) -> TextGenerator: ...
@overload
def train(task: str, *, train: str | Path, out: str | Path, **options: Any) -> Model: ...
def train(
    task: str,
    *,
    train: str | Path,
    out: str | Path,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    text_column: str = "text",
    label_column: str = "label",
    token_column: str | int = "0",
    tag_column: str | int = "-1",
    recipe: str | Path | None = None,
    embeddings: str | Path | None = None,
    init_from: str | Path | None = None,
    raw_text: str | Path | None = None,
    resume: bool = False,
    quiet: bool = False,
    training_data: str | None = None,
    licence: str = "not stated",
    **settings: Any,
) -> Model:
    """Train a model on files and return it, loaded as `headgate.load(out)` would load it.

    - `task`: "classification", "tagging" or "generation"
    - `train`, `dev`, `test`: for classification csv, tsv, jsonl or parquet files, or hub datasets; for
      tagging CoNLL columns, CoNLL-U or jsonl files; for generation plain text; also .gz. Without `dev` a
      tenth of the training texts is set aside; `test` is measured once, at the end
    - `text_column`, `label_column`: of classification; `token_column`, `tag_column`: of tagging
    - `out`: the run folder: log, learning curves, checkpoint, and the model in `out/model`
    - `recipe`: a TOML file of settings; `settings` (fields of `Settings`, such as `cell="gru"`) override it,
      and what neither of them sets follows from the size of the data
    - `embeddings`: pre-trained vectors in the text format of word2vec, GloVe and fastText
    - `init_from`: another model, of any task, whose words' vectors and recurrent layers are started from
    - `raw_text`: a file of plain text without labels, of the same field: words start from what it says of
      them, which is worth most where labelled texts are few
    - `resume`: go on with an interrupted run in `out`, to the very model it would have given
    - `training_data`, `licence`: what the model card says of the data; file names when not given

    Raises ConfigError, DataError, ModelError or OutputError, and TrainingInterrupted on Ctrl-C.
    """
    if task not in TASKS:
        raise ConfigError(f"task must be one of {', '.join(TASKS)}; got {task!r}")
    kind = TASKS[task]
    given = {} if recipe is None else read_recipe(Path(recipe), kind)
    choices: Mapping[str, Any] = {**given, **settings}
    sources = Sources(_path(embeddings), init_from, _path(raw_text))
    out = Path(out)
    # A mistake in the choices shows before any file is read; the defaults, here of nothing, are for the data.
    nothing = np.ones(1, np.int64)
    defaults = {
        "classification": lambda: classification_defaults(nothing, 2),
        "tagging": lambda: tagging_defaults(nothing, 2),
        "generation": lambda: generation_defaults(0, "char"),
    }
    seed = make_settings(kind, defaults[task](), choices).seed
    run: TaskRun
    if task == "classification":
        texts = read_classification_data(
            train, dev, test, text_column=text_column, label_column=label_column, seed=seed
        )
        run = ClassificationRun(texts, plan_classification(texts, choices, sources))
    elif task == "generation":
        text = read_generation_data(train, dev, test)
        run = GenerationRun(text, plan_generation(text, choices, sources))
    else:
        sentences = read_tagging_data(
            train, dev, test, token_column=token_column, tag_column=tag_column, seed=seed
        )
        run = TaggingRun(sentences, plan_tagging(sentences, choices, sources))
    provenance = Provenance(out.resolve().name, training_data or _shown(train), licence)
    return load(run_training(run, out, resume=resume, quiet=quiet, provenance=provenance))


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


def _shown(data: str | Path) -> str:
    """What a card calls the data when it is not told: the id of a hub dataset, the bare name of a file."""
    return str(data) if is_hub_id(data) else Path(place_name(data)).name

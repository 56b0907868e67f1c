"""Train models, with torch (`pip install "headgate[train]"`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, overload

from headgate.errors import MissingExtraError

try:
    import torch  # noqa: F401  # pyright: ignore[reportUnusedImport]
except ImportError as error:
    raise MissingExtraError("training", "train") from error

from headgate.data import is_hub_id, place_name
from headgate.runtime import Classifier, Model, Tagger, TextGenerator, TextTranslator, load
from headgate.training.classification import ClassificationSettings
from headgate.training.generation import GenerationSettings
from headgate.training.loop import TrainingInterrupted
from headgate.training.processes import is_main_process
from headgate.training.run import Provenance, run_training
from headgate.training.settings import Settings, read_recipe
from headgate.training.starts import Sources
from headgate.training.tagging import TaggingSettings
from headgate.training.tasks import Files, task_named
from headgate.training.translation import TranslationSettings

__all__ = [
    "ClassificationSettings",
    "GenerationSettings",
    "Settings",
    "TaggingSettings",
    "TrainingInterrupted",
    "TranslationSettings",
    "is_main_process",
    "read_recipe",
    "train",
]


@overload
def train(
    task: Literal["classification"], *, train: str | Path, out: str | Path, **options: Any
) -> Classifier: ...
@overload
def train(task: Literal["tagging"], *, train: str | Path, out: str | Path, **options: Any) -> Tagger: ...
@overload
def train(
    task: Literal["translation"], *, train: str | Path, out: str | Path, **options: Any
) -> TextTranslator: ...
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
    source_column: str = "source",
    target_column: str = "target",
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

    - `task`: "classification", "tagging", "translation" or "generation"
    - `train`, `dev`, `test`: for classification csv, tsv, jsonl or parquet files, or hub datasets; for
      tagging CoNLL columns, CoNLL-U or jsonl files; for translation a file of two columns, jsonl, or
      "SOURCE,TARGET", two line-aligned files; for generation plain text; also .gz. Without `dev` a tenth of
      the training texts is set aside; `test` is measured once, at the end
    - `text_column`, `label_column`: of classification; `token_column`, `tag_column`: of tagging;
      `source_column`, `target_column`: of translation
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
    kind = task_named(task)
    given = {} if recipe is None else read_recipe(Path(recipe), kind.settings)
    choices: Mapping[str, Any] = {**given, **settings}
    sources = Sources(_path(embeddings), init_from, _path(raw_text))
    files = Files(
        train,
        dev,
        test,
        text_column=text_column,
        label_column=label_column,
        token_column=token_column,
        tag_column=tag_column,
        source_column=source_column,
        target_column=target_column,
    )
    run = kind.run(files, choices, sources)
    out = Path(out)
    provenance = Provenance(out.resolve().name, training_data or _shown(train), licence)
    return load(run_training(run, out, resume=resume, quiet=quiet, provenance=provenance))


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


def _shown(data: str | Path) -> str:
    """What a card calls the data when it is not told: the id of a hub dataset, the bare name of a file."""
    return str(data) if is_hub_id(data) else Path(place_name(data)).name

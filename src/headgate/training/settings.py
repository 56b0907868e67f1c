"""The settings that runs of all tasks have: what each means, its unit and its bounds.

Each task has more of its own, and the rule by which all of them follow from the data, so that a first run on
any file is good and ends in minutes, or in an hour or so where text is to be written.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from headgate.cells import cell_named
from headgate.errors import ConfigError
from headgate.text import UNITS


class Settings(BaseModel):
    """Every setting that all tasks have. What a user leaves open follows from the data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scores_every_unit: ClassVar[bool] = False
    """Whether models of this task score all units at each step, which makes for large products."""

    cell: str
    """The recurrent cell: rnn, lstm, gru, original_gru, mingru, minlstm or qrnn."""
    layers: int = Field(ge=1)
    """Recurrent layers."""
    hidden: int = Field(ge=1)
    """Units of the hidden state of each direction."""
    embedding: int = Field(ge=1)
    """Units of a word's vector."""

    dropout: float = Field(ge=0, lt=1)
    """Probability that a feature is dropped: of embeddings, between layers and of what is scored from."""
    weight_decay: float = Field(ge=0)
    """Decoupled weight decay of matrices, per unit of learning rate; none of biases and sparse embeddings."""

    epochs: int = Field(ge=1)
    """Passes over the training texts at the most."""
    patience: int = Field(ge=1)
    """Epochs without a better dev result after which training ends."""
    batch_size: int = Field(ge=1)
    """Texts a step, over all processes together."""
    learning_rate: float = Field(gt=0)
    """Highest step size of AdamW, after warm-up."""
    warmup: float = Field(ge=0, le=1)
    """Share of all steps over which the learning rate rises from zero; it falls linearly afterwards."""
    clip: float = Field(gt=0)
    """Longest gradient allowed, all recurrent and output weights together (Euclidean norm)."""
    average_from: float = Field(ge=0, le=1)
    """Share of all steps after which weights are averaged; 1 for no average."""

    memory_length: int | None = Field(default=None, ge=3)
    """Tokens to be remembered, for chrono initialisation; none for forget bias 1."""
    half: bool = False
    """Store the finished model in 16-bit floats, at half the size."""
    seed: int = Field(default=1, ge=0)
    """Decides first weights, order and dropout: the same seed, data and machine give the same model."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes a GPU where there is one."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of matrix products in training; auto takes bfloat16 on a GPU that has it, and for language
    models and translators of 256 hidden units or more on a processor that has it; float32 otherwise."""

    @field_validator("cell")
    @classmethod
    def _is_a_cell(cls, cell: str) -> str:
        return cell_named(cell).name


class ReaderSettings(Settings):
    """Every setting of a model that reads labelled texts word by word."""

    bidirectional: bool
    """Read each text backward as well; such a model cannot stream."""
    ngram_buckets: int = Field(ge=0)
    """Hash buckets of character n-grams; 0 for words alone."""
    ngram_dim: int = Field(ge=1)
    """Units of the vector of a character n-gram."""
    min_count: int = Field(ge=1)
    """Times a word must occur in the training texts to have a vector of its own."""
    max_tokens: int = Field(ge=1)
    """Tokens of each training text that are read, from its beginning. Answers always read the whole text."""
    embedding_learning_rate: float = Field(gt=0)
    """Highest step size of the sparse Adam that trains the embeddings."""
    cooccurrence: bool
    """Start the words' vectors from the company that words keep in the training texts, not from chance."""
    cooccurrence_window: int = Field(ge=1)
    """Words to each side that a word keeps company with, in the training texts and in raw text."""
    freeze_embeddings: bool = False
    """Keep pre-trained vectors as they are."""
    unfreeze_epochs: float = Field(default=0.0, ge=0)
    """Epochs after which one more layer is trained along, from the top down to the words' vectors (Howard &
    Ruder 2018, section 3.3); 0 trains all from the start."""


def checked_unit(unit: str) -> str:
    """The name of a kind of units; ConfigError lists those that there are."""
    if unit not in UNITS:
        raise ConfigError(f"unit must be one of {', '.join(UNITS)}; got {unit!r}")
    return unit


Kind = TypeVar("Kind", bound=Settings)


def make_settings(kind: type[Kind], defaults: Mapping[str, Any], choices: Mapping[str, Any]) -> Kind:
    """The defaults with a user's choices over them; ConfigError names a wrong one, its rule and its value."""
    check_names(kind, choices)
    try:
        return kind.model_validate({**defaults, **choices})
    except ValidationError as error:
        first = error.errors()[0]
        own = first.get("ctx", {}).get("error")  # what one of our own rules said
        if isinstance(own, ConfigError):
            raise own from error
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"setting {name}: {first['msg'].lower()}; got {first['input']!r}") from error


def check_names(kind: type[Settings], choices: Mapping[str, Any]) -> None:
    """Raise ConfigError for a name that is no setting of this kind, with the likeliest one."""
    for name in choices:
        if name not in kind.model_fields:
            near = difflib.get_close_matches(name, kind.model_fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"settings are {', '.join(kind.model_fields)}"
            raise ConfigError(f"there is no setting {name!r} ({hint})")


def read_recipe(path: Path, kind: type[Settings]) -> dict[str, Any]:
    """The settings in a recipe: a TOML file of `name = value` lines; names are checked here, values later."""
    try:
        recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the recipe: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a valid TOML file: {error}") from error
    try:
        check_names(kind, recipe)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return recipe

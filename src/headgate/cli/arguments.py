"""What commands take as arguments, and which options are for models of one task alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from headgate.errors import ConfigError

Device = Literal["auto", "cpu", "cuda"]

# The hyphen: "-" is standard input, or output, and no option.
Input: TypeAlias = Annotated[str, Parameter(allow_leading_hyphen=True)]
Output: TypeAlias = Annotated[Path, Parameter(allow_leading_hyphen=True)]

MODELS = {
    "classification": "classifier",
    "tagging": "tagger",
    "translation": "translator",
    "generation": "language model",
}
"""What a model of each task is called."""

OPTIONS = {
    "classification": ("--text-column", "--label-column"),
    "tagging": ("--token-column", "--tag-column", "--lookahead"),
    "translation": ("--source-column", "--target-column", "--source-unit", "--target-unit", "--attention"),
    "generation": ("--unit", "--bptt"),
}
"""The options of training and of measuring that are for one task alone."""

Column: TypeAlias = str | None


@Parameter(name="*", group="Of a classifier")
@dataclass(frozen=True, kw_only=True)
class TextColumns:
    """Where a table holds what a classifier learns from."""

    text_column: Annotated[Column, Parameter(show_default="text")] = None
    """The column that holds the texts."""
    label_column: Annotated[Column, Parameter(show_default="label")] = None
    """The column that holds the labels."""


@Parameter(name="*", group="Of a tagger")
@dataclass(frozen=True, kw_only=True)
class TokenColumns:
    """Where a file holds what a tagger learns from."""

    token_column: Annotated[Column, Parameter(show_default="0", allow_leading_hyphen=True)] = None
    """The column that holds the tokens: a number from 0, or a name in CoNLL-U."""
    tag_column: Annotated[Column, Parameter(show_default="-1", allow_leading_hyphen=True)] = None
    """The column that holds the tags: a number, -1 for the last, or a name in CoNLL-U."""


@Parameter(name="*", group="Of a translator")
@dataclass(frozen=True, kw_only=True)
class PairColumns:
    """Where a table holds what a translator learns from."""

    source_column: Annotated[Column, Parameter(show_default="source")] = None
    """The column that holds the sources, where a file names its columns."""
    target_column: Annotated[Column, Parameter(show_default="target")] = None
    """The column that holds the targets."""


Columns: TypeAlias = TextColumns | TokenColumns | PairColumns


def given_columns(task: str, *columns: Columns | None) -> dict[str, str]:
    """The columns that were given, by name. Raises ConfigError for any that is not for this task."""
    given: dict[str, str] = {}
    for of_one_task in filter(None, columns):
        given |= {name: value for name, value in vars(of_one_task).items() if value is not None}
    for name in given:
        refused = refusal("--" + name.replace("_", "-"), task)
        if refused is not None:
            raise refused
    return given


def refusal(option: str, task: str) -> ConfigError | None:
    """What there is to say of an option, such as "--text-column", that is for models of another task.

    None for one that is for this task, or for no task alone.
    """
    owner = next((name for name, options in OPTIONS.items() if option in options), task)
    if owner == task:
        return None
    kind = option.rpartition("-")[2]
    alike = [name for name in OPTIONS[task] if name.rpartition("-")[2] == kind]
    instead = f"takes {' and '.join(alike)}" if alike else "has no such option (leave it out)"
    return ConfigError(f"{option} is for {MODELS[owner]}s; a {MODELS[task]} {instead}")

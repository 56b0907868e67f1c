"""What `headgate predict` takes for a translator, and what it prints."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from headgate.cli.writing_options import WritingOptions
from headgate.errors import ConfigError
from headgate.tasks import Alignment, Translating, Translation

SHARED = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed", "beam")
"""The options of a language model that a translator takes too."""


@Parameter(name="*", group="Of a translator, beside --beam (5)")
@dataclass(frozen=True, kw_only=True)
class TranslatingOptions:
    """How a translator answers; other models take none of these."""

    n_best: int | None = None
    """Translations of each source, the best first (1)."""
    length_penalty: float | None = None
    """How far scores make up for length; 0 favours the short (1)."""
    coverage_penalty: float | None = None
    """How dear it is to leave parts of the source unseen; needs attention (0)."""
    longest: float | None = None
    """The most target units for each source unit; as the training pairs make likely, if not said."""
    sample: Annotated[bool | None, Parameter(negative="")] = None
    """Draw by chance, with --temperature, --top-k and so on, in place of a beam."""
    alignments: Annotated[bool | None, Parameter(negative="")] = None
    """Show where the translator looked as it said each unit; needs attention."""

    def given(self) -> dict[str, Any]:
        """The options that were given, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def translating(self, writing: WritingOptions) -> Translating:
        """These options, and those of `writing` that translators share, as the model takes them.

        Raises ConfigError for any that break their rule or are for language models alone.
        """
        shared = writing.given()
        for name in shared:
            if name not in SHARED:
                raise ConfigError(f"{_option(name)} is for language models; this model is for translation")
        return Translating(**self.given(), **shared)


def refuse_translating(options: TranslatingOptions, task: str) -> None:
    """Raise ConfigError where options for a translator are given to another model."""
    for name in options.given():
        raise ConfigError(f"{_option(name)} is for translators; this model is for {task}")


def translation_lines(answer: Translation, format: str) -> Iterator[str]:
    """What is printed of a translation: the text and any alignment, or a JSON object."""
    if format == "jsonl":
        yield json.dumps(answer.to_json(), ensure_ascii=False)
        return
    yield answer.translation
    if answer.alignment is not None:
        yield from _table(answer.alignment)


def _table(alignment: Alignment) -> Iterator[str]:
    """The attention as a table: a row for each target unit, a column for each source unit, in per cent."""
    source, target = (tuple(map(_shown, side)) for side in (alignment.source, alignment.target))
    first = max(map(len, target), default=0)
    widths = [max(3, len(unit)) for unit in source]
    yield "  ".join(
        ("", " " * first, *(f"{unit:>{width}}" for unit, width in zip(source, widths, strict=True)))
    )
    for unit, row in zip(target, alignment.weights, strict=True):
        cells = (f"{100 * weight:{width}.0f}" for weight, width in zip(row.tolist(), widths, strict=True))
        yield "  ".join(("", f"{unit:<{first}}", *cells))


def _shown(unit: str) -> str:
    return unit.strip() or {"\n": "⏎", " ": "␣"}.get(unit, "·")


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")

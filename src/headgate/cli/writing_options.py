"""What `headgate predict` takes for a language model, and what it prints."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter

from headgate.data import read_plain_text
from headgate.errors import ConfigError
from headgate.runtime import TextGenerator
from headgate.tasks import Generation, Writing, longest_copy


@Parameter(name="*", group="Of a language model")
@dataclass(frozen=True, kw_only=True)
class WritingOptions:
    """How a language model continues a prompt; other models take none of these."""

    length: int | None = None
    """Units to write, at most (300)."""
    temperature: float | None = None
    """Below 1 the likely gains, above 1 the unlikely (1)."""
    top_k: int | None = None
    """Draw from so many of the likeliest units."""
    top_p: float | None = None
    """Draw from the fewest of the likeliest units that come to this share of probability."""
    min_p: float | None = None
    """Draw from the units at least so many times as likely as the likeliest."""
    repetition_penalty: float | None = None
    """Above 1: units seen before become less likely."""
    stop: Annotated[list[str] | None, Parameter(negative="")] = None
    """End a text before this string; may be given many times."""
    samples: int | None = None
    """Texts for each prompt (1)."""
    seed: int | None = None
    """The same seed writes the same texts (1)."""
    beam: int | None = None
    """Take the likeliest text that a beam of this width finds; 1 always takes the likeliest unit."""
    copied_from: str | None = None
    """The training text: say, on standard error, the longest stretch of each text that is copied from it."""

    def given(self) -> dict[str, Any]:
        """The options that were given, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def writing(self) -> Writing:
        """The options as the model takes them; ConfigError for any that break their rule."""
        values = {name: value for name, value in self.given().items() if name != "copied_from"}
        if self.stop is not None:
            values["stop"] = tuple(string.replace("\\n", "\n") for string in self.stop)
        return Writing(**values)


def refuse_writing(options: WritingOptions, task: str) -> None:
    """Raise ConfigError where options for a language model are given to another."""
    for name in options.given():
        raise ConfigError(f"--{name.replace('_', '-')} is for language models; this model is for {task}")


def write_texts(
    generator: TextGenerator,
    prompts: Iterable[str],
    options: WritingOptions,
    format: str,
    write: Callable[[str], None] | None,
) -> None:
    """Print the prompts with what follows them: as it is written, or as jsonl; `write` takes whole lines.

    Without `write` the text goes to standard output piece by piece.
    """
    writing = options.writing()
    source = None if options.copied_from is None else read_plain_text(options.copied_from)
    for prompt in prompts:
        if format == "text" and write is None and writing.samples == 1:
            text = _print_as_it_comes(generator, prompt, writing)
            _report_copy(text, source)
            continue
        for answer in generator.predict_each([prompt], writing):
            line = _line(answer, format)
            if format == "text" and writing.samples > 1:
                line += "\n"  # texts may have lines of their own: a blank one stands between them
            print(line) if write is None else write(line)
            _report_copy(answer.text, source)


def _line(answer: Generation, format: str) -> str:
    if format == "jsonl":
        return json.dumps(answer.to_json(), ensure_ascii=False)
    return answer.prompt + answer.text


def _print_as_it_comes(generator: TextGenerator, prompt: str, writing: Writing) -> str:
    pieces: list[str] = []
    for piece in generator.write_pieces(prompt, writing):
        if not pieces:  # not before the prompt is known to be one that the model can read
            print(prompt, end="", flush=True)
        pieces.append(piece)
        print(piece, end="", flush=True)
    print()
    return "".join(pieces)


def _report_copy(text: str, source: str | None) -> None:
    if source is None:
        return
    copy = longest_copy(text, source)
    length = copy.end - copy.start
    print(f"headgate: the longest copied stretch has {length} characters: {copy.text!r}", file=sys.stderr)

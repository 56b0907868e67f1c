"""`headgate predict`: answers for texts on the command line, in a file or on standard input."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import tee
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from headgate.cli.arguments import Device, Input, Output
from headgate.cli.loading import load_on
from headgate.cli.translating_options import TranslatingOptions, refuse_translating, translation_lines
from headgate.cli.writing import line_writer
from headgate.cli.writing_options import WritingOptions, refuse_writing, write_texts
from headgate.data import holds_tokens, read_sources, read_tagged, read_texts
from headgate.errors import ConfigError
from headgate.runtime import Tagger, TextGenerator, TextTranslator
from headgate.tasks import Classification, Tagging


def predict(
    model: str,
    *texts: str,
    input: Annotated[Input | None, Parameter(name="--input")] = None,
    output: Output | None = None,
    format: Annotated[Literal["text", "jsonl"], Parameter(name="--format")] = "text",
    text_column: Annotated[str | None, Parameter(show_default="text")] = None,
    device: Device = "auto",
    source_column: Annotated[str | None, Parameter(show_default="source")] = None,
    writing: WritingOptions | None = None,
    translating: TranslatingOptions | None = None,
) -> None:
    """Answer for texts, in order. A translator translates them, a language model goes on with them.

    Parameters
    ----------
    model
        A folder, the name of a bundled model or a hub id.
    texts
        The texts themselves. Without any, they are read from --input, or from standard input.
    input
        A csv, tsv, jsonl or parquet file (its text column), or any other file: one text a line. May be .gz.
        For a tagger also a file .conll or .conllu, whose tokens are taken as they are.
    output
        Write here instead of standard output.
    format
        text: one line a text, which is its label, probability and text, separated by tabs, or its tokens,
        each with its tag; its translation; a language model's text as it comes. jsonl: one JSON object a
        text.
    text_column
        The column of a table that holds the texts.
    device
        cuda: compute on a GPU with PyTorch; otherwise without PyTorch.
    source_column
        The column of a table that holds a translator's sources.
    writing
        Of a language model.
    translating
        Of a translator.
    """
    writing, translating = writing or WritingOptions(), translating or TranslatingOptions()
    if texts and input is not None:
        raise ConfigError("give either texts or --input, not both")
    if not texts and input is None and sys.stdin.isatty():
        raise ConfigError(
            'nothing to predict: give texts, --input FILE, or pipe lines in (headgate predict MODEL "text")'
        )
    loaded = load_on(model, device)
    if isinstance(loaded, TextTranslator):
        options = translating.translating(writing)
        if text_column is not None:
            raise ConfigError("--text-column is not for translators; a translator takes --source-column")
        sources = texts or read_sources(input or "-", source_column=source_column or "source")
        with line_writer(output) as write:
            for answer in loaded.predict_each(sources, options):
                for line in translation_lines(answer, format):
                    write(line)
        return
    refuse_translating(translating, loaded.task)
    if source_column is not None:
        raise ConfigError("--source-column is for translators; other models take --text-column")
    # The texts are read twice, by the model and by the printer, which lags at most one chunk behind.
    inputs: Any = texts or read_texts(input or "-", text_column=text_column or "text")
    if isinstance(loaded, TextGenerator):
        _write(loaded, inputs, writing, format, output)
        return
    refuse_writing(writing, loaded.task)
    if not texts and isinstance(loaded, Tagger) and holds_tokens(input or "-"):
        inputs = (sentence.tokens for sentence in read_tagged(input or "-"))
    for_answers: Any
    for_answers, for_printing = tee(inputs)
    with line_writer(output) as write:
        for line in _lines(for_printing, loaded.predict_each(for_answers), format):
            write(line)


def _write(
    generator: TextGenerator,
    prompts: Iterable[str],
    writing: WritingOptions,
    format: str,
    output: Path | None,
) -> None:
    if output is None:
        write_texts(generator, prompts, writing, format, None)
        return
    with line_writer(output) as write:
        write_texts(generator, prompts, writing, format, write)


def _lines(
    texts: Iterable[Any], answers: Iterable[Classification] | Iterable[Tagging], format: str
) -> Iterator[str]:
    # The answers come first: asking for one reads its text ahead of the printer.
    for answer, text in zip(answers, texts, strict=True):
        if format == "jsonl":
            values = answer.to_json() if isinstance(answer, Tagging) else answer.to_json(text)
            yield json.dumps(values, ensure_ascii=False)
        elif isinstance(answer, Tagging):
            yield " ".join(f"{token}/{tag}" for token, tag in zip(answer.tokens, answer.tags, strict=True))
        else:
            yield f"{answer.label}\t{answer.score:.4f}\t{' '.join(text.split())}"

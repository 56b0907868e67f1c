"""`headgate stream`: text in piece by piece on standard input, one JSON line out as soon as each is known."""

import json
from collections.abc import Iterable

from headgate.data import read_lines
from headgate.errors import ConfigError
from headgate.runtime import ClassificationStream, LanguageStream, TaggingStream, TextTranslator, load
from headgate.tasks import TokenTag


def stream(model: str) -> None:
    """Read standard input line by line, and answer as soon as an answer is known.

    A classifier answers after each line for all the text so far; a tagger gives out each token when its tag
    is decided. For both an empty line ends a text: the next line begins a new one. A language model tells
    after each line, also an empty one, how well it was foretold from all before it. Memory and time a word
    stay constant however long a text grows.

    Parameters
    ----------
    model
        A left-to-right model: a folder, the name of a bundled model or a hub id.
    """
    loaded = load(model)
    if isinstance(loaded, TextTranslator):
        raise ConfigError(
            "a translator reads a whole source before it writes: there is nothing to stream "
            "(headgate predict MODEL translates the lines of its standard input)"
        )
    reader = loaded.stream()
    if isinstance(reader, TaggingStream):
        _tag(reader)
    elif isinstance(reader, LanguageStream):
        _foretell(reader)
    else:
        _classify(reader)


def _classify(reader: ClassificationStream) -> None:
    start = reader.state
    for line in read_lines("-"):
        if not line.strip():
            reader.state = start
            continue
        print(json.dumps(reader.push(line).to_json(line), ensure_ascii=False), flush=True)


def _foretell(reader: LanguageStream) -> None:
    for line in read_lines("-"):
        values = {"text": line} | reader.push(line + "\n").to_json()
        print(json.dumps(values, ensure_ascii=False), flush=True)


def _tag(reader: TaggingStream) -> None:
    for line in read_lines("-"):
        _print(reader.push(line) if line.strip() else reader.finish())
    _print(reader.finish())


def _print(tokens: Iterable[TokenTag]) -> None:
    for token in tokens:
        print(json.dumps(token.to_json(), ensure_ascii=False), flush=True)

"""A sentence whose tokens have tags, and how tokens read one by one are gathered into sentences."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from headgate.data.rows import quoted
from headgate.errors import DataError


@dataclass(frozen=True, slots=True)
class TaggedSentence:
    """Tokens and their tags, as many of one as of the other; neither is ever empty text.

    `line` is where the sentence starts in its file, and `token_lines[i]` where token `i` stands, counted
    from 1. A sentence without tokens is possible: it is what a text without words becomes.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    line: int
    token_lines: tuple[int, ...]


class TaggedToken(NamedTuple):
    """One token, its tag, and the line it stands on, counted from 1."""

    token: str
    tag: str
    line: int


def gather_sentences(tokens: Iterable[TaggedToken | None]) -> Iterator[TaggedSentence]:
    """Sentences of one token or more; None stands where one ends, also several times in a row."""
    gathered: list[TaggedToken] = []
    for token in tokens:
        if token is not None:
            gathered.append(token)
        elif gathered:
            yield _sentence(gathered)
            gathered = []
    if gathered:
        yield _sentence(gathered)


def token_of(
    fields: list[str], places: tuple[int, int], text: str, *, path: str | Path, line: int
) -> TaggedToken:
    """The token and the tag of a line's fields, without the blanks around them; DataError if one is empty.

    Only U+0020 is taken off a token: the other spaces of Unicode may be all that a token is made of.
    """
    token, tag = fields[places[0]].strip(" "), fields[places[1]].strip()
    if token and tag:
        return TaggedToken(token, tag, line)
    what, place = ("tag", places[1]) if token else ("token", places[0])
    problem = f"the {what} (column {place}) is empty: {quoted(text)} (write it, or drop the line)"
    raise DataError(problem, path=path, line=line)


def _sentence(gathered: list[TaggedToken]) -> TaggedSentence:
    tokens, tags, lines = zip(*gathered, strict=True)
    return TaggedSentence(tokens, tags, gathered[0].line, lines)

"""Sentences of files in CoNLL's columns: a line a token, a blank line after each sentence.

There is no one such format, so the first line with data decides what the whole file is held to:

- Columns are separated by single tabs if that line has a tab, otherwise by runs of blanks (U+0020). No other
  white space separates: a token may hold a no-break space or U+0085.
- Every line has as many columns as that line; any other number is an error.
- A line of white space alone ends a sentence. So does a `-DOCSTART-` line, which is left out.
- A line that begins with "#" is a comment if it stands before the first token of a sentence and has another
  number of columns than the file; otherwise it is a token ("#" and "#nlp" are tokens of many corpora, and
  their lines have the file's number of columns). Such lines do not decide the format: those before the
  first line with data are looked at again once it is known. What this rule cannot tell apart: a comment with
  exactly as many words as a file separated by blanks has columns is read as a token.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from headgate.data.files import without_line_end
from headgate.data.rows import quoted
from headgate.data.tagged_sentence import TaggedSentence, TaggedToken, gather_sentences, token_of
from headgate.data.token_columns import TokenColumns, numbered_places
from headgate.errors import DataError

_DOCUMENT_START = re.compile(r"-DOCSTART-(?:[ \t]|$)")


class _Format(NamedTuple):
    """What the first line with data says of the file. `places` are those of the token and of the tag."""

    separator: str
    width: int
    line: int
    places: tuple[int, int]


def conll_sentences(lines: Iterable[str], columns: TokenColumns, path: str) -> Iterator[TaggedSentence]:
    """The sentences of a file from its lines; DataError names the line of a bad one.

    Raises ConfigError as `numbered_places` does, and DataError for a file without data.
    """
    numbered = ((line, without_line_end(text)) for line, text in enumerate(lines, start=1))
    seen: list[tuple[int, str]] = []
    for line, text in numbered:
        seen.append((line, text))
        if not (text.startswith("#") or _ends_sentence(text)):
            style = _format_of(text, columns, path, line)
            yield from gather_sentences(_tokens(chain(seen, numbered), style, path))
            return
    raise DataError("only blank lines and comments; lines of a token and its tag are needed", path=path)


def _format_of(text: str, columns: TokenColumns, path: str, line: int) -> _Format:
    separator = "\t" if "\t" in text else " "
    width = len(_fields(text, separator))
    places = numbered_places(columns, width, text, path=path, line=line)
    return _Format(separator, width, line, places)


def _tokens(numbered: Iterable[tuple[int, str]], style: _Format, path: str) -> Iterator[TaggedToken | None]:
    in_sentence = False
    for line, text in numbered:
        if _ends_sentence(text):
            in_sentence = False
            yield None
            continue
        fields = _fields(text, style.separator)
        if len(fields) == style.width:
            in_sentence = True
            yield token_of(fields, style.places, text, path=path, line=line)
        elif in_sentence or not text.startswith("#"):
            raise _ragged(fields, text, style, path, line)


def _fields(text: str, separator: str) -> list[str]:
    fields = text.split(separator)
    return fields if separator == "\t" else [field for field in fields if field]


def _ends_sentence(text: str) -> bool:
    return not text or text.isspace() or _DOCUMENT_START.match(text) is not None


def _ragged(fields: list[str], text: str, style: _Format, path: str, line: int) -> DataError:
    count = "1 column" if len(fields) == 1 else f"{len(fields)} columns"
    separator = "a tab" if style.separator == "\t" else "blanks"
    rule = f"columns are separated by {separator}, as on line {style.line}; a blank line ends a sentence"
    problem = f"{count} where line {style.line} has {style.width}: {quoted(text)} ({rule})"
    return DataError(problem, path=path, line=line)

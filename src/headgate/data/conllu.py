"""Sentences of files in CoNLL-U (universaldependencies.org/format.html) and CoNLL-U Plus.

Ten columns separated by tabs; a file of CoNLL-U Plus names its own on its first line
(`# global.columns = ID FORM UPOS`). Words are read; ranges of words (1-2: "don't" over "do" and "n't") and
empty nodes (1.1) are not. A line that begins with "#" is a comment.
"""

import re
from collections.abc import Iterable, Iterator

from headgate.data.files import without_line_end
from headgate.data.rows import quoted
from headgate.data.tagged_sentence import TaggedSentence, TaggedToken, gather_sentences, token_of
from headgate.data.token_columns import (
    DEFAULT_TAG_COLUMN,
    DEFAULT_TOKEN_COLUMN,
    TokenColumns,
    named_places,
)
from headgate.errors import DataError

CONLLU_COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
"""The columns of CoNLL-U, in their order."""

_OWN_COLUMNS = re.compile(r"#\s*global\.columns\s*=(.*)")
_WORD_ID = re.compile(r"[0-9]+")
_SKIPPED_ID = re.compile(r"[0-9]+[-.][0-9]+")


def conllu_sentences(lines: Iterable[str], columns: TokenColumns, path: str) -> Iterator[TaggedSentence]:
    """The sentences of a file from its lines; DataError names the line of a bad one.

    The columns that commands ask for by default, 0 and -1, mean FORM and UPOS here: the ones that they would
    number, ID and MISC, are never wanted. Raises ConfigError and DataError as `named_places` does, and
    DataError for a line of another width, an ID that is none and a file without words.
    """
    has_words = False
    for sentence in gather_sentences(_tokens(lines, _usual_names(columns), path)):
        has_words = True
        yield sentence
    if not has_words:
        raise DataError("no words; lines of ten columns, a word each, are needed", path=path)


def _usual_names(columns: TokenColumns) -> TokenColumns:
    return TokenColumns(
        "FORM" if columns.token == DEFAULT_TOKEN_COLUMN else columns.token,
        "UPOS" if columns.tag == DEFAULT_TAG_COLUMN else columns.tag,
    )


def _tokens(lines: Iterable[str], columns: TokenColumns, path: str) -> Iterator[TaggedToken | None]:
    names: tuple[str, ...] = CONLLU_COLUMNS
    places: tuple[int, int] | None = None
    for line, ended in enumerate(lines, start=1):
        text = without_line_end(ended)
        if text.startswith("#"):
            own = _OWN_COLUMNS.match(text)
            if own and places is None:
                names = tuple(own[1].split())
                places = named_places(columns, names, path=path, line=line)
        elif not text or text.isspace():
            yield None
        else:
            places = places or named_places(columns, names, path=path, line=line)
            fields = text.split("\t")
            _check_width(fields, names, text, path, line)
            if _is_word(fields, names, path, line):
                yield token_of(fields, places, text, path=path, line=line)


def _check_width(fields: list[str], names: tuple[str, ...], text: str, path: str, line: int) -> None:
    if len(fields) != len(names):
        count = "1 column" if len(fields) == 1 else f"{len(fields)} columns"
        rule = f"{len(names)}, separated by tabs, are needed: {' '.join(names)}"
        raise DataError(f"{count}, {quoted(text)}; {rule}", path=path, line=line)


def _is_word(fields: list[str], names: tuple[str, ...], path: str, line: int) -> bool:
    if "ID" not in names:
        return True
    number = fields[names.index("ID")]
    if _WORD_ID.fullmatch(number):
        return True
    if _SKIPPED_ID.fullmatch(number):
        return False
    rule = "an ID is a number, a range (1-2) or an empty node's (1.1)"
    raise DataError(f"{rule}; got {quoted(number)}", path=path, line=line)

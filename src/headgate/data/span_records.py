"""Sentences of jsonl records, of two kinds, also mixed in one file.

- `{"text": "Anna lives in Riga", "spans": [{"start": 0, "end": 4, "label": "PER"}]}`: offsets count code
  points from 0, and `end` is the first after the span. The text is split into words as a text to predict is
  (`text.find_words`); a word's tag is B-label or I-label within a span, O elsewhere.
- `{"tokens": ["Anna", "lives"], "tags": ["B-PER", "O"]}`: read as they are. The column options choose other
  keys, and then this is the only kind.

A record with the keys of both is read by its spans. Other keys are ignored.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

from headgate.data.json_objects import json_objects
from headgate.data.rows import quoted
from headgate.data.tagged_sentence import TaggedSentence
from headgate.data.token_columns import (
    DEFAULT_TAG_COLUMN,
    DEFAULT_TOKEN_COLUMN,
    TAG_OPTION,
    TOKEN_OPTION,
    TokenColumns,
)
from headgate.errors import DataError
from headgate.text import Word, find_words

_COUNTED = "offsets count characters from 0, and end is the first after the span"
_TEXTS = "texts are needed (write names of tags, not their numbers)"
_KINDS: dict[type, str] = {int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}


class _RecordError(Exception):
    """What is wrong with a record; its place is added where the record was read."""


class _Span(NamedTuple):
    start: int
    end: int
    label: str


def record_sentences(lines: Iterable[str], columns: TokenColumns, path: str) -> Iterator[TaggedSentence]:
    """One sentence a record; a text without words is a sentence without tokens.

    DataError names the line of a record of neither kind; of tokens and tags that are not text, are empty or
    are not equally many; and of a span that is empty, reaches beyond its text, begins or ends inside a word,
    shares a word with another or has no label.
    """
    token_key = "tokens" if columns.token == DEFAULT_TOKEN_COLUMN else columns.token
    tag_key = "tags" if columns.tag == DEFAULT_TAG_COLUMN else columns.tag
    takes_spans = (token_key, tag_key) == ("tokens", "tags")
    for line, record in json_objects(lines, path):
        try:
            if takes_spans and "text" in record and "spans" in record:
                tokens, tags = _from_spans(record)
            elif token_key in record and tag_key in record:
                tokens, tags = _from_tokens(record, token_key, tag_key)
            else:
                raise _RecordError(_neither(record, token_key, tag_key, takes_spans=takes_spans))
        except _RecordError as error:
            raise DataError(str(error), path=path, line=line) from None
        yield TaggedSentence(tuple(tokens), tuple(tags), line, (line,) * len(tokens))


def _neither(record: dict[str, object], token_key: str, tag_key: str, *, takes_spans: bool) -> str:
    spans = '"text" and "spans", or ' if takes_spans else ""
    needed = f"a record needs {spans}{quoted(token_key)} and {quoted(tag_key)}"
    keys = ", ".join(quoted(key) for key in record) or "none"
    return f"{needed}; its keys are {keys} (use {TOKEN_OPTION} KEY and {TAG_OPTION} KEY)"


def _from_tokens(record: dict[str, object], token_key: str, tag_key: str) -> tuple[list[str], list[str]]:
    tokens, tags = _texts(record, token_key), [tag.strip() for tag in _texts(record, tag_key)]
    if len(tokens) != len(tags):
        raise _RecordError(f"{len(tokens)} {token_key} but {len(tags)} {tag_key}; each token needs one tag")
    for key, texts in ((token_key, tokens), (tag_key, tags)):
        if "" in texts:
            problem = f"{quoted(key)} holds an empty text at place {texts.index('')}, counted from 0"
            raise _RecordError(f"{problem} (write it, or drop token and tag)")
    return tokens, tags


def _texts(record: dict[str, object], key: str) -> list[str]:
    values = record[key]
    if not isinstance(values, list):
        raise _RecordError(f"{quoted(key)} is {_kind(values)}; a list of texts is needed")
    for place, value in enumerate(cast(list[object], values)):
        if not isinstance(value, str):
            raise _RecordError(
                f"{quoted(key)} holds {_kind(value)} at place {place}, counted from 0; {_TEXTS}"
            )
    return cast(list[str], values)


def _from_spans(record: dict[str, object]) -> tuple[list[str], list[str]]:
    text, spans = record["text"], record["spans"]
    if not isinstance(text, str):
        raise _RecordError(f'"text" is {_kind(text)}; text is needed')
    if not isinstance(spans, list):
        raise _RecordError(f'"spans" is {_kind(spans)}; a list is needed')
    words = list(find_words(text))
    starts, ends = [word.start for word in words], [word.end for word in words]
    tags = ["O"] * len(words)
    ordered = sorted(_span(span, text) for span in cast(list[object], spans))
    for span in ordered:
        first, after = bisect_right(ends, span.start), bisect_left(starts, span.end)
        _check_ends(span, words[first:after], text)
        if any(tag != "O" for tag in tags[first:after]):
            other = next(other for other in ordered if other.end > span.start)
            raise _RecordError(
                f"{_shown(span, text)} overlaps {_shown(other, text)}; spans must not (keep one)"
            )
        tags[first:after] = [f"B-{span.label}"] + [f"I-{span.label}"] * (after - first - 1)
    return [word.surface for word in words], tags


def _span(value: object, text: str) -> _Span:
    """A span whose offsets lie in the text and whose label is not empty."""
    if not isinstance(value, dict):
        raise _RecordError(f'"spans" holds {_kind(value)}; {{"start", "end", "label"}} is needed')
    span = cast(dict[str, Any], value)
    missing = [key for key in ("start", "end", "label") if key not in span]
    if missing:
        raise _RecordError(f"a span has no {quoted(missing[0])}; its keys are {', '.join(map(quoted, span))}")
    for key in ("start", "end"):
        if not isinstance(span[key], int) or isinstance(span[key], bool):
            raise _RecordError(f"a span's {quoted(key)} is {_kind(span[key])}; a whole number is needed")
    start, end, label = span["start"], span["end"], span["label"]
    if not 0 <= start < end <= len(text):
        rule = f"0 <= start < end <= {len(text)}, the text's length, is needed"
        raise _RecordError(f"span {start} to {end}: {rule} ({_COUNTED})")
    if not isinstance(label, str) or not label.strip():
        empty = "empty" if isinstance(label, str) else f"{_kind(label)}, not text"
        raise _RecordError(
            f"the label of {_shown(_Span(start, end, ''), text)} is {empty} (name it or drop it)"
        )
    return _Span(start, end, label.strip())


def _check_ends(span: _Span, words: Sequence[Word], text: str) -> None:
    if not words:
        raise _RecordError(f"{_shown(span, text)} holds no word (drop it)")
    for word, offset, cuts in (
        (words[0], span.start, "begins inside"),
        (words[-1], span.end, "ends inside"),
    ):
        if word.start < offset < word.end:
            place = f"{cuts} the word {quoted(word.surface)} ({word.start} to {word.end})"
            raise _RecordError(f"{_shown(span, text)} {place} ({_COUNTED})")


def _shown(span: _Span, text: str) -> str:
    return f"span {span.start} to {span.end} ({quoted(text[span.start : span.end])})"


def _kind(value: object) -> str:
    return "null" if value is None else _KINDS.get(type(value), "true or false")

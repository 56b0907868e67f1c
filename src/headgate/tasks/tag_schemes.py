"""Tags ↔ spans: the schemes in which one tag a token marks spans, such as names.

A tag is "O", outside every span, or a prefix and the span's label: B-PER begins a span, I-PER is inside one,
E-PER ends one, S-PER is one of a single token. Other letters for them are read too: L for E and U for S
(BILOU), M for I and W for S (BMEWO). The label is what follows the first hyphen ("B-creative-work"); a bare
prefix means the label "".

    tokens   Anna  Lee    met   UN     Riga   Rome
    iob1     I-PER I-PER  O     I-ORG  I-LOC  B-LOC     B only where a span touches one of its own label
    bio      B-PER I-PER  O     B-ORG  B-LOC  B-LOC     (IOB2) every span begins with B
    bioes    B-PER E-PER  O     S-ORG  S-LOC  S-LOC     (IOBES)

All of them are read in the one way of conlleval, the script that scores CoNLL's shared tasks (`spans_of`).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from headgate.data import TaggedSentence
from headgate.data.rows import quoted
from headgate.errors import DataError

OUTSIDE = "O"
"""The tag of a token outside every span."""

Scheme: TypeAlias = Literal["plain", "iob1", "bio", "bioes"]
"""How the tags of a file are meant; plain tags, such as parts of speech, mark no spans."""

_PREFIXES = {"B": "B", "I": "I", "E": "E", "S": "S", "L": "E", "U": "S", "M": "I", "W": "S"}


class Span(NamedTuple):
    """Tokens `start` up to, not including, `end`, counted from 0, and the label they have together."""

    start: int
    end: int
    label: str


def is_span_tag(tag: str) -> bool:
    """Whether the tag is "O", or a prefix with or without a label."""
    return tag == OUTSIDE or (tag[:1] in _PREFIXES and tag[1:2] in ("", "-"))


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The spans that conlleval counts in tags of any of the schemes, in order; each tag `is_span_tag`.

    conlleval repairs what breaks a scheme instead of refusing it. A token inside a span begins a new one if
    its prefix is B or S, or if the token before it is outside, has another label or has the prefix E or S;
    otherwise it goes on with the span. So I-PER after O begins a span, and B-PER I-LOC are two.

    Source: `startOfChunk` and `endOfChunk` of conlleval, with S as in seqeval's default mode (the script
    itself knows no S). Deviation from both: L, U, M and W are read as the letters that they stand for.
    """
    spans: list[Span] = []
    before, label_before = OUTSIDE, ""
    for place, tag in enumerate(tags):
        prefix, label = _parts(tag)
        if prefix != OUTSIDE:
            begins = prefix in "BS" or before in "OES" or label != label_before
            start = place if begins else spans.pop().start
            spans.append(Span(start, place + 1, label))
        before, label_before = prefix, label
    return spans


def to_bio(spans: Iterable[Span], length: int) -> list[str]:
    """The tags, in BIO, of a sentence of `length` tokens; the spans must lie in it and not overlap."""
    tags = [OUTSIDE] * length
    for span in spans:
        _mark(tags, span, "B" + "I" * (span.end - span.start - 1))
    return tags


def to_bioes(spans: Iterable[Span], length: int) -> list[str]:
    """The tags, in BIOES, of a sentence of `length` tokens; the spans must lie in it and not overlap."""
    tags = [OUTSIDE] * length
    for span in spans:
        inside = span.end - span.start - 2
        _mark(tags, span, "S" if inside < 0 else "B" + "I" * inside + "E")
    return tags


def find_scheme(sentences: Sequence[TaggedSentence], path: str | Path) -> Scheme:
    """The scheme of a whole training file; `path` is what messages call it.

    - "plain" if some tag is no `is_span_tag`. Where "O" and tags such as "B-PER" are there as well, it is an
      error instead: for one slip of the pen the whole file would be learnt as if it had no spans.
    - "bioes" if a prefix is E or S (or another letter for one). Every span must then be written in full.
    - "iob1" if some span begins with I, and B stands only where a span touches one of its own label.
    - "bio" otherwise, also if all tags are "O". A span that begins with I is read as if it began with B.

    Raises DataError, with the line and the token, for a tag that does not fit the others.
    """
    tags = dict.fromkeys(tag for sentence in sentences for tag in sentence.tags)
    odd = next((tag for tag in tags if not is_span_tag(tag)), None)
    if odd is not None:
        typed = next((tag for tag in tags if tag[:2] in ("B-", "I-")), None)
        if typed is not None and OUTSIDE in tags:
            raise _odd_tag(odd, sentences, path, example=typed)
        return "plain"
    closing = next((tag for tag in tags if _parts(tag)[0] in "ES"), None)
    if closing is not None:
        _check_bioes(sentences, path, example=closing)
        return "bioes"
    return "iob1" if _is_iob1(sentences) else "bio"


def check_span_tags(sentences: Iterable[TaggedSentence], path: str | Path) -> None:
    """Raise DataError, with the line and the token, for the first tag that is no `is_span_tag`.

    It is all that a file needs on which spans are measured: `spans_of` reads every scheme, and mixtures.
    """
    for sentence in sentences:
        for tag in sentence.tags:
            if not is_span_tag(tag):
                raise _odd_tag(tag, [sentence], path, example="B-PER")


@lru_cache(1024)
def _parts(tag: str) -> tuple[str, str]:
    """The prefix, in the letters of BIOES, and the label."""
    return (OUTSIDE, "") if tag == OUTSIDE else (_PREFIXES[tag[0]], tag[2:])


def _tag(prefix: str, label: str) -> str:
    return f"{prefix}-{label}" if label else prefix


def _mark(tags: list[str], span: Span, prefixes: str) -> None:
    assert 0 <= span.start < span.end <= len(tags), "a span lies in its sentence"
    assert set(tags[span.start : span.end]) == {OUTSIDE}, "spans do not overlap"
    tags[span.start : span.end] = [_tag(prefix, span.label) for prefix in prefixes]


def _is_iob1(sentences: Iterable[TaggedSentence]) -> bool:
    some_begin_with_i = False
    for sentence in sentences:
        for tag_before, tag in pairwise([OUTSIDE, *sentence.tags]):
            (before, label_before), (prefix, label) = _parts(tag_before), _parts(tag)
            touches = before != OUTSIDE and label_before == label
            if prefix == "B" and not touches:
                return False
            some_begin_with_i = some_begin_with_i or (prefix == "I" and not touches)
    return some_begin_with_i


def _check_bioes(sentences: Iterable[TaggedSentence], path: str | Path, *, example: str) -> None:
    for sentence in sentences:
        found = [_tag(*_parts(tag)) for tag in sentence.tags]
        needed = to_bioes(spans_of(sentence.tags), len(found))
        if found != needed:
            place = next(place for place, tag in enumerate(found) if tag != needed[place])
            where = f"tag {quoted(sentence.tags[place])} of {quoted(sentence.tokens[place])}"
            scheme = f"tags such as {quoted(example)} make this file BIOES"
            problem = (
                f"{where} must be {quoted(needed[place])} between its neighbours: {scheme} (use one scheme)"
            )
            raise DataError(problem, path=path, line=sentence.token_lines[place])


def _odd_tag(tag: str, sentences: Iterable[TaggedSentence], path: str | Path, *, example: str) -> DataError:
    sentence = next(sentence for sentence in sentences if tag in sentence.tags)
    place = sentence.tags.index(tag)
    rule = f'neither "O" nor a prefix and a label, such as {quoted(example)}'
    problem = f"tag {quoted(tag)} of {quoted(sentence.tokens[place])} is {rule} (correct the tag)"
    return DataError(problem, path=path, line=sentence.token_lines[place])

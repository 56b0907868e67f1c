"""What tagging is: a tag for each token; and where tags mark spans, the spans in the text."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headgate.tasks.tag_schemes import Span, to_bio
from headgate.text import Word


@dataclass(frozen=True)
class TextSpan:
    """A labelled stretch of a text: `text` is what stands from `start` up to, not including, `end`.

    Offsets count code points from 0; `score` is the probability that exactly this span has this label.
    """

    start: int
    end: int
    label: str
    text: str
    score: float


@dataclass(frozen=True)
class Tagging:
    """The answer for one text: tokens, the tag of each, and the probability of each tag.

    Where the tags mark spans they are BIO, and `spans` holds the same spans by their place in the text, in
    order; plain tags, such as parts of speech, have none. Offsets of an input that was given as tokens refer
    to the tokens joined by single blanks.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    spans: tuple[TextSpan, ...]
    scores: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """The record that `predict --format jsonl` prints."""
        return {
            "tokens": list(self.tokens),
            "tags": list(self.tags),
            "spans": [asdict(span) for span in self.spans],
            "scores": list(self.scores),
        }


@dataclass(frozen=True)
class TokenTag:
    """One token, its tag, and the probability of the tag: what a stream gives out."""

    token: str
    tag: str
    score: float

    def to_json(self) -> dict[str, Any]:
        """The record that `stream` prints."""
        return asdict(self)


def join_tokens(tokens: Sequence[str]) -> tuple[str, list[Word]]:
    """The text that stands for an input given as tokens: they, joined by blanks; and their places in it."""
    words: list[Word] = []
    start = 0
    for token in tokens:
        words.append(Word(token, start, start + len(token)))
        start += len(token) + 1
    return " ".join(tokens), words


def tagging_of_tags(words: Sequence[Word], tags: Sequence[str], scores: Sequence[float]) -> Tagging:
    """The answer of a model of plain tags; a tag and its probability for each word."""
    assert len(words) == len(tags) == len(scores), "one tag and one score a word"
    return Tagging(tuple([word.surface for word in words]), tuple(tags), (), tuple(scores))


def tagging_of_spans(
    text: str,
    words: Sequence[Word],
    spans: Sequence[Span],
    *,
    span_scores: Sequence[float],
    scores: Sequence[float],
) -> Tagging:
    """The answer of a model of spans: spans of words, in order, become BIO tags and spans of the text.

    `words` are the text's; `span_scores` holds each span's probability, `scores` that of each word's tag.
    """
    assert len(words) == len(scores), "one score a word"
    located: list[TextSpan] = []
    for span, score in zip(spans, span_scores, strict=True):
        start, end = words[span.start].start, words[span.end - 1].end
        located.append(TextSpan(start, end, span.label, text[start:end], score))
    tags = to_bio(spans, len(words))
    return Tagging(tuple([word.surface for word in words]), tuple(tags), tuple(located), tuple(scores))

"""The tags of a model: what they are called, which may follow which, and how scores become answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.decoding import (
    AllowedMoves,
    Segment,
    Transitions,
    allowed_moves,
    forward_backward,
    viterbi,
)
from headgate.shapes import Bool, Float, Int
from headgate.tasks.tag_schemes import OUTSIDE, Span, is_span_tag, spans_of, to_bioes

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Decoded:
    """One sentence's answer: the tags as users see them, the probability of each, spans and theirs."""

    tags: list[str]
    scores: list[float]
    spans: list[Span]
    span_scores: list[float]


class TagSpace:
    """The tags that a network scores, in the order of its scores.

    Where tags mark spans, these are BIOES, in which the tags of a span say where it begins and ends, and
    users see BIO. Plain tags are the same on both sides.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        self.tags = tuple(tags)
        self.marks_spans = OUTSIDE in self.tags and all(map(is_span_tag, self.tags))
        self._numbers = {tag: number for number, tag in enumerate(self.tags)}
        self.allowed: AllowedMoves = allowed_moves(self.tags)
        self.shown = tuple(self._shown(tag) for tag in self.tags)
        alike = [[one == other for other in self.shown] for one in self.shown]
        self._shown_alike = np.array(alike, np.float64)

    @classmethod
    def of_sentences(cls, sentences: Iterable[Sequence[str]], *, marks_spans: bool) -> "TagSpace":
        """The tags of these sentences; for spans, all four kinds of tag for every label that occurs."""
        if not marks_spans:
            return cls(sorted({tag for tags in sentences for tag in tags}))
        labels = sorted({span.label for tags in sentences for span in spans_of(tags)})
        # Spans of one token and of three hold every kind of tag.
        patterns = [to_bioes([Span(0, size, label)], size) for label in labels for size in (1, 3)]
        return cls([OUTSIDE, *sorted({tag for tags in patterns for tag in tags})])

    def __len__(self) -> int:
        """The number of tags that a network scores."""
        return len(self.tags)

    @property
    def names(self) -> tuple[str, ...]:
        """What users call the tags' meanings: the labels of spans, or the plain tags."""
        if not self.marks_spans:
            return self.tags
        return tuple(dict.fromkeys(span.label for tag in self.tags for span in spans_of([tag])))

    def knows(self, tag: str) -> bool:
        """Whether answers can have this tag; of a tag that marks spans, whether they can have its label."""
        if not self.marks_spans:
            return tag in self._numbers
        return all(f"S{tag[1:]}" in self._numbers for _ in spans_of([tag]))

    def numbers(self, tags: Sequence[str]) -> Int[Integers, " tokens"]:
        """A sentence's tags, of any scheme, as places among the network's; KeyError for one not there."""
        if self.marks_spans:
            tags = to_bioes(spans_of(tags), len(tags))
        return np.array([self._numbers[tag] for tag in tags], np.int64)

    def constrained(self, transitions: Transitions) -> Transitions:
        """The moves between tags that the scheme allows."""
        return transitions.constrained(self.allowed)

    def decode(
        self,
        scores: Float[NDArray[Any], "batch time tags"],
        token_mask: Bool[NDArray[np.bool_], "batch time"],
        transitions: Transitions,
        temperature: float,
    ) -> list[Decoded]:
        """The best path of each sentence, with the probabilities of its tags and its spans.

        Probabilities are those of the path's scores divided by `temperature`, which leaves the path the best.
        """
        paths = viterbi(scores, token_mask, transitions)
        lattice = forward_backward(scores / temperature, token_mask, transitions.cooled(temperature))
        numbers = paths[token_mask]  # of all sentences, one after the other
        shares = self.shown_shares(lattice.token_marginals())
        of_tags: list[float] = shares[np.arange(len(numbers)), numbers].tolist()
        ends: list[int] = np.cumsum(token_mask.sum(axis=1)).tolist()
        sentences = [slice(start, end) for start, end in pairwise([0, *ends])]
        path: list[int] = numbers.tolist()
        spans = [self._spans(path[sentence]) for sentence in sentences]
        segments = [
            Segment(row, span.start, tuple(path[sentence][span.start : span.end]))
            for row, (sentence, of_row) in enumerate(zip(sentences, spans, strict=True))
            for span in of_row
        ]
        span_scores = iter(lattice.segment_probabilities(segments).tolist())
        shown = [self.shown[number] for number in path]
        return [
            Decoded(shown[sentence], of_tags[sentence], of_row, [next(span_scores) for _ in of_row])
            for sentence, of_row in zip(sentences, spans, strict=True)
        ]

    def _spans(self, path: list[int]) -> list[Span]:
        return spans_of([self.tags[number] for number in path]) if self.marks_spans else []

    def _shown(self, tag: str) -> str:
        if not self.marks_spans:
            return tag
        return {"E": "I", "S": "B"}.get(tag[0], tag[0]) + tag[1:]

    def shown_shares(
        self, shares: Float[NDArray[np.float64], "*batch tags"]
    ) -> Float[NDArray[np.float64], "*batch tags"]:
        """At each tag the probability of the tag that users see for it: B-PER's is that of B-PER or S-PER."""
        return np.minimum(shares @ self._shown_alike, 1.0)

"""A tagger that runs without PyTorch: one text or a million, as text or as tokens, in order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from headgate.data.bucketing import longest_first_batches
from headgate.errors import ConfigError, ModelError
from headgate.modelfile import ModelFolder, TaggerShape
from headgate.runtime.chunks import chunks
from headgate.runtime.encoding import read_encoder
from headgate.runtime.golden import check_golden_answers
from headgate.runtime.tagging.network import TaggerNetwork
from headgate.runtime.tagging.stream import TaggingStream
from headgate.runtime.tagging.tokens import check_tokens
from headgate.shapes import Bool, Float, Int
from headgate.tasks import Decoded, Tagging, TagSpace, join_tokens, tagging_of_spans, tagging_of_tags
from headgate.text import TokenBatch, Word, find_words

TagScorer = Callable[[TokenBatch], NDArray[Any]]
"""Texts, the longest first → the scores of each token's tags. The NumPy network is one."""

Input: TypeAlias = str | Sequence[str]
"""A text, or the tokens of one."""


@dataclass(frozen=True)
class ScoredBatch:
    """The scores of some sentences' tags; `rows` are their places among all."""

    rows: Int[NDArray[np.int64], " batch"]
    scores: Float[NDArray[np.float32], "batch time tags"]
    token_mask: Bool[NDArray[np.bool_], "batch time"]


class Tagger:
    """A loaded tagger. `scorer` computes the scores; the network in NumPy does when none is given.

    Raises ModelError when the model does not give the golden answers that it was written with.
    """

    task = "tagging"

    def __init__(self, folder: ModelFolder, scorer: TagScorer | None = None) -> None:
        shape = folder.config.network
        assert isinstance(shape, TaggerShape)
        self.folder = folder
        self.config = folder.config
        self.space = TagSpace(folder.config.labels)
        self.encoder = read_encoder(folder)
        if len(self.space) != shape.num_tags:
            raise ModelError(f"{folder.path}: the config does not fit its own tags")
        self._shape = shape
        self._network = TaggerNetwork(shape, folder.weights, folder.path / "model.safetensors")
        self._scorer = scorer or self._network
        self._transitions = self.space.constrained(self._network.transitions)
        check_golden_answers(folder, lambda text: self.predict(text).scores)

    @property
    def labels(self) -> tuple[str, ...]:
        """The tags that answers are made of; in a model of spans they are BIO."""
        return tuple(dict.fromkeys(self.space.shown))

    @overload
    def predict(self, texts: str) -> Tagging: ...
    @overload
    def predict(self, texts: list[str] | list[list[str]] | tuple[Input, ...]) -> list[Tagging]: ...
    @overload  # a str is a sequence of str too, which the checker takes for an overlap
    def predict(self, texts: Iterable[Input]) -> Tagging | list[Tagging]: ...
    def predict(self, texts: str | Iterable[Input]) -> Tagging | list[Tagging]:
        """Tag one text, or many of any lengths: answers come in the order of the texts.

        Each of many is a text, or a list of tokens: `predict([["John", "sleeps"]])`.
        """
        if isinstance(texts, str):
            return next(self.predict_each([texts]))
        return list(self.predict_each(texts))

    def predict_each(self, texts: Iterable[Input]) -> Iterator[Tagging]:
        """Tag texts as they come, in order, holding a bounded number of them in memory."""
        for chunk in chunks(texts):
            read = [_read(text) for text in chunk]
            answers = self.decode([[word.surface for word in words] for _, words in read])
            for (text, words), answer in zip(read, answers, strict=True):
                yield self._tagging(text, words, answer)

    def decode(self, sentences: Sequence[Sequence[str]]) -> list[Decoded]:
        """The answers for sentences of tokens, by token and not yet by place in a text."""
        return self.decode_scored(self.score(sentences), self.config.temperature)

    def score(self, sentences: Sequence[Sequence[str]]) -> Iterator[ScoredBatch]:
        """The network's scores for sentences of tokens, like lengths together."""
        encoded = self.encoder.encode_words(sentences)
        for rows in longest_first_batches(encoded.lengths):
            batch = encoded.batch(rows)
            yield ScoredBatch(rows, self._scorer(batch), batch.token_mask)

    def decode_scored(self, batches: Iterable[ScoredBatch], temperature: float) -> list[Decoded]:
        """The answers that scores give at a temperature, in the order of the sentences."""
        answers: dict[int, Decoded] = {}
        for batch in batches:
            found = self.space.decode(batch.scores, batch.token_mask, self._transitions, temperature)
            answers.update(zip(batch.rows.tolist(), found, strict=True))
        return [answers[row] for row in range(len(answers))]

    def stream(self) -> TaggingStream:
        """Start reading one text piece by piece; ConfigError for a model that also reads backward."""
        if self._shape.bidirectional:
            raise ConfigError(
                f"{self.folder.path}: a bidirectional model needs the whole text and cannot stream "
                "(train it with --no-bidirectional, and --lookahead N to read N tokens ahead)"
            )
        return TaggingStream(
            self._network, self.encoder, self.space, self._transitions, self.config.temperature
        )

    def _tagging(self, text: str, words: list[Word], answer: Decoded) -> Tagging:
        if not self.space.marks_spans:
            return tagging_of_tags(words, answer.tags, answer.scores)
        return tagging_of_spans(
            text, words, answer.spans, span_scores=answer.span_scores, scores=answer.scores
        )


def _read(text: Input) -> tuple[str, list[Word]]:
    """A text and its words, with their places in it."""
    if isinstance(text, str):
        return text, list(find_words(text))
    check_tokens(text)
    return join_tokens(text)

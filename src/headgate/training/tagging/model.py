"""A trained network → a finished, calibrated tagger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headgate.data import TaggedSentence
from headgate.modelfile import Golden
from headgate.runtime import Tagger
from headgate.tasks import (
    Decoded,
    TagSpace,
    confidence_loss,
    spans_of,
    temperature_of_least,
)
from headgate.training.draft import ModelDraft

MOST_SENTENCES = 2_000
"""Sentences that the temperature is fitted on, at the most: it is one number."""


PRIOR_DEVIATION = 0.5
"""How far, as a logarithm, the temperature may stray from 1 on the evidence of a single answer."""


@dataclass(frozen=True)
class TaggerDraft(ModelDraft):
    """A tagger on its way to a model folder."""

    def tagger(self) -> Tagger:
        """The model as it stands, ready to run."""
        return Tagger(self.folder())

    def calibrated(self, dev: Sequence[TaggedSentence]) -> "TaggerDraft":
        """The model with the temperature at which its spans, or plain tags, are as sure as they are right."""
        sentences = dev[:MOST_SENTENCES]
        tagger = self.tagger()
        scored = list(tagger.score([sentence.tokens for sentence in sentences]))

        def loss(temperature: float) -> float:
            answers = tagger.decode_scored(scored, temperature)
            scores, right = confidences(tagger.space, answers, sentences)
            stray = 0.5 * (np.log(temperature) / PRIOR_DEVIATION) ** 2
            return confidence_loss(scores, right) + float(stray) / max(1, len(right))

        return replace(self, temperature=temperature_of_least(loss, precision=0.02), golden=())

    def with_golden_answers(self) -> "TaggerDraft":
        """The model with answers that loading will check."""
        answers = self.tagger().predict(self.golden_texts)
        pairs = zip(self.golden_texts, answers, strict=True)
        return replace(self, golden=tuple(Golden(text, answer.scores) for text, answer in pairs))


def confidences(
    space: TagSpace, answers: Sequence[Decoded], sentences: Sequence[TaggedSentence]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The probability of each answered span, or plain tag, of all sentences, and whether it is right."""
    scores: list[float] = []
    right: list[bool] = []
    for answer, sentence in zip(answers, sentences, strict=True):
        if space.marks_spans:
            true = set(spans_of(sentence.tags))
            scores += answer.span_scores
            right += [span in true for span in answer.spans]
        else:
            scores += answer.scores
            right += [tag == gold for tag, gold in zip(answer.tags, sentence.tags, strict=True)]
    return np.array(scores, np.float64), np.array(right, np.bool_)

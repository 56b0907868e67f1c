"""What tagging brings to a training run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.modelfile import TaggerShape
from headgate.models import NERModel, build_tagger
from headgate.runtime import measure_tagger
from headgate.tasks import measure_spans, measure_tags
from headgate.text import count_tokens
from headgate.training.plan import PlannedRun
from headgate.training.reporting import Reporter
from headgate.training.tagging.data import TaggingData
from headgate.training.tagging.model import TaggerDraft
from headgate.training.tagging.most_frequent_tags import MostFrequentTags
from headgate.training.tagging.objective import TaggingObjective
from headgate.training.tagging.settings import TaggingSettings

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TaggingRun(PlannedRun[TaggingData, TaggingSettings, TaggerShape]):
    """A tagger in training (`headgate.training.run.TaskRun`)."""

    @property
    def summary(self) -> str:
        """The data in a few words, after a line for each file with tags that cannot be learned."""
        data = self.data
        kinds = "labels of spans" if data.space.marks_spans else "tags"
        sizes = f"{len(data.train)} sentences to train on, {len(data.dev)} to check on"
        return "\n".join([*data.unseen, f"{sizes}, {len(data.space.names)} {kinds}"])

    def module(self) -> NERModel:
        """The fresh network."""
        settings = self.settings
        model = build_tagger(
            self.plan.shape,
            self.data.space.allowed,
            dropout=settings.dropout,
            word_dropout=self._word_dropout(),
            memory_length=settings.memory_length,
            sparse=True,
        )
        self.plan.started(model)
        return model

    def _word_dropout(self) -> torch.Tensor:
        """For each word id the probability that it becomes the unknown word."""
        sentences = (sentence.tokens for sentence in self.data.train)
        counts = count_tokens(sentences, fold_digits=self.plan.encoder.fold_digits).counts
        seen = [0, 0, *(counts[word] for word in self.plan.encoder.vocabulary.words)]
        rare, any_word = self.settings.rare_word_dropout, self.settings.word_dropout
        rarity = (rare / (rare + times) if times else 0.0 for times in seen)
        return torch.tensor([1.0 - (1.0 - any_word) * (1.0 - share) for share in rarity])

    def objective(self) -> TaggingObjective:
        """The likelihood of tags to learn by, dev F1 to choose by."""
        data = self.data
        return TaggingObjective.of_sentences(
            self.plan.encoder, data.space, data.train, data.dev, self.settings.max_tokens
        )

    def finish(self, weights: dict[str, Floats], reporter: Reporter) -> tuple[dict[str, Any], TaggerDraft]:
        """Calibrate, and measure beside what memory alone would reach."""
        reporter.say("calibrating and measuring")
        data, plan = self.data, self.plan
        draft = TaggerDraft("tagging", plan.shape, weights, plan.encoder, data.space.tags, plan.settings.half)
        draft = draft.calibrated(data.dev).with_golden_answers()
        tagger = draft.tagger()
        baseline = MostFrequentTags(data.train, marks_spans=data.space.marks_spans)
        measure = measure_spans if data.space.marks_spans else measure_tags
        metrics: dict[str, Any] = {}
        for name, sentences in {"dev": data.dev, "test": data.test}.items():
            if sentences is not None:
                remembered = [baseline.tags(sentence.tokens) for sentence in sentences]
                gold = [sentence.tags for sentence in sentences]
                metrics[name] = {
                    "model": measure_tagger(tagger, sentences).to_json(),
                    "most_frequent_tags": measure(remembered, gold).to_json(),
                }
        return metrics, draft

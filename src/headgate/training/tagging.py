"""What tagging brings to a training run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.errors import ConfigError
from headgate.modelfile import CharacterShape, TaggerShape
from headgate.models import NERModel, build_tagger
from headgate.runtime import measure_tagger
from headgate.tasks import measure_spans, measure_tags
from headgate.text import Alphabet, CharacterNgrams, TextEncoder, count_tokens
from headgate.training.defaults import tagging_defaults
from headgate.training.most_frequent_tags import MostFrequentTags
from headgate.training.plan import NOTHING, Plan, PlannedRun, Sources, Start, reader_shape
from headgate.training.reporting import Reporter
from headgate.training.settings import TaggingSettings
from headgate.training.tagging_data import TaggingData
from headgate.training.tagging_model import TaggerDraft
from headgate.training.tagging_objective import TaggingObjective

Floats = NDArray[np.float32]
TaggingPlan = Plan[TaggingSettings, TaggerShape]


def plan_tagging(
    data: TaggingData,
    choices: Mapping[str, Any],
    sources: Sources = NOTHING,
) -> TaggingPlan:
    """Settings by the rule of `defaults`, the choices over them, and a vocabulary of the training words."""
    words = count_tokens((sentence.tokens for sentence in data.train), fold_digits=True)
    start = Start.read(sources, words.counts, fold_digits=True)
    defaults = tagging_defaults(words.lengths, len(data.space))
    settings = start.settings(TaggingSettings, defaults, choices)
    if settings.lookahead and settings.bidirectional:
        rule = "must be 0 for a model that reads in both directions"
        raise ConfigError(f"setting lookahead {rule}; got {settings.lookahead} (use --no-bidirectional)")
    vocabulary = start.vocabulary(words.counts, settings.min_count)
    reads_characters = settings.characters != "none"
    alphabet = None
    if reads_characters:
        known = "" if start.model is None else start.model.characters
        alphabet = Alphabet.from_counts(words.surfaces, also=known)
    encoder = TextEncoder(
        vocabulary,
        CharacterNgrams(settings.ngram_buckets, cased=True) if settings.ngram_buckets else None,
        alphabet=alphabet,
        fold_digits=True,
    )
    characters = None
    if alphabet is not None:
        characters = CharacterShape(
            settings.characters, len(alphabet), settings.character_dim, settings.character_features
        )
    shape = TaggerShape(
        **reader_shape(settings, encoder),
        num_tags=len(data.space),
        characters=characters,
        lookahead=settings.lookahead,
        crf=settings.crf,
    )
    start = start.with_texts(
        lambda: encoder.encode_words(sentence.tokens for sentence in data.train), settings
    )
    return Plan(settings, encoder, shape, start)


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

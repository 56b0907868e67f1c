"""What classification brings to a training run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.modelfile import ClassifierShape
from headgate.models import TextClassifier, build_classifier
from headgate.text import TextEncoder
from headgate.training.classification.bag_of_ngrams import BagOfNgrams, find_word_pairs
from headgate.training.classification.data import ClassificationData, Examples
from headgate.training.classification.model import ClassifierDraft, measure_all
from headgate.training.classification.objective import ClassificationObjective
from headgate.training.classification.settings import ClassificationSettings
from headgate.training.plan import PlannedRun
from headgate.training.reporting import Reporter

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ClassificationRun(PlannedRun[ClassificationData, ClassificationSettings, ClassifierShape]):
    """A text classifier in training (`headgate.training.run.TaskRun`)."""

    @property
    def summary(self) -> str:
        """The data in a few words."""
        data = self.data
        return f"{len(data.train)} texts to train on, {len(data.dev)} to check on, {len(data.labels)} labels"

    def module(self) -> TextClassifier:
        """The fresh network."""
        settings = self.settings
        model = build_classifier(
            self.plan.shape,
            dropout=settings.dropout,
            word_dropout=settings.word_dropout,
            memory_length=settings.memory_length,
            sparse=True,
        )
        self.plan.started(model)
        return model

    def objective(self) -> ClassificationObjective:
        """Cross-entropy to learn by, dev accuracy to choose by."""
        encoder, data = self.plan.encoder, self.data
        return ClassificationObjective(
            encoder.encode(data.train.texts, longest=self.settings.max_tokens),
            data.train.labels,
            encoder.encode(data.dev.texts),
            data.dev.labels,
            self.settings.label_smoothing,
        )

    def finish(
        self, weights: dict[str, Floats], reporter: Reporter
    ) -> tuple[dict[str, Any], ClassifierDraft]:
        """Fit the bag of n-grams, add it where the settings say so, calibrate, and measure all there is.

        A dev set that was taken from the training texts serves twice: once all has been chosen and measured
        by it, the bag is fitted again, to its texts as well.
        """
        reporter.say("fitting the bag of n-grams")
        data, plan = self.data, self.plan
        encoder = self.bag_encoder()
        network = ClassifierDraft(
            "classification", plan.shape, weights, plan.encoder, data.labels, plan.settings.half
        ).calibrated(data.dev)
        bag = self.fit_bag(data.train, encoder)
        blend = network.blend(bag, encoder, data.dev) if plan.settings.bag else None
        draft = network.with_bag(bag, encoder, blend)
        metrics = {"dev": measure_all(draft.classifier(), network.classifier(), bag, encoder, data.dev)}
        if data.set_aside:
            bag = self.fit_bag(data.train + data.dev, encoder)
            draft = network.with_bag(bag, encoder, blend)
        if data.test is not None:
            metrics["test"] = measure_all(draft.classifier(), network.classifier(), bag, encoder, data.test)
        return metrics, draft.with_golden_answers()

    def bag_encoder(self) -> TextEncoder:
        """The plan's encoder with the words and pairs that the bag of n-grams knows."""
        encoder = self.plan.encoder
        bag = find_word_pairs(encoder.vocabulary, self.data.train.texts, self.settings.bag_pairs)
        return TextEncoder(encoder.vocabulary, encoder.ngrams, bag)

    def fit_bag(self, examples: Examples, encoder: TextEncoder) -> BagOfNgrams:
        """The bag of n-grams of these texts; `encoder` is that of `bag_encoder`."""
        assert encoder.bag is not None
        vectors = self.plan.start.word_table(encoder.vocabulary)
        texts = encoder.encode(examples.texts)
        return BagOfNgrams(texts, examples.labels, encoder.bag, len(self.data.labels), vectors)

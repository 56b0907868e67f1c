"""What classification brings to a training run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.modelfile import ClassifierShape
from headgate.models import TextClassifier, build_classifier
from headgate.text import TextEncoder
from headgate.training.classification.bag_of_ngrams import BagOfNgrams, find_word_pairs
from headgate.training.classification.data import ClassificationData
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
        """Fit the bag of n-grams, add it where the settings say so, calibrate, and measure all there is."""
        reporter.say("fitting the bag of n-grams")
        data, plan = self.data, self.plan
        vocabulary = plan.encoder.vocabulary
        pairs = find_word_pairs(vocabulary, data.train.texts, plan.settings.bag_pairs)
        encoder = TextEncoder(vocabulary, plan.encoder.ngrams, pairs)
        texts, vectors = encoder.encode(data.train.texts), plan.start.word_table(vocabulary)
        bag = BagOfNgrams(texts, data.train.labels, pairs, len(data.labels), vectors)
        network = ClassifierDraft(
            "classification", plan.shape, weights, plan.encoder, data.labels, plan.settings.half
        )
        network = network.calibrated(data.dev)
        draft = network.with_bag(bag, encoder, data.dev) if plan.settings.bag else network
        sets = {"dev": data.dev} | ({} if data.test is None else {"test": data.test})
        metrics = measure_all(draft.classifier(), network.classifier(), bag, encoder, sets)
        return metrics, draft.with_golden_answers()

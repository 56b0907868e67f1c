"""A trained network → a finished classifier: blended with its bag, calibrated, measured."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headgate.modelfile import ClassifierShape, Golden
from headgate.runtime import Classifier
from headgate.tasks import fit_temperature, measure, probabilities
from headgate.text import TextEncoder
from headgate.training.classification.bag_of_ngrams import BagOfNgrams
from headgate.training.classification.blending import Blend, fit_blend
from headgate.training.classification.data import Examples
from headgate.training.draft import ModelDraft


@dataclass(frozen=True)
class ClassifierDraft(ModelDraft):
    """A classifier on its way to a model folder."""

    def classifier(self) -> Classifier:
        """The model as it stands, ready to run."""
        return Classifier(self.folder())

    def blend(self, bag: BagOfNgrams, encoder: TextEncoder, dev: Examples) -> Blend:
        """How strongly this network and the linear bag each count, as dev finds best.

        `encoder` is the draft's own with the bag's words and pairs.
        """
        linear = bag.logits(encoder.encode(dev.texts))
        return fit_blend(self.classifier().logits(dev.texts), linear, dev.labels)

    def with_bag(self, bag: BagOfNgrams, encoder: TextEncoder, blend: Blend | None) -> "ClassifierDraft":
        """The network with the linear bag added, each as strongly as the blend says; as it is without one."""
        if blend is None:
            return self
        assert isinstance(self.shape, ClassifierShape)
        share = np.float32(blend.bag / blend.network)
        weights = self.weights | {
            "bag.table.weight": bag.table * share,
            "output.bias": self.weights["output.bias"] + bag.bias * share,
        }
        return replace(
            self,
            shape=replace(self.shape, bag_features=len(bag.table)),
            weights=weights,
            encoder=encoder,
            temperature=1.0 / blend.network,
            golden=(),
        )

    def calibrated(self, dev: Examples) -> "ClassifierDraft":
        """The model with the temperature that fits dev."""
        logits = self.classifier().logits(dev.texts)
        return replace(self, temperature=fit_temperature(logits, dev.labels), golden=())

    def with_golden_answers(self) -> "ClassifierDraft":
        """The model with answers that loading will check."""
        answers = self.classifier().probabilities(self.golden_texts).tolist()
        pairs = zip(self.golden_texts, answers, strict=True)
        return replace(self, golden=tuple(Golden(text, tuple(row)) for text, row in pairs))


def measure_all(
    model: Classifier,
    network_alone: Classifier,
    bag: BagOfNgrams,
    bag_encoder: TextEncoder,
    examples: Examples,
) -> dict[str, Any]:
    """The finished model, its network without the bag, and the bag without the network."""
    answers = {
        "model": model.probabilities(examples.texts),
        "network_alone": network_alone.probabilities(examples.texts),
        "bag_of_ngrams": probabilities(bag.logits(bag_encoder.encode(examples.texts)), 1.0),
    }
    return {
        which: measure(scores, examples.labels, model.labels).to_json() for which, scores in answers.items()
    }

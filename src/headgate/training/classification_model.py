"""A trained network → a finished model: blended with its bag, calibrated, measured, written to a folder."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells import cell_named
from headgate.modelfile import (
    Golden,
    ModelConfig,
    ModelFolder,
    Network,
    checksum,
    gru_form,
    model_card,
    pack_weights,
    unpack_weights,
    write_model,
)
from headgate.runtime import Classifier
from headgate.tasks import fit_temperature, measure, probabilities
from headgate.text import TextEncoder
from headgate.training.bag_of_ngrams import BagOfNgrams
from headgate.training.blending import fit_blend
from headgate.training.classification_data import Examples
from headgate.version import VERSION

GOLDEN_WORDS = 20

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Provenance:
    """What the card says of where a model comes from; `name` is what users call the model."""

    name: str
    training_data: str
    licence: str = "not stated"


@dataclass(frozen=True)
class ClassifierDraft:
    """A network on its way to a model folder.

    Whatever is fitted or measured on the way is so with the weights as they will be read back (`half`: from
    16-bit floats), run as they will be run: by the runtime, without torch.
    """

    network: Network
    weights: dict[str, Floats]
    encoder: TextEncoder
    labels: tuple[str, ...]
    half: bool
    temperature: float = 1.0
    golden: tuple[Golden, ...] = ()

    def classifier(self) -> Classifier:
        """The model as it stands, ready to run."""
        packed = pack_weights(self.weights, half=self.half)
        folder = ModelFolder(
            Path("(unwritten)"), self._config(packed), unpack_weights(packed), self.encoder.to_json()
        )
        return Classifier(folder)

    def with_bag(self, bag: BagOfNgrams, encoder: TextEncoder, dev: Examples) -> "ClassifierDraft":
        """The network with the linear bag added to it, each as strongly as dev finds best; calibrated.

        `encoder` is the draft's own with the bag's words and pairs.
        """
        linear = bag.logits(encoder.encode(dev.texts))
        blend = fit_blend(self.classifier().logits(dev.texts), linear, dev.labels)
        share = np.float32(blend.bag / blend.network)
        weights = self.weights | {
            "bag.table.weight": bag.table * share,
            "output.bias": self.weights["output.bias"] + bag.bias * share,
        }
        network = replace(self.network, bag_features=len(bag.table))
        return replace(
            self,
            network=network,
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
        texts = ["", " ".join(self.encoder.vocabulary.words[:GOLDEN_WORDS]), "Unheard-of wordings, too!"]
        answers = self.classifier().probabilities(texts).tolist()
        golden = tuple(Golden(text=text, scores=tuple(row)) for text, row in zip(texts, answers, strict=True))
        return replace(self, golden=golden)

    def write(self, path: Path, metrics: dict[str, Any], provenance: Provenance) -> None:
        """Write the model folder, with its card and metrics."""
        packed = pack_weights(self.weights, half=self.half)
        config = self._config(packed)
        card = model_card(
            config,
            metrics,
            name=provenance.name,
            training_data=provenance.training_data,
            licence=provenance.licence,
        )
        write_model(path, config, packed, self.encoder.to_json(), card, metrics)

    def _config(self, packed: bytes) -> ModelConfig:
        return ModelConfig(
            headgate_version=VERSION,
            task="classification",
            labels=self.labels,
            temperature=self.temperature,
            network=self.network,
            gate_order=cell_named(self.network.cell).gate_names,
            gru_form=gru_form(self.network.cell),
            weights_sha256=checksum(packed),
            golden=self.golden,
        )


def measure_all(
    model: Classifier,
    network_alone: Classifier,
    bag: BagOfNgrams,
    bag_encoder: TextEncoder,
    sets: dict[str, Examples],
) -> dict[str, Any]:
    """The finished model, its network without the bag, and the bag without the network, on each set."""
    results: dict[str, Any] = {}
    for name, examples in sets.items():
        answers = {
            "model": model.probabilities(examples.texts),
            "network_alone": network_alone.probabilities(examples.texts),
            "bag_of_ngrams": probabilities(bag.logits(bag_encoder.encode(examples.texts)), 1.0),
        }
        results[name] = {
            which: measure(scores, examples.labels, model.labels).to_json()
            for which, scores in answers.items()
        }
    return results

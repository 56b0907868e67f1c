"""A trained network → a finished model: calibrated, measured, with its card, written to a folder."""

from dataclasses import dataclass
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
from headgate.tasks import fit_temperature, measure
from headgate.text import TextEncoder
from headgate.training.baseline import BagOfNgrams
from headgate.training.classification_data import ClassificationData, Examples
from headgate.version import VERSION

GOLDEN_WORDS = 20


@dataclass(frozen=True)
class Provenance:
    """What the card says of where a model comes from; `name` is what users call the model."""

    name: str
    training_data: str
    licence: str = "not stated"


class ClassifierDraft:
    """A trained network on its way to a model folder.

    Calibration and all measurements are made with the weights as they will be read back, run as they will
    be run: by the runtime, without torch.
    """

    def __init__(
        self,
        network: Network,
        weights: dict[str, NDArray[np.float32]],
        encoder: TextEncoder,
        labels: tuple[str, ...],
        *,
        half: bool,
    ) -> None:
        self._packed = pack_weights(weights, half=half)
        self._encoder = encoder
        self._config = ModelConfig(
            headgate_version=VERSION,
            task="classification",
            labels=labels,
            temperature=1.0,
            network=network,
            gate_order=cell_named(network.cell).gate_names,
            gru_form=gru_form(network.cell),
            weights_sha256=checksum(self._packed),
            golden=(),
        )

    def classifier(self) -> Classifier:
        """The model as it stands, ready to run."""
        folder = ModelFolder(
            Path("(unwritten)"), self._config, unpack_weights(self._packed), self._encoder.to_json()
        )
        return Classifier(folder)

    def calibrate(self, dev: Examples) -> None:
        """Fit the temperature on dev, then record the golden answers."""
        temperature = fit_temperature(self.classifier().logits(dev.texts), dev.labels)
        self._config = self._config.model_copy(update={"temperature": temperature})
        texts = ["", " ".join(self._encoder.vocabulary.words[:GOLDEN_WORDS]), "Unheard-of wordings, too!"]
        answers = self.classifier().probabilities(texts).tolist()
        golden = tuple(Golden(text=text, scores=tuple(row)) for text, row in zip(texts, answers, strict=True))
        self._config = self._config.model_copy(update={"golden": golden})

    def write(self, path: Path, metrics: dict[str, Any], provenance: Provenance) -> None:
        """Write the model folder, with its card and metrics."""
        card = model_card(
            self._config,
            metrics,
            name=provenance.name,
            training_data=provenance.training_data,
            licence=provenance.licence,
        )
        write_model(path, self._config, self._packed, self._encoder.to_json(), card, metrics)


def measure_both(classifier: Classifier, baseline: BagOfNgrams, examples: Examples) -> dict[str, Any]:
    """The network and the bag-of-n-grams baseline on the same texts."""
    answers = {
        "network": classifier.probabilities(examples.texts),
        "bag_of_ngrams": baseline.probabilities(examples.texts),
    }
    return {
        model: measure(probabilities, examples.labels, classifier.labels).to_json()
        for model, probabilities in answers.items()
    }


def measure_all(classifier: Classifier, baseline: BagOfNgrams, data: ClassificationData) -> dict[str, Any]:
    """`measure_both` on dev and, where there is one, on test."""
    parts = {"dev": data.dev} | ({} if data.test is None else {"test": data.test})
    return {name: measure_both(classifier, baseline, examples) for name, examples in parts.items()}

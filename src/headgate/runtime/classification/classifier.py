"""A text classifier that runs without PyTorch: one text or a million, in order, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from headgate.data.bucketing import longest_first_batches
from headgate.errors import ConfigError, ModelError
from headgate.modelfile import ClassifierShape, ModelFolder
from headgate.runtime.chunks import chunks
from headgate.runtime.classification.network import ClassifierNetwork
from headgate.runtime.classification.stream import ClassificationStream
from headgate.runtime.encoding import read_encoder
from headgate.runtime.golden import check_golden_answers
from headgate.shapes import Float
from headgate.tasks import Classification, classify, probabilities
from headgate.text import TokenBatch

Scorer = Callable[[TokenBatch], NDArray[Any]]
"""Texts, the longest first → their logits. The NumPy network is one; `headgate.models` makes another."""


class Classifier:
    """A loaded classifier. `scorer` computes the logits; the network in NumPy does when none is given.

    Raises ModelError when the model does not give the golden answers that it was written with.
    """

    task = "classification"

    def __init__(self, folder: ModelFolder, scorer: Scorer | None = None) -> None:
        self.folder = folder
        self.config = folder.config
        self.labels = folder.config.labels
        self.encoder = read_encoder(folder)
        shape = folder.config.network
        assert isinstance(shape, ClassifierShape)
        if len(self.labels) != shape.num_classes:
            raise ModelError(f"{folder.path}: the config does not fit its own labels")
        self._network = ClassifierNetwork(shape, folder.weights, folder.path / "model.safetensors")
        self._scorer = scorer or self._network
        check_golden_answers(folder, lambda text: self.probabilities([text])[0].tolist())

    @overload
    def predict(self, texts: str) -> Classification: ...
    @overload
    def predict(self, texts: list[str] | tuple[str, ...]) -> list[Classification]: ...
    @overload  # a str is an Iterable[str] too, which the checker takes for an overlap
    def predict(self, texts: Iterable[str]) -> Classification | list[Classification]: ...
    def predict(self, texts: str | Iterable[str]) -> Classification | list[Classification]:
        """Classify one text, or many of any lengths: answers come in the order of the texts."""
        if isinstance(texts, str):
            return next(self.predict_each([texts]))
        return list(self.predict_each(texts))

    def predict_each(self, texts: Iterable[str]) -> Iterator[Classification]:
        """Classify texts as they come, in order, holding a bounded number of them in memory."""
        for chunk in chunks(texts):
            yield from classify(self.logits(chunk), self.labels, self.config.temperature)

    def logits(self, texts: list[str]) -> Float[NDArray[np.float32], "batch labels"]:
        """The unnormalised scores of each text, before the temperature."""
        encoded = self.encoder.encode(texts)
        logits = np.empty((len(texts), len(self.labels)), np.float32)
        for rows in longest_first_batches(encoded.lengths):
            logits[rows] = self._scorer(encoded.batch(rows))
        return logits

    def probabilities(self, texts: list[str]) -> Float[NDArray[np.float64], "batch labels"]:
        """The calibrated probability of each label, in the order of `labels`."""
        return probabilities(self.logits(texts), self.config.temperature)

    def stream(self) -> ClassificationStream:
        """Start reading one text piece by piece; ConfigError for a model that also reads backward."""
        if self.config.network.bidirectional:
            raise ConfigError(
                f"{self.folder.path}: a bidirectional model needs the whole text and cannot stream "
                "(train it with --no-bidirectional)"
            )
        return ClassificationStream(self._network, self.encoder, self.labels, self.config.temperature)

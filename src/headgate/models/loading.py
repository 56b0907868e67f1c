"""A model folder → the torch module it was written from, and a scorer for the runtime."""

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.errors import ConfigError
from headgate.modelfile import ModelFolder, Network
from headgate.models.batching import batch_to_tensors
from headgate.models.text_classifier import TextClassifier
from headgate.text import TokenBatch


def classifier_module(folder: ModelFolder) -> TextClassifier:
    """The torch module of a classification model, with its weights, in evaluation mode."""
    model = build_classifier(folder.config.network)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in folder.weights.items()})
    return model.eval()


def build_classifier(
    network: Network,
    *,
    dropout: float = 0.0,
    word_dropout: float = 0.0,
    memory_length: int | None = None,
    sparse: bool = False,
) -> TextClassifier:
    """A fresh module of this shape; the other options matter in training alone."""
    return TextClassifier(
        network.vocab_size,
        network.embedding_dim,
        network.hidden_dim,
        network.num_classes,
        cell=network.cell,
        layers=network.layers,
        bidirectional=network.bidirectional,
        pooling=network.pooling,
        ngram_buckets=network.ngram_buckets,
        ngram_dim=network.ngram_dim,
        bag_features=network.bag_features,
        dropout=dropout,
        word_dropout=word_dropout,
        memory_length=memory_length,
        sparse=sparse,
    )


class TorchScorer:
    """Scores batches on a device with torch, in place of the NumPy network; the answers are the same.

    Raises ConfigError when there is no such device.
    """

    def __init__(self, model: TextClassifier, device: str) -> None:
        if device == "cuda" and not torch.cuda.is_available():
            raise ConfigError("device cuda was asked for and there is none (leave --device out)")
        self._model = model.to(device).eval()
        self._device = torch.device(device)

    @torch.no_grad()
    def __call__(self, batch: TokenBatch) -> NDArray[np.float32]:
        """The logits of each text of the batch."""
        return self._model(*batch_to_tensors(batch, self._device)).float().cpu().numpy()

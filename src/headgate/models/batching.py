"""Batches of numbers → the tensors that a model's `forward` takes."""

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.layers import RaggedTensors, SubwordTensors
from headgate.text import Ragged, Subwords, TokenBatch


def classifier_inputs(
    batch: TokenBatch, device: torch.device
) -> tuple[torch.Tensor, SubwordTensors | None, RaggedTensors | None]:
    """The arguments of `TextClassifier.forward` for this batch, on this device."""
    return *tagger_inputs(batch, device), _ragged(batch.bags, device)


def tagger_inputs(batch: TokenBatch, device: torch.device) -> tuple[torch.Tensor, SubwordTensors | None]:
    """The arguments of `NERModel.forward` for this batch, on this device."""
    return _tensor(batch.token_ids, device), _subwords(batch.subwords, device)


def _subwords(subwords: Subwords | None, device: torch.device) -> SubwordTensors | None:
    if subwords is None:
        return None
    characters = None if subwords.characters is None else _tensor(subwords.characters, device)
    return SubwordTensors(_tensor(subwords.word_index, device), _ragged(subwords.ngrams, device), characters)


def _ragged(lists: Ragged | None, device: torch.device) -> RaggedTensors | None:
    return None if lists is None else RaggedTensors(_tensor(lists.ids, device), _tensor(lists.starts, device))


def _tensor(array: NDArray[np.int64], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(array).to(device)

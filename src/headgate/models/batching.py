"""Batches of numbers → the tensors that a model's `forward` takes."""

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.layers import BagTensors, SubwordTensors
from headgate.text import TokenBatch


def batch_to_tensors(
    batch: TokenBatch, device: torch.device
) -> tuple[torch.Tensor, SubwordTensors | None, BagTensors | None]:
    """The arguments of `TextClassifier.forward` for this batch, on this device."""

    def tensor(array: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(array).to(device)

    subwords, bags = batch.subwords, batch.bags
    return (
        tensor(batch.token_ids),
        None
        if subwords is None
        else SubwordTensors(tensor(subwords.word_index), tensor(subwords.ngram_ids), tensor(subwords.starts)),
        None if bags is None else BagTensors(tensor(bags.ids), tensor(bags.starts)),
    )

"""Batches of numbers → the tensors that a model's `forward` takes."""

import torch

from headgate.layers import SubwordTensors
from headgate.text import TokenBatch


def batch_to_tensors(
    batch: TokenBatch, device: torch.device
) -> tuple[torch.Tensor, SubwordTensors | None]:
    """The arguments of `TextClassifier.forward` for this batch, on this device."""
    token_ids = torch.from_numpy(batch.token_ids).to(device)
    if batch.subwords is None:
        return token_ids, None
    subwords = batch.subwords
    return token_ids, SubwordTensors(
        torch.from_numpy(subwords.word_index).to(device),
        torch.from_numpy(subwords.ngram_ids).to(device),
        torch.from_numpy(subwords.starts).to(device),
    )

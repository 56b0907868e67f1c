"""A linear model over a bag of hashed words and word pairs, as a layer beside the recurrent ones."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from headgate.layers.dropout import check_probability
from headgate.text.bag import EMPTY_BUCKET


@dataclass(frozen=True)
class BagTensors:
    """`headgate.text.Bags` as tensors: the hashed words and word pairs of each text, text after text."""

    ids: Int[Tensor, " features"]
    starts: Int[Tensor, " batch"]


class LinearBag(nn.Module):
    """One weight for each hashed feature and class; the sum over a text's features, over the square root of its
    length, joins the network's logits (the wide half of Cheng et al. 2016).

    What single words and pairs say is learned here at once, from few texts; the recurrent half is left with
    what takes more than that. `dropout` leaves features out at random in training.
    """

    def __init__(self, buckets: int, classes: int, *, dropout: float = 0.0, sparse: bool = False) -> None:
        super().__init__()
        self.dropout = check_probability("bag_dropout", dropout)
        self.table = nn.EmbeddingBag(
            buckets + 1, classes, mode="sum", padding_idx=EMPTY_BUCKET, sparse=sparse
        )
        nn.init.zeros_(self.table.weight)

    def forward(self, bags: BagTensors, lengths: Int[Tensor, " batch"]) -> Float[Tensor, "batch classes"]:
        """What the bags add to the logits; `lengths` counts each text's tokens."""
        ids = bags.ids
        if self.training and self.dropout:
            ids = ids.masked_fill(torch.rand(ids.shape, device=ids.device) < self.dropout, EMPTY_BUCKET)
        return self.table(ids, bags.starts) / lengths.clamp(min=1).sqrt().unsqueeze(1)

"""A linear model over the bag of a text's words and word pairs, as a layer beside the recurrent ones."""

from torch import Tensor, nn

from headgate.layers.tensors import RaggedTensors
from headgate.shapes import Float, Int
from headgate.text.vocabulary import PADDING_ID


class LinearBag(nn.Module):
    """One weight for each feature and class; their sum over a text, over the square root of its length.

    It joins the network's logits: the wide half of Cheng et al. 2016. What single words and pairs say by
    themselves is known to it from few texts.
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(features, classes, mode="sum", padding_idx=PADDING_ID)
        nn.init.zeros_(self.table.weight)

    def forward(self, bags: RaggedTensors, lengths: Int[Tensor, " batch"]) -> Float[Tensor, "batch classes"]:
        """What the bags add to the logits; `lengths` counts each text's tokens."""
        return self.table(bags.ids, bags.starts) / lengths.clamp(min=1).sqrt().unsqueeze(1)

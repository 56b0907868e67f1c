"""The parameters of attention, and a decoder's look back at what was read (`headgate.cells.attention`)."""

import torch
from torch import Tensor, nn

from headgate.cells import AttentionWeights, Memory, attention_named
from headgate.cells.attention import attend, read_out, remember
from headgate.shapes import Bool, Float


class Attention(nn.Module):
    """Attention of one kind (dot, general or additive), and the readout of its context.

    `size`: units of queries, of memory and of what is read out alike.
    """

    def __init__(self, kind: str, size: int) -> None:
        super().__init__()
        self.kind = attention_named(kind)
        names = {"general": ("key_weight",), "additive": ("key_weight", "query_weight")}.get(kind, ())
        for name in names:
            self.register_parameter(name, nn.Parameter(nn.init.xavier_uniform_(torch.empty(size, size))))
        if kind == "additive":
            self.key_bias = nn.Parameter(torch.zeros(size))
            self.score_weight = nn.Parameter(torch.empty(size).uniform_(-1, 1) * (3 / size) ** 0.5)
        self.readout = nn.Linear(2 * size, size)

    @property
    def weights(self) -> AttentionWeights:
        """The parameters, as the equations take them."""
        return AttentionWeights(**dict(self.named_parameters(recurse=False)))

    def remember(
        self, outputs: Float[Tensor, "batch source memory"], token_mask: Bool[Tensor, "batch source"]
    ) -> Memory:
        """What can be looked back at: the encoder's outputs, where they are of real tokens."""
        return remember(outputs, token_mask, self.weights)

    def forward(
        self, queries: Float[Tensor, "batch target query"], memory: Memory
    ) -> tuple[Float[Tensor, "batch target memory"], Float[Tensor, "batch target source"]]:
        """The context of each query, and how much it looks at each position of the source."""
        return attend(queries, memory, self.weights)

    def read_out(
        self, hidden: Float[Tensor, "batch target hidden"], context: Float[Tensor, "batch target memory"]
    ) -> Float[Tensor, "batch target hidden"]:
        """What the next unit is scored from."""
        return read_out(hidden, context, self.readout.weight, self.readout.bias)

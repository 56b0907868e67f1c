"""Many states → one vector, over a text's real tokens only."""

import torch
from torch import Tensor, nn

from headgate.shapes import Bool, Float
from headgate.tasks.pooling import pooling_kinds


class Pooling(nn.Module):
    """Summarise a text's outputs in one or more ways, side by side: "max", "mean+max", ...

    - `last`: the final hidden state of each direction (the forward one has read all, so has the backward one)
    - `mean`: the average over the tokens
    - `max`: feature by feature, the highest over the tokens (Collobert & Weston 2008)
    - `attention`: an average weighted by softmax(query · output), the query learned (Yang et al. 2016 without
      its hidden layer)

    A text without tokens gives zeros.
    """

    def __init__(self, kind: str, features: int) -> None:
        super().__init__()
        self.kinds = pooling_kinds(kind)
        self.output_size = features * len(self.kinds)
        self.query = nn.Parameter(torch.zeros(features)) if "attention" in self.kinds else None

    def forward(
        self,
        outputs: Float[Tensor, "batch time output"],
        last: Float[Tensor, "batch output"],
        token_mask: Bool[Tensor, "batch time"],
    ) -> Float[Tensor, "batch pooled"]:
        """One vector a text."""
        return torch.cat([self._pool(kind, outputs, last, token_mask) for kind in self.kinds], dim=1)

    def _pool(self, kind: str, outputs: Tensor, last: Tensor, token_mask: Tensor) -> Tensor:
        if kind == "last":
            return last
        real, lowest = token_mask.to(outputs.dtype), torch.finfo(outputs.dtype).min  # batch time
        if kind == "mean":
            shares = real / real.sum(1, keepdim=True).clamp(min=1)
            return (shares.unsqueeze(1) @ outputs).squeeze(1)
        if kind == "max":
            # Adding is several times as fast as filling by a mask, and the gradient of max as that of amax.
            highest = (outputs + ((1.0 - real) * lowest).unsqueeze(2)).max(1).values
            return highest * token_mask.any(1, keepdim=True)
        assert self.query is not None
        shares = (outputs @ self.query).masked_fill(~token_mask, lowest).softmax(1) * token_mask
        return (shares.unsqueeze(1) @ outputs).squeeze(1)

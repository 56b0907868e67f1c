"""What a language model ends with: a score for every unit that may come next."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from headgate.errors import ConfigError
from headgate.shapes import Float, Int
from headgate.tasks.unit_clusters import NARROWING, check_cutoffs


def unit_scores(
    vocab_size: int, features: int, *, table: nn.Embedding | None = None, cutoffs: Sequence[int] = ()
) -> "TiedScores | LinearScores | AdaptiveScores":
    """Scores by the vectors of a `table`, by vectors of their own, or those of an adaptive softmax."""
    if not cutoffs:
        return LinearScores(vocab_size, features) if table is None else TiedScores(table, features)
    if table is not None:
        raise ConfigError("tied must be False for an adaptive softmax (cutoffs), which has its own vectors")
    return AdaptiveScores(vocab_size, features, check_cutoffs(cutoffs, vocab_size, features))


class LinearScores(nn.Module):
    """An affine map: a vector and a bias for each unit."""

    def __init__(self, vocab_size: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(vocab_size, features))
        self.bias = nn.Parameter(torch.zeros(vocab_size))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, outputs: Float[Tensor, "batch time output"]) -> Float[Tensor, "batch time vocab"]:
        """The scores of all units at each step: unnormalised log-probabilities."""
        return functional.linear(outputs, self.weight, self.bias)

    def loss(
        self, outputs: Float[Tensor, "batch time output"], targets: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time"]:
        """-log of the probability of each target, in nats."""
        return _cross_entropy(self(outputs), targets)


class TiedScores(nn.Module):
    """The vectors of the embedding `table` score what they also stand for; only the bias is their own.

    Where outputs have another length than the vectors, a projection comes first.
    """

    def __init__(self, table: nn.Embedding, features: int) -> None:
        super().__init__()
        self._table = (table,)  # in a tuple: its weights belong to the embedding, and are listed there alone
        self.bias = nn.Parameter(torch.zeros(table.num_embeddings))
        same = features == table.embedding_dim
        self.projection = None if same else nn.Linear(features, table.embedding_dim, bias=False)

    def forward(self, outputs: Float[Tensor, "batch time output"]) -> Float[Tensor, "batch time vocab"]:
        """The scores of all units at each step: unnormalised log-probabilities."""
        if self.projection is not None:
            outputs = self.projection(outputs)
        return functional.linear(outputs, self._table[0].weight, self.bias)

    def loss(
        self, outputs: Float[Tensor, "batch time output"], targets: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time"]:
        """-log of the probability of each target, in nats."""
        return _cross_entropy(self(outputs), targets)


class AdaptiveScores(nn.Module):
    """An adaptive softmax (Grave et al. 2017) over clusters of units, by PyTorch's own layer."""

    def __init__(self, vocab_size: int, features: int, cutoffs: Sequence[int]) -> None:
        super().__init__()
        self.adaptive = nn.AdaptiveLogSoftmaxWithLoss(
            features, vocab_size, list(cutoffs), div_value=NARROWING, head_bias=True
        )

    def forward(self, outputs: Float[Tensor, "batch time output"]) -> Float[Tensor, "batch time vocab"]:
        """The log-probabilities of all units at each step."""
        flat: Tensor = self.adaptive.log_prob(outputs.flatten(0, 1))
        return flat.view(*outputs.shape[:2], -1)

    def loss(
        self, outputs: Float[Tensor, "batch time output"], targets: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time"]:
        """-log of the probability of each target, in nats; only the clusters that occur are scored."""
        found: Any = self.adaptive(outputs.flatten(0, 1), targets.flatten())
        return cast("Tensor", -found.output).view_as(targets)


def _cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    losses = functional.cross_entropy(scores.float().flatten(0, 1), targets.flatten(), reduction="none")
    return losses.view_as(targets)

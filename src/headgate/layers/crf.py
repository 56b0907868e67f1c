"""The linear-chain conditional random field as a layer: how likely a sentence's tags are, to learn from.

(Lample et al. 2016, section 2.2.) The equations are those of `headgate.decoding`, which finds the best path.
"""

from typing import Any

import torch
from torch import Tensor, nn

from headgate.decoding import FORBIDDEN, AllowedMoves, Transitions
from headgate.errors import ConfigError
from headgate.layers.partition import TransitionTensors, log_partition
from headgate.shapes import Bool, Float, Int


class CRF(nn.Module):
    """Learned scores of the moves between tags, and the probability of a path given a network's scores.

    Fresh, every allowed move scores 0: without constraints a path then has the probability that softmaxes at
    each token give its tags.

    - `allowed`: what may follow what (None: anything). All else scores `FORBIDDEN`: its parameters have no
      gradient, whatever else an optimiser does to them has no effect, and a state dict holds `FORBIDDEN`
      there. So a state dict says all that decoding needs.
    """

    allowed_between: Tensor
    allowed_first: Tensor
    allowed_last: Tensor

    def __init__(self, num_tags: int, allowed: AllowedMoves | None = None) -> None:
        super().__init__()
        if num_tags < 1:
            raise ConfigError(f"num_tags must be at least 1; got {num_tags}")
        if allowed is not None and len(allowed.first) != num_tags:
            raise ConfigError(f"allowed must be for num_tags tags, {num_tags}; got {len(allowed.first)}")
        self.between = nn.Parameter(torch.zeros(num_tags, num_tags))
        self.first = nn.Parameter(torch.zeros(num_tags))
        self.last = nn.Parameter(torch.zeros(num_tags))
        for name, parameter in list(self.named_parameters()):
            moves = torch.ones_like(parameter, dtype=torch.bool)
            if allowed is not None:
                moves = torch.tensor(getattr(allowed, name))
            self.register_buffer(f"allowed_{name}", moves, persistent=False)
        _forbid(self)
        self.register_state_dict_pre_hook(_forbid)

    @property
    def transitions(self) -> TransitionTensors:
        """The scores of the moves, constraints applied."""
        return TransitionTensors(
            torch.where(self.allowed_between, self.between, FORBIDDEN),
            torch.where(self.allowed_first, self.first, FORBIDDEN),
            torch.where(self.allowed_last, self.last, FORBIDDEN),
        )

    def to_numpy(self) -> Transitions:
        """The scores of the moves for `headgate.decoding`, constraints applied."""
        moves = self.transitions
        return Transitions(
            *(part.detach().cpu().numpy() for part in (moves.between, moves.first, moves.last))
        )

    def forward(
        self,
        scores: Float[Tensor, "batch time tag"],
        tags: Int[Tensor, "batch time"],
        token_mask: Bool[Tensor, "batch time"],
    ) -> Float[Tensor, " batch"]:
        """The log of the probability of each row's tags, in nats; 0 for a row without real tokens.

        Real tokens may stand anywhere: masked steps are skipped as if cut out, and may hold any scores and
        tags. Tags that break the constraints get a very low but finite value, about `FORBIDDEN` a breach.
        """
        if not scores.shape[1]:
            return scores.sum((1, 2))
        moves = self.transitions
        # In float64: a log-likelihood is the small difference of two large sums.
        moves = TransitionTensors(moves.between.double(), moves.first.double(), moves.last.double())
        places = torch.argsort(~token_mask, dim=1, stable=True)
        real = token_mask.gather(1, places)
        steps = scores.double().take_along_dim(places.unsqueeze(2), 1).masked_fill(~real.unsqueeze(2), 0.0)
        path = tags.gather(1, places).masked_fill(~real, 0)
        likelihood = path_score(steps, path, real, moves) - log_partition(steps, real, moves)
        return likelihood.to(self.between.dtype)


def path_score(
    steps: Float[Tensor, "batch time tag"],
    path: Int[Tensor, "batch time"],
    real: Bool[Tensor, "batch time"],
    moves: TransitionTensors,
) -> Float[Tensor, " batch"]:
    """s(y): the scores of a path's tags and of its moves. Each row's real steps come first; others hold 0."""
    of_tags = steps.gather(2, path.unsqueeze(2)).sum((1, 2))
    of_moves = (moves.between[path[:, :-1], path[:, 1:]] * real[:, 1:]).sum(1)
    last_step = (real.sum(1, keepdim=True) - 1).clamp(min=0)
    of_ends = moves.first[path[:, 0]] + moves.last[path.gather(1, last_step).squeeze(1)]
    return of_tags + of_moves + of_ends * real[:, 0]


@torch.no_grad()
def _forbid(crf: Any, *_: Any) -> None:
    """Put `FORBIDDEN` back where weight decay or averaging has moved a parameter."""
    crf.between.masked_fill_(~crf.allowed_between, FORBIDDEN)
    crf.first.masked_fill_(~crf.allowed_first, FORBIDDEN)
    crf.last.masked_fill_(~crf.allowed_last, FORBIDDEN)

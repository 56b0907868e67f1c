"""log Z of a conditional random field in torch, over a batch: the textbook's recursion, and a fast equal.

Left to autograd, the recursion over logarithms costs several small operations a step, each way. The fast one
rests on two facts. The gradient of log Z by a score is the probability of what scores it, a tag at a token or
a move, so sums over beginnings and ends are all it needs. And with weights, exp of scores, scaled to sum to 1
at each step (Rabiner 1989, section V.A), a step of both sums is one small matrix product.

Weights can vanish where logarithms cannot: e^-800 is 0 even in float64. If something that matters is lost,
the sum over all paths no longer comes out the same wherever they are cut into beginnings and ends; the
recursion over logarithms then does the work, as it does where the weight of a single score is 0.

Here every row's real tokens stand first, `real` says which steps these are, and scores are float64, zeros at
the other steps.
"""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from headgate.shapes import Bool, Float

DISAGREEMENT = 1e-6
"""How far apart, as a share, the sums over all paths at two cuts may be before weights must have vanished."""


@dataclass(frozen=True)
class TransitionTensors:
    """`headgate.decoding.Transitions` as tensors."""

    between: Float[Tensor, "tag tag"]
    first: Float[Tensor, " tag"]
    last: Float[Tensor, " tag"]


def log_partition(
    steps: Float[Tensor, "batch time tag"], real: Bool[Tensor, "batch time"], moves: TransitionTensors
) -> Float[Tensor, " batch"]:
    """log Z of each row, the fast way where weights can hold it; 0 for a row without real tokens."""
    sums = _sum_paths(steps, real, moves)
    if not sums.agree:
        return log_partition_by_logarithms(steps, real, moves)
    return cast("Tensor", _LogPartition.apply(steps, moves.between, moves.first, moves.last, sums))


def log_partition_by_logarithms(
    steps: Float[Tensor, "batch time tag"], real: Bool[Tensor, "batch time"], moves: TransitionTensors
) -> Float[Tensor, " batch"]:
    """log Z by the equations of `headgate.decoding.lattice`, for autograd: slow, and at home at any scale."""
    alphas = moves.first + steps[:, 0]
    for step in range(1, steps.shape[1]):
        moved = torch.logsumexp(alphas.unsqueeze(2) + moves.between, dim=1) + steps[:, step]
        alphas = torch.where(real[:, step, None], moved, alphas)
    return torch.where(real[:, 0], torch.logsumexp(alphas + moves.last, dim=1), 0.0)


@dataclass(frozen=True)
class _Sums:
    """The weights of beginnings and ends of paths, summed, scaled at each step, and log Z from them.

    - `beginnings`: those that end in a tag, its score included; 1 over all tags
    - `ends`: those that follow a tag
    - `ends_with`: those that begin with a tag, its score included; 1 over all tags
    - `paths`: beginnings times ends, summed over the tags: all paths, by where they are cut
    - `between`: exp of the scores of the moves, but for a factor
    - `agree`: all cuts give one sum, of weights above 0
    """

    beginnings: Float[Tensor, "time batch tag"]
    ends: Float[Tensor, "time batch tag"]
    ends_with: Float[Tensor, "time batch tag"]
    paths: Float[Tensor, "time batch"]
    between: Float[Tensor, "tag tag"]
    real: Bool[Tensor, "time batch"]
    log_partition: Float[Tensor, " batch"]
    agree: bool


class _LogPartition(torch.autograd.Function):
    """log Z as already summed. Its gradient by a score is the expected number of times that paths have it."""

    @staticmethod
    def forward(ctx: Any, steps: Tensor, between: Tensor, first: Tensor, last: Tensor, sums: _Sums) -> Tensor:
        ctx.sums = sums
        return sums.log_partition.clone()

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor | None, ...]:
        sums: _Sums = ctx.sums
        padding = ~sums.real.unsqueeze(2)
        shares = sums.beginnings * (gradients[0] / sums.paths).unsqueeze(2)
        shares.masked_fill_(padding, 0.0)
        of_tags = (shares * sums.ends).masked_fill_(padding, 0.0)
        followed = sums.ends_with.masked_fill(padding, 0.0)
        of_moves = shares[:-1].flatten(0, 1).T @ followed[1:].flatten(0, 1) * sums.between
        ends = (sums.real.sum(0) - 1).clamp(min=0)
        of_last = of_tags[ends, torch.arange(len(ends), device=ends.device)].sum(0)
        return of_tags.transpose(0, 1), of_moves, of_tags[0].sum(0), of_last, None


@torch.no_grad()
def _sum_paths(steps: Tensor, real: Tensor, moves: TransitionTensors) -> _Sums:
    """Sum beginnings from the first step on and, beside them, ends from each row's last step back."""
    batch, time, _ = steps.shape
    lengths, rows = real.sum(1), torch.arange(batch, device=steps.device)
    order = torch.arange(time, device=steps.device).unsqueeze(1)
    turned = torch.where(order < lengths, lengths - 1 - order, order)  # time batch
    highest = steps.amax(2)
    top, top_first, top_last = moves.between.max(), moves.first.max(), moves.last.max()
    weights = (steps - highest.unsqueeze(2)).exp()
    both_ways = torch.stack([order + rows * time, turned + rows * time], dim=1)  # time way batch
    between = (moves.between - top).exp()
    entered, reached, totals = _scaled_recursion(
        weights.flatten(0, 1)[both_ways],
        torch.stack([(moves.first - top_first).exp(), (moves.last - top_last).exp()]),
        torch.stack([between, between.T]),
    )
    ends, ends_with, end_totals = (each[turned, 1, rows] for each in (entered, reached, totals))
    paths = (reached[:, 0] * ends).sum(2)
    at_last = paths.gather(0, (lengths - 1).clamp(min=0).unsqueeze(0)).squeeze(0)
    logs = totals[:, 0].log().masked_fill(~real.T, 0.0).sum(0) + at_last.log()
    scales = highest.sum(1) + (lengths - 1) * top + top_first + top_last
    log_z = torch.where(lengths > 0, logs + scales, 0.0)
    # Cut before or after a step: its scale belongs to the ends, or to the beginnings.
    before, after = paths[:-1] * end_totals[1:], paths[1:] * totals[1:, 0]
    same = ((before - after).abs() <= DISAGREEMENT * after) & (after > torch.finfo(after.dtype).tiny)
    # What vanished at both ends, and gains in between, is missed by every cut alike.
    held = (weights > 0).all()
    agree = bool((same | ~real.T[1:]).all() & log_z.isfinite().all() & held)
    return _Sums(reached[:, 0], ends, ends_with, paths, between, real.T, log_z, agree)


def _scaled_recursion(
    weights: Float[Tensor, "time way batch tag"],
    first: Float[Tensor, "way tag"],
    between: Float[Tensor, "way tag tag"],
) -> tuple[
    Float[Tensor, "time way batch tag"], Float[Tensor, "time way batch tag"], Float[Tensor, "time way batch"]
]:
    """alpha on weights: short of a step's own; with it, scaled to sum to 1; and the sums before scaling."""
    entered, reached = torch.empty_like(weights), torch.empty_like(weights)
    totals = weights.new_empty(*weights.shape[:3], 1)
    entered[0] = first.unsqueeze(1)
    steps = list(zip(entered, weights, reached, totals, strict=True))
    for step, (before, weight, after, total) in enumerate(steps):
        if step:
            torch.bmm(steps[step - 1][2], between, out=before)
        torch.mul(before, weight, out=after)
        torch.sum(after, dim=2, keepdim=True, out=total)
        after.div_(total)
    return entered, reached, totals.squeeze(3)

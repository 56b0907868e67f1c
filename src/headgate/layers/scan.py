"""The scan m_t = a_t * m_{t-1} + b_t over whole sequences, forward and backward, on any device.

Steps are linear, so a sequence can be cut into blocks that are computed side by side. Whatever memory m a
block begins with, it ends with e + p m, where e is its end as if it began with nothing, and p the product of
its a_t (none is above 1, so nothing overflows). Some sqrt(time) steps over all blocks at once give every e;
as many from one block to the next give what each begins with; as many over all blocks again give every m_t.
That is exact, does two passes' work in place of one, and takes 3 sqrt(time) steps in place of time: on a GPU,
and wherever a step is too small to be worth a call, by far the fastest. Where a step is large already, a
single pass goes from step to step.

Gradients of a scan are a scan run backward: with g_t = dLoss/dm_t, all later steps counted,
g_t = dLoss/dm_t (its own) + a_{t+1} * g_{t+1}.
"""

import math
from typing import Any, cast

import torch
from torch import Tensor

from headgate.shapes import Float

LARGE_STEP = 4_096
"""Numbers in one step from which, on a CPU, a step at a time is faster than blocks."""


def scan(
    keep: Float[Tensor, "batch time hidden"],
    write: Float[Tensor, "batch time hidden"],
    memory: Float[Tensor, "batch hidden"],
) -> Float[Tensor, "batch time hidden"]:
    """Every m_t from all a_t (`keep`, within 0 ... 1), all b_t (`write`) and m_0 (`memory`).

    Can be differentiated once; NotImplementedError where a gradient is to be differentiated again.
    """
    return cast("Tensor", _Scan.apply(keep, write, memory))


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, keep: Tensor, write: Tensor, memory: Tensor) -> Tensor:
        memories = torch.empty_like(write, memory_format=torch.contiguous_format)
        _run(keep, write, memory, memories)
        ctx.save_for_backward(keep, memory, memories)
        return memories

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if torch.is_grad_enabled():  # create_graph: what follows would count as constant, without a word
            raise NotImplementedError("a scan can be differentiated once only; use fused=False for more")
        keep, memory, memories = ctx.saved_tensors
        own = gradients[0]
        of_write, of_keep = torch.empty_like(memories), torch.empty_like(memories)
        of_write[:, -1] = own[:, -1]
        _run(keep[:, 1:], own[:, :-1], own[:, -1], of_write[:, :-1], backward=True)
        torch.mul(of_write[:, 1:], memories[:, :-1], out=of_keep[:, 1:])
        torch.mul(of_write[:, 0], memory, out=of_keep[:, 0])
        return of_keep, of_write, keep[:, 0] * of_write[:, 0]


def _run(keep: Tensor, write: Tensor, memory: Tensor, memories: Tensor, *, backward: bool = False) -> None:
    """Fill `memories`, from the first step to the last or backward: a kernel for a device goes here."""
    large = keep.device.type == "cpu" and memory.numel() >= LARGE_STEP
    (_stepwise if large else _blockwise)(keep, write, memory, memories, backward=backward)


def _stepwise(
    keep: Tensor, write: Tensor, memory: Tensor, memories: Tensor, *, backward: bool = False
) -> None:
    for a, b, out in _in_order(1, keep, write, memories, backward=backward):
        memory = torch.addcmul(b, a, memory, out=out)


def _blockwise(
    keep: Tensor, write: Tensor, memory: Tensor, memories: Tensor, *, backward: bool = False
) -> None:
    time = keep.shape[1]
    length = max(1, math.isqrt(time))
    blocks, rest = divmod(time, length)
    whole = slice(rest, None) if backward else slice(time - rest)
    a, b, out = (of[:, whole].unflatten(1, (blocks, length)) for of in (keep, write, memories))
    steps = _in_order(2, a, b, out, backward=backward)  # each: batch blocks hidden
    ends = steps[0][1].clone()
    for a_step, b_step, _ in steps[1:]:
        torch.addcmul(b_step, a_step, ends, out=ends)
    starts = torch.empty_like(ends)
    for start, end, product in _in_order(1, starts, ends, a.prod(2), backward=backward):
        start.copy_(memory)
        memory = torch.addcmul(end, product, memory)
    for a_step, b_step, out_step in steps:
        starts = torch.addcmul(b_step, a_step, starts, out=out_step)
    left = slice(rest) if backward else slice(time - rest, None)  # too few steps for a block
    _stepwise(keep[:, left], write[:, left], memory, memories[:, left], backward=backward)


def _in_order(axis: int, *arrays: Tensor, backward: bool) -> list[tuple[Tensor, ...]]:
    """The slices of these arrays along an axis, side by side, in the order in which they are read."""
    slices = list(zip(*(array.unbind(axis) for array in arrays), strict=True))
    return slices[::-1] if backward else slices

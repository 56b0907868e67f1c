"""The scan m_t = a_t * m_{t-1} + b_t over whole sequences, forward and backward, on any device.

Steps are linear, so a sequence can be cut into blocks whose scans run side by side: some sqrt(time) steps
over all blocks at once, each as if it began with nothing; as many steps from the end of one block to the
start of the next; and one pass that adds to every step what its block began with, times the product of all
a_t so far (no a_t is above 1, so nothing overflows). That is exact, does three passes' work in place of
one, and takes 2 sqrt(time) steps in place of time: on a GPU, and wherever a step is too small to be worth a
call, by far the fastest. Where a step is large already, it goes from step to step in a single pass.

Gradients of a scan are a scan run backward: with g_t = dLoss/dm_t, all later steps counted,
g_t = dLoss/dm_t (its own) + a_{t+1} * g_{t+1}.
"""

import math
from typing import Any, cast

import torch
from torch import Tensor

from headgate.shapes import Float

LARGE_STEP = 1_024
"""Numbers in one step from which, on a CPU, a step at a time is faster than blocks."""


def scan(
    keep: Float[Tensor, "batch time hidden"],
    write: Float[Tensor, "batch time hidden"],
    memory: Float[Tensor, "batch hidden"],
) -> Float[Tensor, "batch time hidden"]:
    """Every m_t from all a_t (`keep`, within 0 ... 1), all b_t (`write`) and m_0 (`memory`)."""
    return cast("Tensor", _Scan.apply(keep, write, memory))


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, keep: Tensor, write: Tensor, memory: Tensor) -> Tensor:
        memories = _run(keep, write, memory)
        ctx.save_for_backward(keep, memory, memories)
        return memories

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride] (the decorator)
        keep, memory, memories = ctx.saved_tensors
        later = torch.cat((torch.zeros_like(keep[:, :1]), keep[:, 1:].flip(1)), dim=1)
        of_write = _run(later, gradients[0].flip(1), torch.zeros_like(memory)).flip(1)
        before = torch.cat((memory.unsqueeze(1), memories[:, :-1]), dim=1)
        return of_write * before, of_write, keep[:, 0] * of_write[:, 0]


def _run(keep: Tensor, write: Tensor, memory: Tensor) -> Tensor:
    """The one place that computes scans: a kernel for a device goes here."""
    if keep.device.type == "cpu" and memory.numel() >= LARGE_STEP:
        return _stepwise(keep, write, memory)
    return _blockwise(keep, write, memory)


def _stepwise(keep: Tensor, write: Tensor, memory: Tensor) -> Tensor:
    memories = torch.empty_like(write)
    for a, b, out in zip(keep.unbind(1), write.unbind(1), memories.unbind(1), strict=True):
        memory = torch.addcmul(b, a, memory, out=out)
    return memories


def _blockwise(keep: Tensor, write: Tensor, memory: Tensor) -> Tensor:
    batch, time, hidden = keep.shape
    length = max(1, math.isqrt(time))
    blocks = -(-time // length)
    beyond = (0, 0, 0, blocks * length - time)
    keep, write = (
        torch.nn.functional.pad(of, beyond).view(batch, blocks, length, hidden) for of in (keep, write)
    )
    products = keep.cumprod(dim=2)
    memories = write.clone()
    for step in range(1, length):
        memories[:, :, step].addcmul_(keep[:, :, step], memories[:, :, step - 1])
    starts = torch.empty_like(memories[:, :, 0])  # batch blocks hidden
    for block in range(blocks):
        starts[:, block] = memory
        memory = torch.addcmul(memories[:, block, -1], products[:, block, -1], memory)
    memories.addcmul_(products, starts.unsqueeze(2))
    return memories.view(batch, blocks * length, hidden)[:, :time]

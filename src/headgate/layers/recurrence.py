"""One direction of one layer over whole batches: PyTorch's fused kernel, or the readable loop it equals."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from headgate.cells import Cell, Weights
from headgate.shapes import Float, Int

_KERNELS: dict[str, Callable[..., tuple[Tensor, ...]]] = {
    "RNN": torch.rnn_tanh,
    "LSTM": torch.lstm,
    "GRU": torch.gru,
}
"""The functions under `torch.nn.RNN`, `LSTM` and `GRU`: the same computation, the weights as arguments."""


def run_direction(
    cell: Cell, weights: Weights, inputs: Float[Tensor, "batch time input"], *, fused: bool = True
) -> Float[Tensor, "batch time hidden"]:
    """Read from the first step to the last, starting from zeros: the hidden state after each step.

    `fused` allows PyTorch's kernel where it has one for the cell; the answer is the same either way.
    """
    if fused and cell.torch_name is not None:
        return _run_kernel(cell, weights, inputs)
    return _run_loop(cell, weights, inputs)


def _run_loop(cell: Cell, weights: Weights, inputs: Tensor) -> Tensor:
    state = cell.initial_state(inputs.shape[0], weights.hidden_size, like=inputs)
    projected = inputs @ weights.weight_ih.T + weights.bias_ih
    outputs: list[Tensor] = []
    for step in projected.unbind(1):
        state = cell.step_projected(step, state, weights)
        outputs.append(state.hidden)
    return torch.stack(outputs, dim=1)


def _run_kernel(cell: Cell, weights: Weights, inputs: Tensor) -> Tensor:
    initial = cell.initial_state(inputs.shape[0], weights.hidden_size, like=inputs)
    states: list[Any] = [state.unsqueeze(0) for state in vars(initial).values()]  # layers batch hidden
    kernel = _KERNELS[cell.torch_name or ""]
    outputs, *_ = kernel(
        inputs,
        tuple(states) if len(states) > 1 else states[0],
        [weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh],
        True,  # has biases
        1,  # layers
        0.0,  # dropout between layers
        torch.is_grad_enabled(),  # keep what the backward pass needs
        False,  # bidirectional
        True,  # batch first
    )
    return outputs


def reverse(
    sequences: Float[Tensor, "batch time features"], lengths: Int[Tensor, " batch"]
) -> Float[Tensor, "batch time features"]:
    """Turn each text round within its own length; padding stays where it is. Its own inverse."""
    batch, time, _ = sequences.shape
    steps = torch.arange(time, device=sequences.device)
    index = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    rows = index + torch.arange(batch, device=sequences.device)[:, None] * time
    return cast("Tensor", _Exchange.apply(sequences, rows.flatten()))


class _Exchange(torch.autograd.Function):
    """Put the vector of each step in the place of another, pairwise.

    Its gradient is the same exchange again: several times as fast as what autograd makes of indexing.
    """

    @staticmethod
    def forward(ctx: Any, sequences: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        return sequences.flatten(0, 1).index_select(0, rows).view_as(sequences)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return gradients[0].flatten(0, 1).index_select(0, rows).view_as(gradients[0]), None


def final_output(
    outputs: Float[Tensor, "batch time hidden"], lengths: Int[Tensor, " batch"]
) -> Float[Tensor, "batch hidden"]:
    """The output at each text's last real token; zeros for a text without tokens."""
    rows = torch.arange(outputs.shape[0], device=outputs.device)
    return outputs[rows, (lengths - 1).clamp(min=0)] * (lengths > 0).unsqueeze(1)

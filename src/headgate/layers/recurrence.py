"""One direction of one layer over whole batches: PyTorch's fused kernel, a scan, or the loop they equal."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor

from headgate.cells import LSTM, Cell, ParallelCell, Weights, map_state
from headgate.cells.cell import State
from headgate.cells.lstm import GATES
from headgate.layers.scan import scan
from headgate.shapes import Bool, Float, Int

_KERNELS: dict[str, Callable[..., tuple[Tensor, ...]]] = {
    "RNN": torch.rnn_tanh,
    "LSTM": torch.lstm,
    "GRU": torch.gru,
}
"""The functions under `torch.nn.RNN`, `LSTM` and `GRU`: the same computation, the weights as arguments."""
SHUT = 1e4
"""An input to a gate beside which all others are nothing, and whose sigmoid is exactly 0 or 1."""


def run_direction(
    cell: Cell,
    weights: Any,
    inputs: Float[Tensor, "batch time input"],
    state: State | None = None,
    *,
    fused: bool = True,
) -> tuple[Float[Tensor, "batch time hidden"], State]:
    """Read from the first step to the last: the hidden state after each step, and the last state.

    `state`: what is known before the first step, zeros when not said. `fused` allows PyTorch's kernel, or a
    scan, where the cell has one; the answer is the same either way.
    """
    if state is None:
        state = cell.initial_state(inputs.shape[0], weights, like=inputs)
    fused = fused and inputs.shape[1] > 0  # kernels and scans must have something to read
    if fused and isinstance(cell, ParallelCell):
        return cell.read(inputs, state, weights, scan)
    if fused and cell.torch_name is not None:
        return _run_kernel(cell, weights, inputs, state)
    return _run_loop(cell, weights, inputs, state)


def run_to_ends(
    cell: Cell,
    weights: Any,
    inputs: Float[Tensor, "batch time input"],
    token_mask: Bool[Tensor, "batch time"],
    *,
    fused: bool = True,
) -> tuple[Float[Tensor, "batch time hidden"], State]:
    """As `run_direction`, but the state returned is that after each text's last real token.

    The real tokens of a text come first, padding after them; outputs at padding mean nothing.
    """
    if fused and [field.name for field in fields(cell.state_type)] == ["hidden"]:
        outputs, _ = run_direction(cell, weights, inputs)
        return outputs, cell.state_type(final_output(outputs, token_mask.sum(1)))
    if fused and cell is LSTM:
        outputs, last = run_direction(cell, *_holding(weights, inputs, token_mask))
        return outputs, replace(last, hidden=final_output(outputs, token_mask.sum(1)))
    state = cell.initial_state(inputs.shape[0], weights, like=inputs)
    steps: list[Tensor] = []
    for step, is_real in zip(inputs.unbind(1), token_mask.unsqueeze(2).unbind(1), strict=True):
        after = cell.step(step, state, weights)
        steps.append(after.hidden)
        state = map_state(partial(torch.where, is_real), after, state)
    return torch.stack(steps, dim=1), state


def _holding(
    weights: Weights, inputs: Float[Tensor, "batch time input"], token_mask: Bool[Tensor, "batch time"]
) -> tuple[Weights, Float[Tensor, "batch time input_1"]]:
    """An LSTM and its inputs with one feature more, which is 1 at padding and holds the memory cell there.

    It shuts the input gate and opens the forget gate, both fully: c_t = 1 * c_{t-1} + 0 * g_t.
    """
    column = torch.zeros(len(GATES), 1)
    column[GATES.index("input")], column[GATES.index("forget")] = -SHUT, SHUT
    hidden = weights.weight_hh.shape[1]
    column = column.repeat_interleave(hidden, dim=0).to(inputs)
    is_padding = token_mask.logical_not().unsqueeze(2).to(inputs)
    held = replace(weights, weight_ih=torch.cat((weights.weight_ih, column), dim=1))
    return held, torch.cat((inputs, is_padding), dim=2)


def _run_loop(cell: Cell, weights: Any, inputs: Tensor, state: State) -> tuple[Tensor, State]:
    outputs: list[Tensor] = []
    for step in inputs.unbind(1):
        state = cell.step(step, state, weights)
        outputs.append(state.hidden)
    if not outputs:
        return inputs.new_zeros(inputs.shape[0], 0, cell.hidden_size(weights)), state
    return torch.stack(outputs, dim=1), state


def _run_kernel(cell: Cell, weights: Weights, inputs: Tensor, state: State) -> tuple[Tensor, State]:
    states: list[Any] = [part.unsqueeze(0) for part in vars(state).values()]  # layers batch hidden
    kernel = _KERNELS[cell.torch_name or ""]
    outputs, *last = kernel(
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
    return outputs, cell.state_type(*(part.squeeze(0) for part in last))


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

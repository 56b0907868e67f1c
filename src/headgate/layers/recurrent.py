"""Recurrent layers over whole padded batches: any cell, any number of layers, one direction or two.

Padding never changes an answer. Reading forward, it comes after the text and so is never seen. Reading
backward, `torch.nn.LSTM(bidirectional=True)` would read it first; here the backward direction is a forward
one over each text turned round within its own length, which is plain, exact and keeps the fused kernels.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from headgate.cells import Weights, cell_named, map_state
from headgate.cells.cell import State
from headgate.cells.initialisation import initial_weights
from headgate.errors import ConfigError
from headgate.layers.dropout import VariationalDropout, check_probability
from headgate.layers.recurrence import final_output, reverse, run_direction, run_to_ends
from headgate.shapes import Bool, Float

End = TypeVar("End")


class RecurrentStack(nn.Module):
    """Layers of recurrence, one above the other, with variational dropout between them.

    Parameters have the names and shapes of `torch.nn.LSTM` and its kin (`weight_ih_l0`,
    `weight_hh_l1_reverse`, ...), so that state dicts can be exchanged with them.

    - `layers`: how many; `bidirectional`: also read each text backward
    - `dropout`: probability of dropping a feature between layers
    - `weight_dropout`: probability of dropping a weight between hidden states (`weight_hh`), in training, the
      same ones at every step of a batch (DropConnect, Wan et al. 2013; on recurrent weights Merity et al.
      2018)
    - `fused`: use PyTorch's kernels where they exist for the cell; the answers are the same without
    - `memory_length`: steps to be remembered, for chrono initialisation (None: forget bias 1)
    - `beside`: features that each layer above the first reads beside the outputs of the one below; for
      whoever runs the layers one by one, as a decoder does
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        *,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        weight_dropout: float = 0.0,
        fused: bool = True,
        memory_length: int | None = None,
        beside: int = 0,
    ) -> None:
        super().__init__()
        for name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("layers", layers)):
            if size < 1:
                raise ConfigError(f"{name} must be at least 1; got {size}")
        self.cell = cell_named(cell)
        self.suffixes = ("", "_reverse") if bidirectional else ("",)
        self.layers = layers
        self.fused = fused
        self.output_size = hidden_size * len(self.suffixes)
        self.between = VariationalDropout(dropout)
        self.weight_dropout = check_probability("weight_dropout", weight_dropout)
        if weight_dropout and self.cell.weights_type is not Weights:
            raise ConfigError(
                f"weight_dropout must be 0 for the cell {cell}, which has no weights between hidden states; "
                f"got {weight_dropout}"
            )
        # A generator seeded from torch's, so that torch.manual_seed decides these weights like any others.
        generator = np.random.default_rng(int(torch.randint(2**63 - 1, ()).item()))
        for layer in range(layers):
            for suffix in self.suffixes:
                size = input_size if layer == 0 else self.output_size + beside
                weights = initial_weights(
                    self.cell, size, hidden_size, generator, memory_length=memory_length
                )
                for name, array in vars(weights).items():
                    self.register_parameter(f"{name}_l{layer}{suffix}", nn.Parameter(torch.from_numpy(array)))

    def weights(self, layer: int, suffix: str = "") -> Any:
        """The parameters of one direction ("" or "_reverse") of one layer, as the cell takes them."""
        names = (field.name for field in fields(self.cell.weights_type))
        weights: dict[str, Tensor] = {name: self.get_parameter(f"{name}_l{layer}{suffix}") for name in names}
        if self.training and self.weight_dropout:
            weights["weight_hh"] = functional.dropout(weights["weight_hh"], self.weight_dropout)
        return self.cell.weights_type(**weights)

    def forward(
        self, inputs: Float[Tensor, "batch time input"], token_mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time output"], Float[Tensor, "batch output"]]:
        """The outputs of the top layer, and the final hidden state of each of its directions, side by side.

        The real tokens of a text come first, padding after them; outputs at padding mean nothing.
        """
        lengths = token_mask.sum(1)

        def run(weights: Any, read: Tensor) -> tuple[Tensor, Tensor]:
            states, _ = run_direction(self.cell, weights, read, fused=self.fused)
            return states, final_output(states, lengths)

        outputs, finals = self._read_layers(inputs, lengths, run)
        return outputs, torch.cat(finals[-1], dim=1)

    def read_to_ends(
        self, inputs: Float[Tensor, "batch time input"], token_mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time output"], list[State]]:
        """The outputs of the top layer, and each layer's state where reading ended in each text.

        Of a layer of two directions, the state has those of both side by side. Padding as in `forward`.
        """

        def run(weights: Any, read: Tensor) -> tuple[Tensor, State]:
            return run_to_ends(self.cell, weights, read, token_mask, fused=self.fused)

        outputs, ends = self._read_layers(inputs, token_mask.sum(1), run)
        return outputs, [map_state(lambda *parts: torch.cat(parts, dim=1), *states) for states in ends]

    def _read_layers(
        self, inputs: Tensor, lengths: Tensor, run: Callable[[Any, Tensor], tuple[Tensor, End]]
    ) -> tuple[Tensor, list[list[End]]]:
        """The top layer's outputs, and what `run` says of the end of each direction of each layer."""
        outputs, ends = inputs, list[list[End]]()
        for layer in range(self.layers):
            inputs = self.between(outputs) if layer else outputs
            halves, of_layer = list[Tensor](), list[End]()
            for suffix in self.suffixes:
                read = reverse(inputs, lengths) if suffix else inputs
                half, end = run(self.weights(layer, suffix), read)
                halves.append(reverse(half, lengths) if suffix else half)
                of_layer.append(end)
            outputs = torch.cat(halves, dim=2)
            ends.append(of_layer)
        return outputs, ends

    def read_on(
        self, inputs: Float[Tensor, "batch time input"], states: Sequence[State] | None = None
    ) -> tuple[Float[Tensor, "batch time output"], list[State]]:
        """Read the next stretch of texts without an end, each all real tokens, from where the last one ended.

        `states`: each layer's state before it, as the stretch before returned them; None at the beginning.
        Returns the outputs of the top layer and each layer's state after it. For one direction only.
        """
        assert self.suffixes == ("",), "a backward direction begins at the end of a text"
        outputs, after = inputs, []
        for layer in range(self.layers):
            inputs = self.between(outputs) if layer else outputs
            before = None if states is None else states[layer]
            outputs, state = run_direction(self.cell, self.weights(layer), inputs, before, fused=self.fused)
            after.append(state)
        return outputs, after

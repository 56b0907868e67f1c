"""The network of the experiments: recurrent layers and an answer at every step."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from headgate.cells import Cell, ParallelCell, cell_named
from headgate.layers import RecurrentStack
from headgate.shapes import Float

WINDOW = 4
"""Inputs that a block's convolution looks at: the step's and the three before it."""
WIDENING = 2
"""Units of a block's perceptron for each feature."""


class SequenceModel(nn.Module):
    """Left to right over sequences of features, an output a step.

    - `blocks`: whether each layer stands in a block. None: for cells whose gates look at inputs alone, for
      between such layers something must mix features that is not linear
    - `memory_length`: steps to be remembered, for chrono initialisation (None: forget bias 1)
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        output_size: int,
        *,
        layers: int = 1,
        memory_length: int | None = None,
        blocks: bool | None = None,
    ) -> None:
        super().__init__()
        self.body: nn.Module
        if isinstance(cell_named(cell), ParallelCell) if blocks is None else blocks:
            stack = (_Block(cell, hidden_size, memory_length) for _ in range(layers))
            self.body = nn.Sequential(nn.Linear(input_size, hidden_size), *stack, nn.LayerNorm(hidden_size))
        else:
            self.body = _Recurrence(cell, input_size, hidden_size, layers, memory_length)
        self.answer = nn.Linear(hidden_size, output_size)

    def forward(self, inputs: Float[Tensor, "batch time input"]) -> Float[Tensor, "batch time output"]:
        """The outputs at every step."""
        return self.answer(self.body(inputs))

    def recurrence(self) -> tuple[Cell, Any]:
        """The cell and its weights, of a network that is one recurrent layer and no block."""
        assert isinstance(self.body, _Recurrence) and self.body.stack.layers == 1
        return self.body.stack.cell, self.body.stack.weights(0)


class _Recurrence(nn.Module):
    """Recurrent layers alone: their outputs without their states."""

    def __init__(
        self, cell: str, input_size: int, hidden_size: int, layers: int, memory_length: int | None
    ) -> None:
        super().__init__()
        self.stack = RecurrentStack(
            cell, input_size, hidden_size, layers=layers, bidirectional=False, memory_length=memory_length
        )

    def forward(self, inputs: Tensor) -> Tensor:
        return self.stack.read_on(inputs)[0]


class _Block(nn.Module):
    """Convolution, recurrence and perceptron, each added to what it read.

    After the blocks that Feng et al. 2024 put minGRU and minLSTM in. Deviation: a layer norm with a mean, and
    the recurrence is as wide as the block.
    """

    def __init__(self, cell: str, size: int, memory_length: int | None) -> None:
        super().__init__()
        self.of_convolution, self.of_recurrence = nn.LayerNorm(size), nn.LayerNorm(size)
        self.convolution = nn.Conv1d(size, size, WINDOW, groups=size)
        self.recurrence = _Recurrence(cell, size, size, 1, memory_length)
        self.mixed = nn.Linear(size, size)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(size), nn.Linear(size, WIDENING * size), nn.ReLU(), nn.Linear(WIDENING * size, size)
        )

    def forward(self, features: Tensor) -> Tensor:
        window = functional.pad(self.of_convolution(features).transpose(1, 2), (WINDOW - 1, 0))
        features = features + self.convolution(window).transpose(1, 2)
        features = features + self.mixed(self.recurrence(self.of_recurrence(features)))
        return features + self.perceptron(features)

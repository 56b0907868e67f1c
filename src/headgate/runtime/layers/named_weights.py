"""Weights by name, each checked against the shape that the config says it has."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells import Cell
from headgate.errors import ModelError
from headgate.modelfile import Weights as WeightsByName
from headgate.runtime.layers.recurrence import Layer


class NamedWeights:
    """Gives arrays under their names in `model.safetensors`, which is the file `place`.

    Raises ModelError when a weight is missing or has another shape than it is asked for with.
    """

    def __init__(self, weights: WeightsByName, place: Path, prefix: str = "") -> None:
        self._weights, self._place, self._prefix = weights, place, prefix

    def within(self, prefix: str) -> "NamedWeights":
        """The weights of a part of the network: those whose names begin so, by the rest of their names."""
        return NamedWeights(self._weights, self._place, self._prefix + prefix)

    def __call__(self, name: str, *shape: int) -> NDArray[Any]:
        """The array of this name and shape."""
        name = self._prefix + name
        if name not in self._weights:
            raise ModelError(f"{self._place}: no weight {name!r}, which the config calls for")
        if self._weights[name].shape != shape:
            raise ModelError(
                f"{self._place}: {name} has shape {self._weights[name].shape}; the config says {shape}"
            )
        return self._weights[name]

    def layer(
        self, prefix: str, cell: Cell, number: int, inputs: int, hidden: int, *, bidirectional: bool
    ) -> Layer:
        """One layer of a recurrent stack: the names under `prefix` are those of `torch.nn.LSTM`."""
        stacked = hidden * len(cell.gate_names)
        shapes = {
            "weight_ih": (stacked, cell.window * inputs),
            "weight_hh": (stacked, hidden),
            "bias_ih": (stacked,),
            "bias_hh": (stacked,),
        }

        def direction(suffix: str) -> Any:
            names = [field.name for field in fields(cell.weights_type)]
            return cell.weights_type(
                # Column by column, as the product of a row and the transpose reads them: twice as fast.
                **{
                    name: np.asfortranarray(self(f"{prefix}.{name}_l{number}{suffix}", *shapes[name]))
                    for name in names
                }
            )

        return Layer(direction(""), direction("_reverse") if bidirectional else None)

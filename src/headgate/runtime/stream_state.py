"""All that a stream remembers of what it has read: named arrays, to be saved, restored and forked."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from headgate.cells.cell import State
from headgate.errors import DataError


@dataclass(frozen=True)
class StreamState:
    """Named arrays, whose size does not grow with the text.

    An array whose name ends in "*" may have any number of rows: it holds what is not yet decided.
    """

    arrays: dict[str, NDArray[Any]]

    def to_bytes(self) -> bytes:
        """The state as bytes (in the safetensors format), to be stored or sent."""
        return save(self.arrays)

    @classmethod
    def from_bytes(cls, content: bytes) -> "StreamState":
        """The state that `to_bytes` gave; DataError for anything else."""
        try:
            return cls(load(content))
        except (SafetensorError, ValueError) as error:
            raise DataError(f"not the state of a stream: {error}") from error

    def checked_against(self, own: "StreamState") -> dict[str, NDArray[Any]]:
        """Copies of the arrays, if they could be the state of the stream that has the state `own`.

        Copied, so that whoever holds the arrays cannot change what is remembered. Raises DataError for names,
        types or shapes of another model.
        """
        if _kinds(self.arrays) != _kinds(own.arrays):
            raise DataError("the state is of another model: its arrays have other names or shapes")
        return {name: np.array(array) for name, array in self.arrays.items()}


def layer_arrays(states: Sequence[State]) -> dict[str, NDArray[Any]]:
    """The states of recurrent layers as named arrays."""
    return {
        f"layer{index}.{field.name}": getattr(state, field.name)
        for index, state in enumerate(states)
        for field in fields(state)
    }


def restored_layers(states: Sequence[State], arrays: dict[str, NDArray[Any]]) -> list[State]:
    """States of these kinds with the values that `layer_arrays` gave."""
    return [
        replace(state, **{field.name: arrays[f"layer{index}.{field.name}"] for field in fields(state)})
        for index, state in enumerate(states)
    ]


def _kinds(arrays: dict[str, NDArray[Any]]) -> dict[str, tuple[Any, ...]]:
    return {
        name: (array.shape[1:] if name.endswith("*") else array.shape, array.dtype)
        for name, array in arrays.items()
    }

"""Read one text piece by piece: an answer after every piece, at constant memory and constant cost a token."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from headgate.errors import DataError
from headgate.runtime.network import ClassifierNetwork
from headgate.runtime.running_bag import RunningBag
from headgate.runtime.running_pool import RunningPool
from headgate.tasks import Classification, classify
from headgate.text import TextEncoder


@dataclass(frozen=True)
class StreamState:
    """All that a stream remembers of what it has read, as named arrays; its size does not grow."""

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


class ClassificationStream:
    """One text being read by a left-to-right classifier.

    `push` takes the next words and returns the answer for all that was read so far, which is the answer
    that `predict` gives for the same words at once. `state` can be saved, restored and forked:

        stream.push("This movie")
        other = model.stream()
        other.state = stream.state
    """

    def __init__(
        self, network: ClassifierNetwork, encoder: TextEncoder, labels: tuple[str, ...], temperature: float
    ) -> None:
        self._network, self._encoder = network, encoder
        self._labels, self._temperature = labels, temperature
        hidden = network.shape.hidden_dim
        self._states: list[Any] = [
            network.cell.initial_state(1, hidden, network.words) for _ in network.layers
        ]
        self._pool = RunningPool.empty(network.shape.pooling, hidden, network.query)
        self._bag = RunningBag.empty(len(labels))

    def push(self, text: str) -> Classification:
        """Read whole words, as many as the text holds (none is fine), and answer for everything so far."""
        encoded = self._encoder.encode([text])
        if encoded.lengths[0]:
            vectors = self._network.embed(encoded.batch([0]))
            for step in range(vectors.shape[1]):
                self._advance(vectors[:, step])
            if self._network.bag is not None and self._encoder.bag is not None:
                self._bag = self._bag.include(encoded.word_ids(0), self._encoder.bag, self._network.bag)
        return self.answer()

    def answer(self) -> Classification:
        """The answer for everything read so far."""
        logits = self._network.score(self._pool.value(self._states[-1].hidden))
        logits = logits + self._network.scale_bag(self._bag.total, self._pool.count[0])
        return classify(logits, self._labels, self._temperature)[0]

    def _advance(self, inputs: NDArray[np.float32]) -> None:
        cell = self._network.cell
        for index, layer in enumerate(self._network.layers):
            self._states[index] = cell.step(inputs, self._states[index], layer.forward)
            inputs = self._states[index].hidden
        self._pool = self._pool.include(inputs)

    @property
    def state(self) -> StreamState:
        """What the stream remembers now; later pushes do not change it."""
        arrays = {f"pool.{name}": array for name, array in self._pool.arrays().items()}
        arrays |= {f"bag.{name}": array for name, array in vars(self._bag).items()}
        for index, state in enumerate(self._states):
            arrays |= {f"layer{index}.{field.name}": getattr(state, field.name) for field in fields(state)}
        return StreamState(arrays)

    @state.setter
    def state(self, state: StreamState) -> None:
        expected = {name: (array.shape, array.dtype) for name, array in self.state.arrays.items()}
        if {name: (array.shape, array.dtype) for name, array in state.arrays.items()} != expected:
            raise DataError("the state is of another model: its arrays have other names or shapes")
        # Copied, so that whoever holds the arrays cannot change what is remembered here.
        arrays = {name: np.array(array) for name, array in state.arrays.items()}
        self._pool = self._pool.restored({name: arrays[f"pool.{name}"] for name in self._pool.arrays()})
        self._bag = RunningBag(arrays["bag.total"], arrays["bag.previous"])
        for index, old in enumerate(self._states):
            values = {field.name: arrays[f"layer{index}.{field.name}"] for field in fields(old)}
            self._states[index] = replace(old, **values)

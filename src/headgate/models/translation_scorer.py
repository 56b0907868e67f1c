"""A translator on a device with torch, for the runtime: the twin of its NumPy network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from headgate.cells import Memory, map_state
from headgate.cells.cell import State
from headgate.models.devices import device_named
from headgate.models.translator import Translator
from headgate.runtime.translation.scorer import LEAST_COVERAGE
from headgate.shapes import Float, Int
from headgate.text import Ragged

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class DeviceReading:
    """Each layer's state, what is looked back at, and how much at each position so far, if watched."""

    layers: list[State]
    memory: Memory | None
    total: Float[Tensor, "row source"] | None


class TorchTranslationScorer:
    """Runs a `Translator` on a device: a `headgate.runtime.TranslationScorer`, with the same answers.

    Raises ConfigError when there is no such device.
    """

    def __init__(self, model: Translator, device: str) -> None:
        self._device = device_named(device)
        self._model = model.to(self._device).eval()

    @torch.no_grad()
    def begin(self, sources: Sequence[Int[Ints, " _"]], *, watched: bool = False) -> DeviceReading:
        """The state after reading sources, one row each, before a target's first unit."""
        states, memory = self._model.encode(self._tensor(Ragged.joined(sources).padded()))
        watched = watched and memory is not None
        total = torch.zeros_like(memory.mask, dtype=torch.float32) if memory and watched else None
        return DeviceReading(states, memory, total)

    @torch.no_grad()
    def step(
        self, token_ids: Int[NDArray[Any], " row"], state: DeviceReading
    ) -> tuple[Float[NDArray[np.float32], "row vocab"], DeviceReading]:
        """What may follow these units, as unnormalised log-probabilities, and the state after them."""
        decoder = self._model.decoder
        outputs, layers = decoder.read(self._tensor(token_ids[:, None]), state.layers, state.memory)
        after = replace(state, layers=layers)
        if state.total is not None:
            after = replace(after, total=state.total + self._looks(after))
        return decoder.output(outputs)[:, 0].float().cpu().numpy(), after

    def select(self, state: DeviceReading, rows: Int[NDArray[Any], " some"]) -> DeviceReading:
        """The state of these rows, in this order; a row may be asked for several times."""
        chosen = itemgetter(self._tensor(rows))
        return DeviceReading(
            [map_state(chosen, of_layer) for of_layer in state.layers],
            None if state.memory is None else map_state(chosen, state.memory),
            None if state.total is None else chosen(state.total),
        )

    def coverage(self, state: DeviceReading) -> Float[NDArray[np.float64], " row"]:
        """sum_j log min(1, sum_t a_tj): see `headgate.runtime.TranslationScorer`."""
        if state.memory is None:
            return np.zeros(len(state.layers[0].hidden))
        assert state.total is not None, "the sums must be watched from the beginning"
        covered = state.total.double().clamp(LEAST_COVERAGE, 1.0).log()
        return covered.masked_fill(~state.memory.mask, 0.0).sum(1).cpu().numpy()

    @torch.no_grad()
    def look(
        self, source: Int[Ints, " source"], target: Int[Ints, " target"]
    ) -> Float[NDArray[np.float32], "target source"]:
        """How much the decoder looks at each unit of a source when it has read each unit of a target."""
        states, memory = self._model.encode(self._tensor(source[None]))
        assert memory is not None, "without attention there is nothing to look at"
        return self._model.decoder.look(self._tensor(target[None]), states, memory)[0].float().cpu().numpy()

    def _looks(self, state: DeviceReading) -> Float[Tensor, "row source"]:
        attention = self._model.decoder.attention
        assert attention is not None and state.memory is not None
        return attention(state.layers[0].hidden.unsqueeze(1), state.memory)[1][:, 0]

    def _tensor(self, array: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(array).to(self._device)

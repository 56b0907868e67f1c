"""A language model on a device with torch, in place of the NumPy network; the answers are the same."""

from operator import itemgetter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from headgate.cells import map_state
from headgate.models.devices import device_named
from headgate.models.language_model import LanguageModel
from headgate.runtime.generation.scorer import States
from headgate.shapes import Float, Int

Ints = NDArray[np.int64]


class TorchLanguageScorer:
    """The twin of `headgate.runtime.LanguageNetwork`, with states that stay on the device.

    Raises ConfigError when there is no such device.
    """

    def __init__(self, model: LanguageModel, device: str) -> None:
        self._device = device_named(device)
        self._model = model.to(self._device).eval()

    def initial_states(self) -> States:
        """What each layer knows of one text before its first unit."""
        stack = self._model.recurrent
        return [stack.cell.initial_state(1, stack.weights(layer)) for layer in range(stack.layers)]

    @torch.no_grad()
    def scores(self, states: States) -> Float[NDArray[np.float32], "row vocab"]:
        """What may come next in each row, as unnormalised log-probabilities."""
        outputs = states[-1].hidden.unsqueeze(1)  # batch time hidden
        return self._model.output(outputs)[:, 0].float().cpu().numpy()

    def step(
        self, token_ids: Int[NDArray[Any], " row"], state: States
    ) -> tuple[Float[NDArray[np.float32], "row vocab"], States]:
        """What may follow these units, as unnormalised log-probabilities, and the state after them."""
        _, after = self._read(token_ids[:, None], state)
        return self.scores(after), after

    def select(self, state: States, rows: Int[NDArray[Any], " some"]) -> States:
        """The state of these rows, in this order; a row may be asked for several times."""
        index = torch.from_numpy(rows).to(self._device)
        return [map_state(itemgetter(index), of_layer) for of_layer in state]

    def states_after(self, token_ids: Int[Ints, " time"], states: States) -> States:
        """The state after one text, read on from a state."""
        return self._read(token_ids[None], states)[1]

    @torch.no_grad()
    def losses(
        self, token_ids: Int[Ints, " time"], states: States
    ) -> tuple[Float[NDArray[np.float64], " time"], States]:
        """-log of the probability of each unit of a text, in nats, and the state after the last one."""
        outputs, after = self._read(token_ids[None], states)
        before = torch.cat((states[-1].hidden.unsqueeze(1), outputs[:, :-1]), dim=1)
        targets = torch.from_numpy(token_ids[None]).to(self._device)
        return self._model.output.loss(before, targets)[0].double().cpu().numpy(), after

    def to_numpy(self, states: States) -> States:
        """The states as they are saved."""
        return [map_state(_to_numpy, state) for state in states]

    def from_numpy(self, states: States) -> States:
        """States that were saved."""
        return [map_state(self._to_torch, state) for state in states]

    def _to_torch(self, array: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(array).to(self._device)

    @torch.no_grad()
    def _read(self, token_ids: Ints, states: States) -> tuple[Tensor, States]:
        return self._model.read_on(torch.from_numpy(token_ids).to(self._device), states)


def _to_numpy(tensor: Tensor) -> NDArray[np.float32]:
    return tensor.cpu().numpy()

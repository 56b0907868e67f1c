"""Read one text piece by piece: an answer after every piece, at constant memory and constant cost a token."""

from headgate.runtime.classification.network import ClassifierNetwork
from headgate.runtime.classification.running_bag import RunningBag
from headgate.runtime.classification.running_pool import RunningPool
from headgate.runtime.stream_state import StreamState, layer_arrays, restored_layers
from headgate.tasks import Classification, classify
from headgate.text import TextEncoder


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
        self._states = network.initial_states()
        self._pool = RunningPool.empty(network.shape.pooling, hidden, network.query)
        self._bag = RunningBag.empty(len(labels))

    def push(self, text: str) -> Classification:
        """Read whole words, as many as the text holds (none is fine), and answer for everything so far."""
        encoded = self._encoder.encode([text])
        if encoded.lengths[0]:
            vectors = self._network.embed(encoded.batch([0]))
            for step in range(vectors.shape[1]):
                self._states = self._network.advance(vectors[:, step], self._states)
                self._pool = self._pool.include(self._states[-1].hidden)
            if self._network.bag is not None and self._encoder.bag is not None:
                self._bag = self._bag.include(encoded.word_ids(0), self._encoder.bag, self._network.bag)
        return self.answer()

    def answer(self) -> Classification:
        """The answer for everything read so far."""
        logits = self._network.score(self._pool.value(self._states[-1].hidden))
        logits = logits + self._network.scale_bag(self._bag.total, self._pool.count[0])
        return classify(logits, self._labels, self._temperature)[0]

    @property
    def state(self) -> StreamState:
        """What the stream remembers now; later pushes do not change it."""
        arrays = {f"pool.{name}": array for name, array in self._pool.arrays().items()}
        arrays |= {f"bag.{name}": array for name, array in vars(self._bag).items()}
        return StreamState(arrays | layer_arrays(self._states))

    @state.setter
    def state(self, state: StreamState) -> None:
        arrays = state.checked_against(self.state)
        self._pool = self._pool.restored({name: arrays[f"pool.{name}"] for name in self._pool.arrays()})
        self._bag = RunningBag(arrays["bag.total"], arrays["bag.previous"])
        self._states = restored_layers(self._states, arrays)

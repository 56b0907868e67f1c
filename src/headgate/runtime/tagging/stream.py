"""Tag one text piece by piece: each token as soon as its tag is decided, at constant cost a token."""

import json
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from headgate.decoding import Decided, OnlineDecoder, OnlineState, Transitions
from headgate.errors import DataError
from headgate.runtime.stream_state import StreamState, layer_arrays, restored_layers
from headgate.runtime.tagging.network import TaggerNetwork
from headgate.runtime.tagging.tokens import check_tokens
from headgate.tasks import TagSpace, TokenTag
from headgate.text import TextEncoder, split_words

Floats = NDArray[np.float32]


class TaggingStream:
    """One text being read by a left-to-right tagger.

    `push` takes the next words and returns the tokens whose tags are now decided, in order; `finish` returns
    the rest. Together they have the very tags that `predict` gives for the whole. A token is decided when its
    look-ahead has been read and no later word could change its tag; its score is the probability of its tag
    given what had been read by then. `state` can be saved, restored and forked:

        stream.push("John works at")
        other = model.stream()
        other.state = stream.state
    """

    def __init__(
        self,
        network: TaggerNetwork,
        encoder: TextEncoder,
        space: TagSpace,
        transitions: Transitions,
        temperature: float,
    ) -> None:
        self._network, self._encoder, self._space, self._temperature = network, encoder, space, temperature
        # Divided by the temperature the scores have the same best path, and honest probabilities.
        self._transitions = transitions.cooled(temperature)
        self._begin()

    def _begin(self) -> None:
        self._states = self._network.initial_states()
        self._decoder = OnlineDecoder(self._transitions)
        self._outputs: Floats = np.zeros((0, self._network.shape.output_dim), np.float32)
        self._tokens: list[str] = []

    def push(self, text: str) -> list[TokenTag]:
        """Read whole words, as many as the text holds (none is fine)."""
        return self.push_tokens(split_words(text))

    def push_tokens(self, tokens: Sequence[str]) -> list[TokenTag]:
        """Read tokens, however many."""
        check_tokens(tokens)
        if not tokens:
            return []
        self._tokens += tokens
        vectors = self._network.embed(self._encoder.encode_words([tokens]).batch([0]))
        decided: list[TokenTag] = []
        for step in range(len(tokens)):
            self._states = self._network.advance(vectors[:, step], self._states)
            decided += self._include(self._states[-1].hidden)
        return decided

    def finish(self) -> list[TokenTag]:
        """The tokens that are left, now that the text is over; the stream then begins another one."""
        beyond = np.zeros((1, self._network.shape.output_dim), np.float32)
        decided: list[TokenTag] = []
        for _ in range(self._network.shape.lookahead if self._tokens else 0):
            decided += self._include(beyond)
        decided += self._named(self._decoder.finish())
        self._begin()
        return decided

    def _include(self, output: Floats) -> list[TokenTag]:
        """One more output of the stack, which completes the look-ahead of the token so many before it."""
        self._outputs = np.concatenate((self._outputs, output))
        if len(self._outputs) <= self._network.shape.lookahead:
            return []
        scores = self._network.score(self._outputs.reshape(1, -1))[0]
        self._outputs = self._outputs[1:]
        return self._named(self._decoder.push(scores / self._temperature))

    def _named(self, decided: list[Decided]) -> list[TokenTag]:
        tokens, self._tokens = self._tokens[: len(decided)], self._tokens[len(decided) :]
        return [
            TokenTag(token, self._space.shown[one.tag], float(self._space.shown_shares(one.shares)[one.tag]))
            for token, one in zip(tokens, decided, strict=True)
        ]

    @property
    def state(self) -> StreamState:
        """What the stream remembers now; later pushes do not change it."""
        pending = self._decoder.state
        arrays = layer_arrays(self._states) | {
            "outputs*": self._outputs,
            "decoder.pending*": pending.pending,
            "decoder.best": pending.best,
            "decoder.total": pending.total,
            "tokens*": np.frombuffer(json.dumps(self._tokens).encode(), np.uint8),
        }
        return StreamState(arrays)

    @state.setter
    def state(self, state: StreamState) -> None:
        arrays = state.checked_against(self.state)
        tokens = _tokens(arrays["tokens*"].tobytes())
        if len(tokens) != len(arrays["outputs*"]) + len(arrays["decoder.pending*"]):
            raise DataError("the state is damaged: it has not as many tokens as scores for them")
        self._states = restored_layers(self._states, arrays)
        self._outputs = arrays["outputs*"]
        self._decoder.state = OnlineState(
            arrays["decoder.pending*"], arrays["decoder.best"], arrays["decoder.total"]
        )
        self._tokens = tokens


def _tokens(content: bytes) -> list[str]:
    """The tokens of a state; DataError where there are none to be read."""
    try:
        tokens: object = json.loads(content)
    except ValueError as error:
        raise DataError(f"the state is damaged: its tokens cannot be read ({error})") from error
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in cast("list[Any]", tokens)):
        raise DataError("the state is damaged: its tokens are not a list of texts")
    return cast("list[str]", tokens)

"""The network of a translator, in NumPy: the twin of `headgate.models.Translator` in evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from headgate.cells import LSTM, AttentionWeights, Memory, map_state
from headgate.cells.arrays import affine, tanh
from headgate.cells.attention import attend, read_out, remember
from headgate.cells.cell import State
from headgate.modelfile import TranslatorShape, Weights
from headgate.runtime.layers import NamedWeights, Packing, Reader, unit_scores
from headgate.runtime.translation.scorer import LEAST_COVERAGE
from headgate.shapes import Float, Int
from headgate.text import Ragged, TokenBatch

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Attended:
    """What the rows look back at: `memory` of each row, which is that of its sentence in `sources`.

    `total`: how much each position was looked at so far, where that is watched.
    """

    sources: Memory
    sentences: Int[Ints, " row"]
    memory: Memory
    total: Float[Floats, "row source"] | None

    def select(self, rows: Int[NDArray[Any], " some"]) -> "Attended":
        """That of these rows. What rows of the same sentences look at in a step and the next is kept."""
        sentences = self.sentences[rows]
        same = np.array_equal(sentences, self.sentences)
        memory = self.memory if same else map_state(itemgetter(sentences), self.sources)
        return Attended(self.sources, sentences, memory, None if self.total is None else self.total[rows])


@dataclass(frozen=True)
class Reading:
    """Each layer's state, what attention looks back at, and the readout that is fed to the next step."""

    layers: list[State]
    attended: Attended | None
    fed: Float[Floats, "row hidden"] | None


class TranslatorNetwork:
    """Encoder and decoder, with the weights that the shape calls for.

    It runs as a `headgate.runtime.TranslationScorer`. `place` is the file the weights come from.
    Raises ModelError when a weight is missing or has another shape than the config says.
    """

    def __init__(self, shape: TranslatorShape, weights: Weights, place: Path) -> None:
        named = NamedWeights(weights, place)
        of_encoder, of_decoder = named.within("encoder."), named.within("decoder.")
        self.shape, size = shape, shape.hidden_dim
        self.encoder = Reader(shape.encoder, of_encoder)
        self.cell = self.encoder.cell
        parts = [field.name for field in fields(self.cell.state_type) if field.name != "previous"]
        self._bridge = [
            {
                part: (
                    of_encoder(f"bridge.{layer}.{part}.weight", size, size),
                    of_encoder(f"bridge.{layer}.{part}.bias", size),
                )
                for part in parts
            }
            for layer in range(shape.layers if shape.bidirectional else 0)
        ]
        self.words = self.encoder.words
        if not shape.shared:
            self.words = of_decoder("embedding.words.weight", shape.target_vocab_size, shape.embedding_dim)
        looks = shape.attention != "none"
        self._attention = _attention_weights(shape, of_decoder) if looks else None
        if looks:
            self._readout = (
                of_decoder("attention.readout.weight", size, 2 * size),
                of_decoder("attention.readout.bias", size),
            )
        bottom = shape.embedding_dim + (size if shape.input_feeding else 0)
        above = size * 2 if looks else size
        self._layers = [
            of_decoder.layer(
                "recurrent", self.cell, layer, above if layer else bottom, size, bidirectional=False
            )
            for layer in range(shape.layers)
        ]
        self._scores = unit_scores(shape, of_decoder, self.words)

    def begin(self, sources: Sequence[Int[Ints, " source"]], *, watched: bool = False) -> Reading:
        """The state after reading sources, one row each, before a target's first unit."""
        lengths = np.array([len(source) for source in sources], np.int64)
        order = np.argsort(-lengths, kind="stable")
        ids = Ragged.joined([sources[int(row)] for row in order]).padded()
        packing = Packing(lengths[order])
        packed, ends = self.encoder.read_packed(TokenBatch(ids, packing.lengths, None, None), packing)
        back = np.argsort(order, kind="stable")
        states = [self._beginning(layer, map_state(itemgetter(back), end)) for layer, end in enumerate(ends)]
        if self._attention is None:
            return Reading(states, None, None)
        outputs = packing.padded(packed, ids.shape[1])[back]
        memory = remember(outputs, np.arange(ids.shape[1]) < lengths[:, None], self._attention)
        total = np.zeros(memory.mask.shape, np.float32) if watched else None
        attended = Attended(memory, np.arange(len(lengths)), memory, total)
        fed = None
        if self.shape.input_feeding:
            context, _ = self._look(states[0].hidden, attended)
            fed = self._read_out(states[-1].hidden, context)
        return Reading(states, attended, fed)

    def step(
        self, token_ids: Int[NDArray[Any], " row"], state: Reading
    ) -> tuple[Float[Floats, "row vocab"], Reading]:
        """What may follow these units, as unnormalised log-probabilities, and the state after them."""
        attended, layers = state.attended, [self._read(token_ids, state)]
        if attended is None:
            for layer in range(1, len(state.layers)):
                layers.append(self._advance(layer, layers[-1].hidden, state.layers[layer]))
            return self._scores(layers[-1].hidden), replace(state, layers=layers)
        context, looks = self._look(layers[0].hidden, attended)
        for layer in range(1, len(state.layers)):
            beside = np.concatenate((layers[-1].hidden, context), axis=1)
            layers.append(self._advance(layer, beside, state.layers[layer]))
        if attended.total is not None:
            attended = replace(attended, total=attended.total + looks)
        readout = self._read_out(layers[-1].hidden, context)
        fed = readout if self.shape.input_feeding else None
        return self._scores(readout), Reading(layers, attended, fed)

    def select(self, state: Reading, rows: Int[NDArray[Any], " some"]) -> Reading:
        """The state of these rows, in this order; a row may be asked for several times."""
        return Reading(
            [map_state(itemgetter(rows), of_layer) for of_layer in state.layers],
            None if state.attended is None else state.attended.select(rows),
            None if state.fed is None else state.fed[rows],
        )

    def coverage(self, state: Reading) -> Float[NDArray[np.float64], " row"]:
        """sum_j log min(1, sum_t a_tj): see `headgate.runtime.TranslationScorer`."""
        attended = state.attended
        if attended is None:
            return np.zeros(len(state.layers[0].hidden))
        assert attended.total is not None, "the sums must be watched from the beginning"
        covered = np.clip(attended.total.astype(np.float64), LEAST_COVERAGE, 1.0)
        return np.where(attended.memory.mask, np.log(covered), 0.0).sum(axis=1)

    def look(
        self, source: Int[Ints, " source"], target: Int[Ints, " target"]
    ) -> Float[Floats, "target source"]:
        """How much the decoder looks at each unit of a source when it has read each unit of a target."""
        state, looks = self.begin([source]), [np.zeros((0, len(source)), np.float32)]
        for unit in target[:, None]:
            _, state = self.step(unit, state)
            assert state.attended is not None, "without attention there is nothing to look at"
            looks.append(self._look(state.layers[0].hidden, state.attended)[1])
        return np.concatenate(looks)

    def _beginning(self, layer: int, end: State) -> State:
        """The decoder's first state, from the encoder's last."""
        parts = cast("dict[str, Floats]", vars(end))
        if "previous" in parts:  # the encoder's last input, which the decoder has not read
            inputs = self._layers[layer].forward.weight_ih.shape[1] // self.cell.window
            parts = parts | {"previous": np.zeros((len(end.hidden), inputs), np.float32)}
        if not self.shape.bidirectional:
            return type(end)(**parts)
        bridged = {name: affine(parts[name], *maps) for name, maps in self._bridge[layer].items()}
        return type(end)(**(parts | bridged | {"hidden": tanh(bridged["hidden"])}))

    def _read(self, token_ids: Int[NDArray[Any], " row"], state: Reading) -> State:
        """The bottom layer's state after these units; what a distinct unit contributes is computed once."""
        if state.fed is not None:
            return self._advance(
                0, np.concatenate((self.words[token_ids], state.fed), axis=1), state.layers[0]
            )
        if self.cell is not LSTM:
            return self._advance(0, self.words[token_ids], state.layers[0])
        fused = self._layers[0].fused
        distinct, index = np.unique(token_ids, return_inverse=True)
        return fused.step_projected(fused.project(self.words[distinct][None])[0, index], state.layers[0])

    def _advance(self, layer: int, inputs: Float[Floats, "row input"], state: State) -> State:
        weights = self._layers[layer]
        if self.cell is LSTM:
            return weights.fused.step(inputs, state)
        return self.cell.step(inputs, state, weights.forward)

    def _look(
        self, queries: Float[Floats, "row hidden"], attended: Attended
    ) -> tuple[Float[Floats, "row memory"], Float[Floats, "row source"]]:
        assert self._attention is not None
        context, looks = attend(queries[:, None], attended.memory, self._attention)
        return context[:, 0], looks[:, 0]

    def _read_out(
        self, hidden: Float[Floats, "row hidden"], context: Float[Floats, "row memory"]
    ) -> Float[Floats, "row hidden"]:
        return read_out(hidden, context, *self._readout)


def _attention_weights(shape: TranslatorShape, named: NamedWeights) -> AttentionWeights:
    size = shape.hidden_dim
    if shape.attention == "dot":
        return AttentionWeights()
    key_weight = named("attention.key_weight", size, size)
    if shape.attention == "general":
        return AttentionWeights(key_weight)
    return AttentionWeights(
        key_weight,
        named("attention.key_bias", size),
        named("attention.query_weight", size, size),
        named("attention.score_weight", size),
    )

"""A word's characters → a vector, in NumPy: the twins of `headgate.layers.characters`."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from headgate.cells import LSTM
from headgate.modelfile import CharacterShape
from headgate.runtime.layers.named_weights import NamedWeights
from headgate.runtime.layers.packing import Packing
from headgate.runtime.layers.recurrence import run_packed
from headgate.shapes import Float, Int
from headgate.tasks.character_encoders import CONVOLUTION_WIDTHS
from headgate.text.alphabet import PADDING_CHARACTER

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

PREFIX = "embedding.characters"


class CharacterEncoder(Protocol):
    """What reads words by their characters."""

    def __call__(self, characters: Int[Ints, "words characters"]) -> Float[Floats, "words features"]:
        """One vector a word; padding changes none."""
        ...


class CharacterConvolution:
    """Filters slide over a word's characters; of each filter the highest answer counts."""

    def __init__(self, shape: CharacterShape, named: NamedWeights) -> None:
        self._table = named(f"{PREFIX}.table.weight", shape.alphabet_size, shape.dim)
        filters = shape.features // len(CONVOLUTION_WIDTHS)
        self._filters = [
            (
                named(f"{PREFIX}.filters.{number}.weight", filters, shape.dim, width),
                named(f"{PREFIX}.filters.{number}.bias", filters),
            )
            for number, width in enumerate(CONVOLUTION_WIDTHS)
        ]

    def __call__(self, characters: Int[Ints, "words characters"]) -> Float[Floats, "words features"]:
        """One vector a word; padding changes none."""
        real = characters != PADDING_CHARACTER
        counts = real.sum(axis=1)
        written = counts > 0  # the word that stands for padding has no character
        begins = np.cumsum(counts[written]) - counts[written]
        rows, places = np.nonzero(real)
        highest = np.zeros((len(characters), 0), np.float32)
        for weight, bias in self._filters:
            width = weight.shape[2]
            around = np.pad(characters, ((0, 0), (width // 2, width // 2)), constant_values=PADDING_CHARACTER)
            windows = self._table[around[rows[:, None], places[:, None] + np.arange(width)]]
            # One product for all real characters: (characters, width · dim) by (width · dim, filters).
            by_place = weight.transpose(2, 1, 0).reshape(-1, len(weight))
            answers = windows.reshape(len(rows), len(by_place)) @ by_place + bias
            of_words = np.zeros((len(characters), len(weight)), np.float32)
            of_words[written] = np.maximum.reduceat(np.maximum(answers, 0), begins)
            highest = np.concatenate((highest, of_words), axis=1)
        return highest


class CharacterLSTM:
    """An LSTM reads a word's characters forward, another backward; their last states side by side."""

    def __init__(self, shape: CharacterShape, named: NamedWeights) -> None:
        self._table = named(f"{PREFIX}.table.weight", shape.alphabet_size, shape.dim)
        self._layer = named.layer(
            f"{PREFIX}.recurrent", LSTM, 0, shape.dim, shape.features // 2, bidirectional=True
        )

    def __call__(self, characters: Int[Ints, "words characters"]) -> Float[Floats, "words features"]:
        """One vector a word; padding changes none."""
        lengths = np.sum(characters != PADDING_CHARACTER, axis=1)
        order = np.argsort(-lengths, kind="stable")
        packing = Packing(lengths[order])
        index = characters[order][packing.rows, packing.steps]
        _, (end,) = run_packed(LSTM, (self._layer,), self._table, index, packing)
        vectors = np.empty_like(end.hidden)
        vectors[order] = end.hidden
        return vectors


def character_encoder(shape: CharacterShape, named: NamedWeights) -> CharacterEncoder:
    """The encoder that the shape names, with its weights."""
    return (CharacterLSTM if shape.encoder == "lstm" else CharacterConvolution)(shape, named)

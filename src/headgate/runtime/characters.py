"""A word's characters → a vector, in NumPy: the twins of `headgate.layers.characters`."""

from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from headgate.cells import LSTM
from headgate.modelfile import CharacterShape
from headgate.runtime.named_weights import NamedWeights
from headgate.runtime.recurrence import run_stack
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
        vectors = self._table[characters]
        real = (characters != PADDING_CHARACTER)[:, :, None]
        highest: list[Floats] = []
        for weight, bias in self._filters:
            around = weight.shape[2] // 2
            padded = np.pad(vectors, ((0, 0), (around, around), (0, 0)))
            windows = sliding_window_view(padded, weight.shape[2], axis=1)  # words characters dim width
            flat = windows.reshape(*characters.shape, -1)
            answers = flat @ weight.reshape(len(weight), -1).T + bias
            highest.append((np.maximum(answers, 0) * real).max(axis=1))
        return np.concatenate(highest, axis=1)


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
        _, last = run_stack(LSTM, (self._layer,), self._table[characters[order]], lengths[order])
        vectors = np.empty_like(last)
        vectors[order] = last
        return vectors


def character_encoder(shape: CharacterShape, named: NamedWeights) -> CharacterEncoder:
    """The encoder that the shape names, with its weights."""
    return (CharacterLSTM if shape.encoder == "lstm" else CharacterConvolution)(shape, named)

"""Start from another model: its words' vectors, what it reads characters with, and its recurrent layers.

A model of labelled texts says what words mean for its task; a language model says what they mean at all, so
that words which training lacks are known to what starts from it (Dai & Le 2015; Howard & Ruder 2018).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from headgate.errors import ConfigError
from headgate.modelfile import ModelFolder, locate_model, read_model
from headgate.models import Reader
from headgate.runtime import read_encoder, read_units
from headgate.text import TextEncoder, Vocabulary, word_key
from headgate.text.alphabet import FIRST_CHARACTER
from headgate.text.vocabulary import FIRST_WORD_ID, UNKNOWN_ID

Rows = NDArray[np.int64]

LEARNED_VECTORS_RATE = 0.001
"""Highest step size of words' vectors that a language model has learned: layers above are made for them."""
PARTS = ("embedding.", "recurrent.")
"""The weights that networks of all tasks have."""


@dataclass(frozen=True)
class WarmStart:
    """A model to start from, of any task. What of it fits the new network is taken, the rest is left.

    - `words`: the row of each word's vector, by the word's key
    - `encoder`: how a model of labelled texts reads; None for a language model
    """

    folder: ModelFolder
    words: dict[str, int]
    encoder: TextEncoder | None

    @classmethod
    def read(cls, name: str | Path, *, fold_digits: bool = False) -> "WarmStart":
        """A model by folder, bundled name or hub id; ModelError when there is none.

        Raises ConfigError for a language model of other units than words.
        """
        folder = read_model(locate_model(name))
        if folder.config.task == "generation":
            return cls(folder, _words_of_language_model(folder, fold_digits=fold_digits), None)
        encoder = read_encoder(folder)
        rows = {word: row for row, word in enumerate(encoder.vocabulary.words, start=FIRST_WORD_ID)}
        return cls(folder, rows, encoder)

    @property
    def fingerprint(self) -> str:
        """Tells one model from another."""
        return self.folder.config.weights_sha256[:16]

    @property
    def is_language_model(self) -> bool:
        """Whether it says what words mean at all, and not for a task alone."""
        return self.encoder is None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings under which all of the model fits, in place of the defaults for the data."""
        shape = self.folder.config.network
        settings: dict[str, Any] = {
            "cell": shape.cell,
            "layers": shape.layers,
            "hidden": shape.hidden_dim,
            "embedding": shape.embedding_dim,
            "bidirectional": shape.bidirectional,
        }
        if self.is_language_model:
            return settings | {"unfreeze_epochs": 1.0, "embedding_learning_rate": LEARNED_VECTORS_RATE}
        settings |= {"ngram_buckets": shape.ngram_buckets, "ngram_dim": shape.ngram_dim}
        if shape.characters is not None:
            settings["characters"] = shape.characters.encoder
            settings["character_dim"] = shape.characters.dim
            settings["character_features"] = shape.characters.features
        return settings

    @torch.no_grad()
    def put_into(self, model: Reader, encoder: TextEncoder) -> None:
        """Give the model every weight that fits; ConfigError when none of the recurrent layers' does."""
        taken: set[str] = set()
        own = {name: tensor for name, tensor in model.named_parameters() if name.startswith(PARTS)}
        for name, tensor in own.items():
            given = self.folder.weights.get(name)
            if given is not None and self._put(name, tensor, given, encoder):
                taken.add(name)
        if self.is_language_model and model.embedding.ngrams is not None:
            model.embedding.projection.weight.zero_()  # at first the network reads what it has always read
        if not any(name.startswith(("recurrent.", "embedding.words.")) for name in taken):
            raise ConfigError(
                f"{self.folder.path}: nothing of this model fits a network of these settings "
                "(leave --cell, --hidden and the like out, and they follow from the model)"
            )

    def word_table(self, vocabulary: Vocabulary) -> NDArray[np.float32]:
        """The vector of each word of a vocabulary, zeros for a word that this model does not know."""
        given = self.folder.weights["embedding.words.weight"]
        table = np.zeros((len(vocabulary), given.shape[1]), np.float32)
        for ours, theirs in self._word_rows(vocabulary):
            table[ours] = given[theirs]
        return table

    def _put(self, name: str, tensor: Tensor, given: NDArray[np.float32], encoder: TextEncoder) -> bool:
        """Copy what of a weight has a meaning in the new network; whether there is any."""
        if name.startswith("recurrent.weight_ih_l0") and len(given) == len(tensor):
            columns = given.shape[1]
            if columns < tensor.shape[1]:  # what words' characters add comes after their own vectors
                tensor[:, :columns] = torch.from_numpy(given)
                return True
        if given.shape[1:] != tuple(tensor.shape[1:]):
            return False
        rows = self._rows(name, encoder)
        if rows is not None:
            ours, theirs = rows
            tensor[torch.from_numpy(ours)] = torch.from_numpy(given[theirs])
            return True
        if given.shape == tuple(tensor.shape) and self._reads_alike(name, encoder):
            tensor.copy_(torch.from_numpy(given))
            return True
        return False

    def _rows(self, name: str, encoder: TextEncoder) -> tuple[Rows, Rows] | None:
        """Which rows of a table of ours have one of theirs: of words and of characters, that is by name."""
        if name == "embedding.words.weight":
            pairs = self._word_rows(encoder.vocabulary)
            return _columns([(UNKNOWN_ID, UNKNOWN_ID), *pairs])  # the vector of padding stays zero
        if name == "embedding.characters.table.weight":
            assert encoder.alphabet is not None
            places = {name: row for row, name in enumerate(self.characters, start=FIRST_CHARACTER)}
            ours = enumerate(encoder.alphabet.characters, start=FIRST_CHARACTER)
            pairs = [(row, places[character]) for row, character in ours if character in places]
            return _columns([(row, row) for row in range(FIRST_CHARACTER)] + pairs)
        return None

    def _word_rows(self, vocabulary: Vocabulary) -> list[tuple[int, int]]:
        """Our row and theirs of each word that both know."""
        words = enumerate(vocabulary.words, start=FIRST_WORD_ID)
        return [(row, self.words[word]) for row, word in words if word in self.words]

    @property
    def characters(self) -> str:
        """The characters that it reads words by; none for a model that does not."""
        known = None if self.encoder is None else self.encoder.alphabet
        return "" if known is None else known.characters

    def _reads_alike(self, name: str, encoder: TextEncoder) -> bool:
        """Whether a weight has to do with the same things: hashes of n-grams mean nothing among others."""
        if not name.startswith("embedding.ngrams."):
            return True
        return self.encoder is not None and encoder.ngrams == self.encoder.ngrams


def _words_of_language_model(folder: ModelFolder, *, fold_digits: bool) -> dict[str, int]:
    """The row of each key's vector: that of the word as the key has it, or else of its commonest spelling."""
    units = read_units(folder)
    if units.name != "word":
        raise ConfigError(
            f"{folder.path}: a model of {units.name} units has no words to start from "
            "(train the language model with --unit word)"
        )
    rows: dict[str, int] = {}
    for row in range(FIRST_WORD_ID, len(units)):
        word = units.decode([row])
        key = word_key(word, fold_digits=fold_digits)
        if key not in rows or key == word:
            rows[key] = row
    return rows


def _columns(pairs: list[tuple[int, int]]) -> tuple[Rows, Rows]:
    array = np.array(pairs, np.int64)
    return array[:, 0], array[:, 1]

"""Start from another model: its words' vectors, what it reads characters with, and its recurrent layers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from headgate.errors import ConfigError
from headgate.modelfile import ModelFolder, locate_model, read_model
from headgate.models import Reader
from headgate.runtime import read_encoder
from headgate.text import TextEncoder
from headgate.text.alphabet import FIRST_CHARACTER
from headgate.text.vocabulary import FIRST_WORD_ID

Rows = NDArray[np.int64]

PARTS = ("embedding.", "recurrent.")
"""The weights that networks of all tasks have."""


@dataclass(frozen=True)
class WarmStart:
    """A model to start from, of any task. What of it fits the new network is taken, the rest is left."""

    folder: ModelFolder
    encoder: TextEncoder

    @classmethod
    def read(cls, name: str | Path) -> "WarmStart":
        """A model by folder, bundled name or hub id; ModelError when there is none."""
        folder = read_model(locate_model(name))
        return cls(folder, read_encoder(folder))

    @property
    def fingerprint(self) -> str:
        """Tells one model from another."""
        return self.folder.config.weights_sha256[:16]

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
            "ngram_buckets": shape.ngram_buckets,
            "ngram_dim": shape.ngram_dim,
        }
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
            if given is None or given.shape[1:] != tuple(tensor.shape[1:]):
                continue
            rows = self._rows(name, encoder)
            if rows is not None:
                ours, theirs = rows
                tensor[torch.from_numpy(ours)] = torch.from_numpy(given[theirs])
            elif given.shape == tuple(tensor.shape) and self._reads_alike(name, encoder):
                tensor.copy_(torch.from_numpy(given))
            else:
                continue
            taken.add(name)
        if not any(name.startswith(("recurrent.", "embedding.words.")) for name in taken):
            raise ConfigError(
                f"{self.folder.path}: nothing of this model fits a network of these settings "
                "(leave --cell, --hidden and the like out, and they follow from the model)"
            )

    def _rows(self, name: str, encoder: TextEncoder) -> tuple[Rows, Rows] | None:
        """Which rows of a table of ours have one of theirs: of words and of characters, that is by name."""
        if name == "embedding.words.weight":
            return _shared(encoder.vocabulary.words, self.encoder.vocabulary.words, FIRST_WORD_ID)
        if name == "embedding.characters.table.weight":
            assert encoder.alphabet is not None and self.encoder.alphabet is not None
            ours, theirs = encoder.alphabet.characters, self.encoder.alphabet.characters
            return _shared(tuple(ours), tuple(theirs), FIRST_CHARACTER)
        return None

    def _reads_alike(self, name: str, encoder: TextEncoder) -> bool:
        """Whether a weight has to do with the same things: hashes of n-grams mean nothing among others."""
        return encoder.ngrams == self.encoder.ngrams or not name.startswith("embedding.ngrams.")


def _shared(ours: tuple[str, ...], theirs: tuple[str, ...], first: int) -> tuple[Rows, Rows]:
    """Rows of ours and of theirs with the same name; those before `first` mean the same in both."""
    places = {name: row for row, name in enumerate(theirs, start=first)}
    pairs = [(row, row) for row in range(first)]
    pairs += [(row, places[name]) for row, name in enumerate(ours, start=first) if name in places]
    array = np.array(pairs, np.int64)
    return array[:, 0], array[:, 1]

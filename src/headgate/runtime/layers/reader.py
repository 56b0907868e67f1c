"""What every network begins with, in NumPy: words → vectors → recurrent stack (`headgate.models.Reader`)."""

import numpy as np
from numpy.typing import NDArray

from headgate.cells import Cell, cell_named
from headgate.cells.cell import State
from headgate.modelfile import Shape
from headgate.runtime.layers.characters import character_encoder
from headgate.runtime.layers.named_weights import NamedWeights
from headgate.runtime.layers.packing import Packing
from headgate.runtime.layers.recurrence import run_packed
from headgate.shapes import Float
from headgate.text import TokenBatch

Floats = NDArray[np.float32]


class Reader:
    """Embedding and recurrent stack, with the weights that the shape calls for."""

    def __init__(self, shape: Shape, named: NamedWeights) -> None:
        self.cell: Cell = cell_named(shape.cell)
        self.words = named("embedding.words.weight", shape.vocab_size, shape.embedding_dim)
        self.ngrams: Floats | None = None
        if shape.ngram_buckets:
            self.ngrams = named("embedding.ngrams.weight", shape.ngram_buckets + 1, shape.ngram_dim)
            self.projection = named("embedding.projection.weight", shape.embedding_dim, shape.ngram_dim)
        self.characters = None if shape.characters is None else character_encoder(shape.characters, named)
        self.layers = tuple(
            named.layer(
                "recurrent",
                self.cell,
                layer,
                shape.output_dim if layer else shape.input_dim,
                shape.hidden_dim,
                bidirectional=shape.bidirectional,
            )
            for layer in range(shape.layers)
        )

    def read(
        self, batch: TokenBatch
    ) -> tuple[Float[Floats, "batch time output"], Float[Floats, "batch output"]]:
        """The stack's outputs, zero at padding, and final states; texts come in falling order of length."""
        packing = Packing(batch.lengths)
        packed, ends = self.read_packed(batch, packing)
        return packing.padded(packed, batch.token_ids.shape[1]), ends[-1].hidden

    def read_packed(
        self, batch: TokenBatch, packing: Packing
    ) -> tuple[Float[Floats, "tokens output"], list[State]]:
        """The stack's outputs as they are packed, and each layer's last state, directions side by side.

        What a word contributes by itself is computed once.
        """
        words, index = batch.distinct_words()
        of_tokens = index[packing.rows, packing.steps]
        return run_packed(self.cell, self.layers, self.embed(words)[:, 0], of_tokens, packing)

    def embed(self, batch: TokenBatch) -> Float[Floats, "batch time embedding"]:
        """The vector of each token: its word's own, and what its characters add where they are read."""
        vectors = self.words[batch.token_ids]
        subwords = batch.subwords
        if subwords is None:
            return vectors
        if self.ngrams is not None and subwords.ngrams is not None:
            ngrams = subwords.ngrams
            sums: Floats = np.add.reduceat(self.ngrams[ngrams.ids], ngrams.starts, axis=0)
            counts = np.diff(ngrams.starts, append=len(ngrams.ids))
            means: Floats = sums / counts[:, None].astype(np.float32)
            vectors = vectors + (means @ self.projection.T)[subwords.word_index]
        if self.characters is not None and subwords.characters is not None:
            of_words = self.characters(subwords.characters)
            vectors = np.concatenate((vectors, of_words[subwords.word_index]), axis=2)
        return vectors

    def initial_states(self) -> list[State]:
        """What each layer knows of one text before its first token."""
        return [self.cell.initial_state(1, layer.forward) for layer in self.layers]

    def advance(self, vectors: Float[Floats, "row embedding"], states: list[State]) -> list[State]:
        """Each layer's state one token further, read forward."""
        after: list[State] = []
        for layer, state in zip(self.layers, states, strict=True):
            after.append(self.cell.step(vectors, state, layer.forward))
            vectors = after[-1].hidden
        return after

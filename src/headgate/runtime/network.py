"""The network of a text classifier, in NumPy: the twin of `headgate.models.TextClassifier` in evaluation."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.cells import Cell, Weights, cell_named
from headgate.errors import ModelError
from headgate.modelfile import Network
from headgate.modelfile import Weights as NamedWeights
from headgate.runtime.pooling import pool
from headgate.runtime.recurrence import Layer, run_stack
from headgate.shapes import Float, Int
from headgate.text import TokenBatch

Floats = NDArray[np.float32]


class ClassifierNetwork:
    """Embedding → recurrent stack → pooling → logits, over arrays under their names in `model.safetensors`.

    `place` is the file they come from. Raises ModelError when a weight is missing or has another shape than
    the config says.
    """

    def __init__(self, shape: Network, weights: NamedWeights, place: Path) -> None:
        self.shape = shape
        self.cell: Cell = cell_named(shape.cell)
        named = _Named(weights, place)
        self.words = named("embedding.words.weight", shape.vocab_size, shape.embedding_dim)
        self.ngrams: Floats | None = None
        if shape.ngram_buckets:
            self.ngrams = named("embedding.ngrams.weight", shape.ngram_buckets + 1, shape.ngram_dim)
            self.projection = named("embedding.projection.weight", shape.embedding_dim, shape.ngram_dim)
        self.layers = tuple(self._layer(named, layer) for layer in range(shape.layers))
        attends = "attention" in shape.pooling_kinds
        self.query = named("pooling.query", shape.output_dim) if attends else None
        self.output_weight = named("output.weight", shape.num_classes, shape.pooled_dim)
        self.output_bias = named("output.bias", shape.num_classes)
        self.bag: Floats | None = None
        if shape.bag_features:
            self.bag = named("bag.table.weight", shape.bag_features, shape.num_classes)

    def _layer(self, named: "_Named", layer: int) -> Layer:
        inputs = self.shape.embedding_dim if layer == 0 else self.shape.output_dim
        hidden, stacked = self.shape.hidden_dim, self.shape.hidden_dim * len(self.cell.gate_names)

        def direction(suffix: str) -> Weights:
            return Weights(
                named(f"recurrent.weight_ih_l{layer}{suffix}", stacked, inputs),
                named(f"recurrent.weight_hh_l{layer}{suffix}", stacked, hidden),
                named(f"recurrent.bias_ih_l{layer}{suffix}", stacked),
                named(f"recurrent.bias_hh_l{layer}{suffix}", stacked),
            )

        return Layer(direction(""), direction("_reverse") if self.shape.bidirectional else None)

    def __call__(self, batch: TokenBatch) -> Float[Floats, "batch classes"]:
        """The logits of each text; the texts must come in falling order of length."""
        outputs, last = run_stack(self.cell, self.layers, self.embed(batch), batch.lengths)
        logits = self.score(pool(self.shape.pooling, outputs, last, batch.lengths, self.query))
        if self.bag is None or batch.bags is None:
            return logits
        sums = np.add.reduceat(self.bag[batch.bags.ids], batch.bags.starts, axis=0)
        return logits + self.scale_bag(sums, batch.lengths)

    def embed(self, batch: TokenBatch) -> Float[Floats, "batch time embedding"]:
        """The vector of each token: its own, and what its character n-grams add where the model has them."""
        vectors = self.words[batch.token_ids]
        if self.ngrams is None or batch.subwords is None:
            return vectors
        subwords = batch.subwords
        sums: Floats = np.add.reduceat(self.ngrams[subwords.ngram_ids], subwords.starts, axis=0)
        counts = np.diff(subwords.starts, append=len(subwords.ngram_ids))
        means: Floats = sums / counts[:, None].astype(np.float32)
        of_words: Floats = means @ self.projection.T
        return vectors + of_words[subwords.word_index]

    def score(self, pooled: Float[Floats, "batch pooled"]) -> Float[Floats, "batch classes"]:
        """The logits that a pooled vector gives."""
        return pooled @ self.output_weight.T + self.output_bias

    @staticmethod
    def scale_bag(
        sums: Float[Floats, "batch classes"], lengths: Int[NDArray[Any], " batch"]
    ) -> Float[Floats, "batch classes"]:
        """What summed weights of words and pairs add to the logits: over the square root of the length."""
        return sums / np.sqrt(np.maximum(lengths, 1)).astype(sums.dtype)[:, None]


class _Named:
    """Weights by name, each checked against the shape that the config says it has."""

    def __init__(self, weights: NamedWeights, place: Path) -> None:
        self._weights, self._place = weights, place

    def __call__(self, name: str, *shape: int) -> NDArray[Any]:
        if name not in self._weights:
            raise ModelError(f"{self._place}: no weight {name!r}, which the config calls for")
        if self._weights[name].shape != shape:
            raise ModelError(
                f"{self._place}: {name} has shape {self._weights[name].shape}; the config says {shape}"
            )
        return self._weights[name]

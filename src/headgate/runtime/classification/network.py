"""The network of a text classifier, in NumPy: the twin of `headgate.models.TextClassifier` in evaluation."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.modelfile import ClassifierShape, Weights
from headgate.runtime.layers import NamedWeights, Reader, pool
from headgate.shapes import Float, Int
from headgate.text import TokenBatch

Floats = NDArray[np.float32]


class ClassifierNetwork(Reader):
    """Embedding → recurrent stack → pooling → logits, over arrays under their names in `model.safetensors`.

    `place` is the file they come from. Raises ModelError when a weight is missing or has another shape than
    the config says.
    """

    def __init__(self, shape: ClassifierShape, weights: Weights, place: Path) -> None:
        named = NamedWeights(weights, place)
        super().__init__(shape, named)
        self.shape = shape
        attends = "attention" in shape.pooling_kinds
        self.query = named("pooling.query", shape.output_dim) if attends else None
        self.output_weight = named("output.weight", shape.num_classes, shape.pooled_dim)
        self.output_bias = named("output.bias", shape.num_classes)
        self.bag: Floats | None = None
        if shape.bag_features:
            self.bag = named("bag.table.weight", shape.bag_features, shape.num_classes)

    def __call__(self, batch: TokenBatch) -> Float[Floats, "batch classes"]:
        """The logits of each text; the texts must come in falling order of length."""
        outputs, last = self.read(batch)
        logits = self.score(pool(self.shape.pooling, outputs, last, batch.lengths, self.query))
        if self.bag is None or batch.bags is None:
            return logits
        sums = np.add.reduceat(self.bag[batch.bags.ids], batch.bags.starts, axis=0)
        return logits + self.scale_bag(sums, batch.lengths)

    def score(self, pooled: Float[Floats, "batch pooled"]) -> Float[Floats, "batch classes"]:
        """The logits that a pooled vector gives."""
        return pooled @ self.output_weight.T + self.output_bias

    @staticmethod
    def scale_bag(
        sums: Float[Floats, "batch classes"], lengths: Int[NDArray[Any], " batch"]
    ) -> Float[Floats, "batch classes"]:
        """What summed weights of words and pairs add to the logits: over the square root of the length."""
        return sums / np.sqrt(np.maximum(lengths, 1)).astype(sums.dtype)[:, None]

"""The network of a tagger, in NumPy: the twin of `headgate.models.NERModel` in evaluation."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headgate.decoding import Transitions
from headgate.modelfile import TaggerShape, Weights
from headgate.runtime.layers import NamedWeights, Packing, Reader
from headgate.shapes import Float
from headgate.text import TokenBatch

Floats = NDArray[np.float32]


class TaggerNetwork(Reader):
    """Embedding → recurrent stack → a score a tag, over arrays under their names in `model.safetensors`.

    `place` is the file they come from. Raises ModelError when a weight is missing or has another shape than
    the config says.
    """

    def __init__(self, shape: TaggerShape, weights: Weights, place: Path) -> None:
        named = NamedWeights(weights, place)
        super().__init__(shape, named)
        self.shape = shape
        tags = shape.num_tags
        self.output_weight = named("output.weight", tags, shape.window_dim)
        self.output_bias = named("output.bias", tags)
        between, first, last = np.zeros((tags, tags)), np.zeros(tags), np.zeros(tags)
        if shape.crf:
            between, first = named("crf.between", tags, tags), named("crf.first", tags)
            last = named("crf.last", tags)
        self.transitions = Transitions(between, first, last)

    def __call__(self, batch: TokenBatch) -> Float[Floats, "batch time tags"]:
        """The scores of each token's tags, zeros at padding; texts come in falling order of length."""
        packing = Packing(batch.lengths)
        outputs, _ = self.read_packed(batch, packing)
        scores = self.score(ahead(outputs, packing, self.shape.lookahead))
        return packing.padded(scores, batch.token_ids.shape[1])

    def score(self, window: Float[Floats, "*batch window"]) -> Float[Floats, "*batch tags"]:
        """The scores of a token's tags, from the outputs at the token and at its look-ahead."""
        return window @ self.output_weight.T + self.output_bias


def ahead(
    outputs: Float[Floats, "tokens output"], packing: Packing, lookahead: int
) -> Float[Floats, "tokens window"]:
    """The output at each token with those of the tokens after it, side by side; zeros beyond the end."""
    windows = [outputs]
    for distance in range(1, lookahead + 1):
        inside = np.flatnonzero(packing.steps + distance < packing.lengths[packing.rows])
        later = np.zeros_like(outputs)
        later[inside] = outputs[packing.places(packing.rows[inside], packing.steps[inside] + distance)]
        windows.append(later)
    return np.concatenate(windows, axis=1) if lookahead else outputs

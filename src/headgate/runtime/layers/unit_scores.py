"""A score for every unit that may come next, in NumPy: the twin of `headgate.layers.unit_scores`."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from headgate.modelfile import LanguageModelShape, TranslatorShape
from headgate.runtime.layers.named_weights import NamedWeights
from headgate.shapes import Float
from headgate.tasks.unit_clusters import cluster_sizes, cluster_widths

Floats = NDArray[np.float32]
UnitScores: TypeAlias = Callable[[Float[Floats, "some hidden"]], Float[Floats, "some vocab"]]


def unit_scores(
    shape: LanguageModelShape | TranslatorShape, named: NamedWeights, table: Floats
) -> UnitScores:
    """The scores that the shape calls for; `table` holds the vectors that units are read by."""
    if isinstance(shape, LanguageModelShape) and shape.cutoffs:
        return _adaptive(shape, named)
    units = len(table)
    bias = named("output.bias", units)
    if not shape.tied:
        weight = named("output.weight", units, shape.hidden_dim)
        return lambda outputs: outputs @ weight.T + bias
    if shape.hidden_dim == shape.embedding_dim:
        return lambda outputs: outputs @ table.T + bias
    projection = named("output.projection.weight", shape.embedding_dim, shape.hidden_dim)
    return lambda outputs: (outputs @ projection.T) @ table.T + bias


def _adaptive(shape: LanguageModelShape, named: NamedWeights) -> UnitScores:
    """Log-probabilities: a unit of a cluster has that of its cluster times its own within it."""
    frequent, clusters = shape.cutoffs[0], len(shape.cutoffs)
    head = named("output.adaptive.head.weight", frequent + clusters, shape.hidden_dim)
    head_bias = named("output.adaptive.head.bias", frequent + clusters)
    sizes = cluster_sizes(shape.cutoffs, shape.vocab_size)
    widths = cluster_widths(shape.cutoffs, shape.hidden_dim)
    tails = [
        (
            named(f"output.adaptive.tail.{place}.0.weight", width, shape.hidden_dim),
            named(f"output.adaptive.tail.{place}.1.weight", size, width),
        )
        for place, (size, width) in enumerate(zip(sizes, widths, strict=True))
    ]

    def scores(outputs: Floats) -> Floats:
        of_head = _log_softmax(outputs @ head.T + head_bias)
        parts = [of_head[:, :frequent]]
        for place, (narrow, within) in enumerate(tails):
            of_cluster = of_head[:, frequent + place, None]
            parts.append(of_cluster + _log_softmax((outputs @ narrow.T) @ within.T))
        return np.concatenate(parts, axis=1)

    return scores


def _log_softmax(scores: Float[Floats, "some units"]) -> Float[Floats, "some units"]:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

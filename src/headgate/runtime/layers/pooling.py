"""Many states → one vector: the NumPy twin of `headgate.layers.pooling`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.shapes import Float, Int
from headgate.tasks.pooling import pooling_kinds

Floats = NDArray[np.float32]


def pool(
    kind: str,
    outputs: Float[Floats, "batch time output"],
    last: Float[Floats, "batch output"],
    lengths: Int[NDArray[Any], " batch"],
    query: Float[Floats, " output"] | None,
) -> Float[Floats, "batch pooled"]:
    """Summarise the outputs over each text's real tokens; a text without tokens gives zeros.

    `kind` is last, mean, max or attention, or several joined by "+"; `query` is needed by attention alone.
    """
    steps = np.arange(outputs.shape[1], dtype=np.int64)
    token_mask = steps < lengths[:, None]  # batch time
    pooled: list[Floats] = []
    for one in pooling_kinds(kind):
        match one:
            case "mean":
                counts = np.maximum(lengths, 1).astype(outputs.dtype)
                pooled.append((outputs * token_mask[:, :, None]).sum(axis=1) / counts[:, None])
            case "max":
                highest = np.where(token_mask[:, :, None], outputs, -np.inf).max(axis=1)
                pooled.append(np.where(lengths[:, None] > 0, highest, 0))
            case "attention":
                assert query is not None
                pooled.append(_attend(outputs, outputs @ query, token_mask))
            case _:
                pooled.append(last)
    return np.concatenate(pooled, axis=1).astype(outputs.dtype, copy=False)


def _attend(outputs: Floats, scores: Floats, token_mask: NDArray[np.bool_]) -> Floats:
    lowest = np.finfo(scores.dtype).min
    scores = np.where(token_mask, scores, lowest)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True)) * token_mask
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(scores.dtype).tiny)
    return (shares[:, None, :] @ outputs)[:, 0]

"""The few array functions that the equations need, for NumPy arrays and torch tensors alike.

Everything else in an equation is a plain operator, which both libraries spell the same way.
torch is never imported here: a tensor brings its own functions with it.
"""

import sys
from collections.abc import Sequence
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = Any
"""A NumPy array or a torch tensor. The annotations say its shape; the equations do not care which it is."""


def _is_numpy(x: Array) -> TypeGuard[NDArray[Any]]:
    return isinstance(x, np.ndarray)


def tanh(x: Array) -> Array:
    """The hyperbolic tangent, element by element; any shape."""
    return np.tanh(x) if _is_numpy(x) else x.tanh()


def sigmoid(x: Array) -> Array:
    """The logistic function 1 / (1 + e^-x), element by element; any shape.

    For NumPy it is written with tanh, to which it is equal, because e^-x overflows for very negative x.
    """
    return 0.5 * (np.tanh(0.5 * x) + 1.0) if _is_numpy(x) else x.sigmoid()


def log_sigmoid(x: Array) -> Array:
    """The logarithm of `sigmoid`, also where that is too small for a number; any shape."""
    return -np.logaddexp(x.dtype.type(0.0), -x) if _is_numpy(x) else _torch().nn.functional.logsigmoid(x)


def masked_softmax(x: Array, mask: Array) -> Array:
    """e^x over its sum along the last axis, where the mask is True; 0 elsewhere.

    The mask has a True in every row, and a shape that can be spread out to that of x.
    """
    if not _is_numpy(x):
        return x.masked_fill(~mask, -_torch().inf).softmax(-1)
    shifted = np.where(mask, x, -np.inf)
    powers = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def affine(x: Array, matrix: Array, bias: Array) -> Array:
    """x M^T + b, over the last axis: in torch one call, which goes over the result once and not twice."""
    return x @ matrix.T + bias if _is_numpy(x) else _torch().nn.functional.linear(x, matrix, bias)


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros of this shape, of the same library, type and device as `like`."""
    return np.zeros(shape, like.dtype) if _is_numpy(like) else like.new_zeros(shape)


def split(x: Array, parts: int) -> tuple[Array, ...]:
    """Cut the last axis into this many equal parts, in order."""
    size = x.shape[-1] // parts
    if not _is_numpy(x):
        return x.split(
            size, dim=-1
        )  # whose gradient is one array, where that of each slice would be as large
    return tuple(x[..., part * size : (part + 1) * size] for part in range(parts))


def concatenate(*arrays: Array, axis: int = -1) -> Array:
    """Arrays one after the other along an axis, the last unless said otherwise."""
    return np.concatenate(arrays, axis=axis) if _is_numpy(arrays[0]) else _torch().cat(arrays, dim=axis)


def stack(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays of one shape side by side along a new axis."""
    return np.stack(arrays, axis=axis) if _is_numpy(arrays[0]) else _torch().stack(tuple(arrays), dim=axis)


def _torch() -> Any:
    """Where there is a tensor, its library has been loaded."""
    return sys.modules["torch"]

"""The Laplacian pyramid of Burt & Adelson."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

ops: Any = keras.ops  # whose inferred types say that most results may be None


def laplacian_pyramid(x: Any, levels: int) -> list[Any]:
    """Splits an image into bands, each at half the resolution of the one before.

    The kernel is binomial, [1, 4, 6, 4, 1] / 16 (Burt & Adelson's a = 0.375); beyond its edges the
    image repeats its last rows and columns.

    Args:
        x: `(B, H, W, C)`; H and W are multiples of `2 ** (levels - 1)`.
        levels: Number of levels, the low-pass rest included.

    Returns:
        `levels - 1` band-passes from fine to coarse, then the low-pass rest.

    Source:
        Burt & Adelson, "The Laplacian Pyramid as a Compact Image Code", IEEE Transactions on
        Communications 31 (4), 1983.

    Example:
        >>> [tuple(level.shape) for level in laplacian_pyramid(ops.ones((1, 8, 12, 1)), 3)]
        [(1, 8, 12, 1), (1, 4, 6, 1), (1, 2, 3, 1)]
    """
    bands = []
    for _ in range(levels - 1):
        low_pass = _along_both_axes(_reduce, x)
        bands.append(x - _along_both_axes(_expand, low_pass))
        x = low_pass
    return [*bands, x]


def _along_both_axes(matrix: Callable[[int], np.ndarray], x: Any) -> Any:
    rows, columns = (matrix(size).astype("float32") for size in x.shape[1:3])
    return ops.einsum("sw,brwc->brsc", columns, ops.einsum("rh,bhwc->brwc", rows, x))


def _reduce(size: int) -> np.ndarray:
    """Burt & Adelson's REDUCE of one axis as a matrix: blur, keep every second sample."""
    return _filter(2 * np.arange(size // 2), np.array([1, 4, 6, 4, 1]) / 16, size)


def _expand(size: int) -> np.ndarray:
    """Burt & Adelson's EXPAND: zeros between the samples, blurred by twice the kernel."""
    even = _filter(np.arange(size), np.array([1, 6, 1]) / 8, size)
    odd = _filter(np.arange(size), np.array([0, 4, 4]) / 8, size)
    return np.stack([even, odd], axis=1).reshape(2 * size, size)


def _filter(centres: np.ndarray, kernel: np.ndarray, size: int) -> np.ndarray:
    """Matrix that applies a kernel at the centres of an axis whose ends are repeated."""
    matrix = np.zeros((len(centres), size))
    for offset, weight in enumerate(kernel, start=-(len(kernel) // 2)):
        samples = np.clip(centres + offset, 0, size - 1)
        np.add.at(matrix, (np.arange(len(centres)), samples), weight)
    return matrix

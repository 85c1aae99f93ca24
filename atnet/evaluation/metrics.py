"""The four matting errors SAD, MSE, Grad and Conn, equal to Adobe's published MATLAB code.

All four are summed over the unknown region (trimap 128) only. Grad and Conn look beyond it, and
known pixels count there as they are stored: nothing is clamped to the trimap first.

The errors were defined by Rhemann et al., "A Perceptually Motivated Online Benchmark for Image
Matting", CVPR 2009, and are used as in Xu et al., "Deep Image Matting", CVPR 2017.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from atnet.arrays import GREY, check_pixels, highest
from atnet.data.scenes import read_exactly
from atnet.files.images import Picture
from atnet.trimaps import check_trimap, read_trimap, unknown_region

# MATLAB compares a single with a double in single precision: an 8-bit 51 / 255 reaches 0.2.
_LEVELS = (np.arange(11) / 10).astype(np.float32)
_CONNECTIVITY_TOLERANCE = np.float32(0.15)


class Scores(NamedTuple):
    """The four errors of one prediction; `scores._asdict()` gives a dictionary."""

    sad: float  # thousands
    mse: float
    gradient: float  # thousands
    connectivity: float  # thousands


class _Case(NamedTuple):
    """Checked inputs: two maps, uint8, float32 or float64, and the unknown region as a mask."""

    prediction: NDArray
    alpha: NDArray
    unknown: NDArray[np.bool_]


def score(prediction: Picture, alpha: Picture, trimap: Picture) -> Scores:
    """Computes all four errors of a predicted alpha.

    Args:
        prediction: Predicted alpha `(H, W)`, uint8, uint16, bool or float in [0, 1]; or where
            `atnet.read_grey` finds one, such as a file's path.
        alpha: True alpha, likewise.
        trimap: uint8 `(H, W)` of 0 background, 128 unknown and 255 foreground; or where
            `atnet.read_trimap` finds one.

    Returns:
        The errors over the unknown region; all are zero where nothing is unknown.

    Raises:
        ImageError: A file cannot be read.
        ValueError: A shape, a type or a value is not as above.

    Example:
        >>> alpha, trimap = np.full((10, 100), 255, np.uint8), np.full((10, 100), 128, np.uint8)
        >>> score(alpha // 5 * 4, alpha, trimap)._asdict()["sad"]
        0.2
    """
    drawn = trimap if isinstance(trimap, np.ndarray) else read_trimap(trimap)
    case = _checked(_exactly(prediction), _exactly(alpha), drawn)
    difference = _difference(case)
    return Scores(_sad(difference), _mse(difference), _gradient(case), _connectivity(case))


def sad(prediction: NDArray, alpha: NDArray, trimap: NDArray[np.uint8]) -> float:
    """Computes the sum of absolute differences, in thousands.

    Args:
        prediction: Predicted alpha `(H, W)`, uint8, uint16, bool or float in [0, 1].
        alpha: True alpha `(H, W)`, uint8, uint16, bool or float in [0, 1].
        trimap: uint8 `(H, W)` of 0 background, 128 unknown and 255 foreground.

    Returns:
        The sum over the unknown pixels / 1000.

    Raises:
        ValueError: A shape, a type or a value is not as above.

    Example:
        >>> sad(np.zeros((10, 100)), np.full((10, 100), 0.5), np.full((10, 100), 128, np.uint8))
        0.5
    """
    return _sad(_difference(_checked(prediction, alpha, trimap)))


def mse(prediction: NDArray, alpha: NDArray, trimap: NDArray[np.uint8]) -> float:
    """Computes the mean squared difference.

    Args:
        prediction: Predicted alpha `(H, W)`, uint8, uint16, bool or float in [0, 1].
        alpha: True alpha `(H, W)`, uint8, uint16, bool or float in [0, 1].
        trimap: uint8 `(H, W)` of 0 background, 128 unknown and 255 foreground.

    Returns:
        The mean over the unknown pixels, 0 if there are none.

    Raises:
        ValueError: A shape, a type or a value is not as above.

    Example:
        >>> mse(np.zeros((10, 100)), np.full((10, 100), 0.5), np.full((10, 100), 128, np.uint8))
        0.25
    """
    return _mse(_difference(_checked(prediction, alpha, trimap)))


def gradient_error(prediction: NDArray, alpha: NDArray, trimap: NDArray[np.uint8]) -> float:
    """Computes the squared difference of gradient amplitudes, in thousands.

    Each map is first stretched to [0, 1] by its own minimum and maximum (MATLAB's `mat2gray`);
    a constant map is left as it is and has no gradient. The gradient is a convolution of the
    whole map, its border replicated, with first derivatives of a Gaussian of sigma 1.4.

    Args:
        prediction: Predicted alpha `(H, W)`, uint8, uint16, bool or float in [0, 1].
        alpha: True alpha `(H, W)`, uint8, uint16, bool or float in [0, 1].
        trimap: uint8 `(H, W)` of 0 background, 128 unknown and 255 foreground.

    Returns:
        The sum over the unknown pixels / 1000.

    Raises:
        ValueError: A shape, a type or a value is not as above.

    Example:
        >>> edge, trimap = np.eye(9, dtype=np.float32), np.full((9, 9), 128, np.uint8)
        >>> gradient_error(edge / 2, edge, trimap)  # the stretch hides a lower contrast
        0.0
    """
    return _gradient(_checked(prediction, alpha, trimap))


def connectivity_error(prediction: NDArray, alpha: NDArray, trimap: NDArray[np.uint8]) -> float:
    """Computes how differently pixels hang together with the main object, in thousands.

    The level of a pixel is the last of the thresholds 0, 0.1, ..., 1 up to which it lay in the
    largest 4-connected component that both maps share. With d = value - level, each map has the
    connectivity 1 - d where d >= 0.15 and 1 elsewhere (Rhemann et al. 2009, with lambda = 1).

    Args:
        prediction: Predicted alpha `(H, W)`, uint8, uint16, bool or float in [0, 1].
        alpha: True alpha `(H, W)`, uint8, uint16, bool or float in [0, 1].
        trimap: uint8 `(H, W)` of 0 background, 128 unknown and 255 foreground.

    Returns:
        The sum of absolute connectivity differences over the unknown pixels / 1000.

    Raises:
        ValueError: A shape, a type or a value is not as above.

    Example:
        >>> trimap = np.full((10, 100), 128, np.uint8)
        >>> connectivity_error(np.zeros((10, 100)), np.full((10, 100), 0.5), trimap)
        0.5
    """
    return _connectivity(_checked(prediction, alpha, trimap))


def _exactly(values: Picture) -> NDArray:
    return values if isinstance(values, np.ndarray) else read_exactly(values)


def _checked(prediction: NDArray, alpha: NDArray, trimap: NDArray) -> _Case:
    check_pixels(prediction, "prediction", GREY)
    check_pixels(alpha, "alpha", GREY)
    shapes = [prediction.shape, alpha.shape, np.shape(trimap)]
    if len(set(shapes)) > 1:
        raise ValueError(
            "prediction, alpha and trimap must be of one size, "
            f"got shapes {', '.join(map(str, shapes))}; resize what differs"
        )
    check_trimap(trimap, alpha.shape, uniform=True)
    return _Case(_computable(prediction), _computable(alpha), unknown_region(trimap))


def _computable(values: NDArray) -> NDArray:
    """Passes on what the errors are defined for, and converts all else to float64."""
    if values.dtype in (np.uint8, np.float32, np.float64):
        return values
    return values.astype(np.float64) / highest(values.dtype)


def _unit_range(values: NDArray, dtype: type[np.floating]) -> NDArray:
    """Converts to a float type in [0, 1]; 8-bit values are divided in that very precision."""
    return values / dtype(255) if values.dtype == np.uint8 else values.astype(dtype, copy=False)


def _difference(case: _Case) -> NDArray[np.float64]:
    """Returns prediction minus alpha, one value for each unknown pixel."""
    prediction = _unit_range(case.prediction[case.unknown], np.float64)
    return prediction - _unit_range(case.alpha[case.unknown], np.float64)


def _sad(difference: NDArray[np.float64]) -> float:
    return float(np.abs(difference).sum()) / 1000


def _mse(difference: NDArray[np.float64]) -> float:
    return float(np.square(difference).mean()) if difference.size else 0.0


def _gradient_kernels(
    sigma: float = 1.4, epsilon: float = 1e-2
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns a Gaussian, cut below a density of epsilon, and its derivative, both of L2 norm 1."""
    density = math.sqrt(2 * math.pi) * sigma * epsilon  # as a share of the Gaussian's peak
    half_size = math.ceil(sigma * math.sqrt(-2 * math.log(density)))
    x = np.arange(-half_size, half_size + 1)
    gaussian = np.exp(-np.square(x / sigma) / 2)
    derivative = -x * gaussian
    return gaussian / np.linalg.norm(gaussian), derivative / np.linalg.norm(derivative)


_GAUSSIAN, _DERIVATIVE = _gradient_kernels()


def _gradient(case: _Case) -> float:
    difference = _gradient_amplitude(case.prediction, case.unknown)
    difference -= _gradient_amplitude(case.alpha, case.unknown)
    return float(np.square(difference).sum(dtype=np.float64)) / 1000


def _gradient_amplitude(values: NDArray, unknown: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Returns the amplitude at the unknown pixels of a map that is stretched as a whole."""
    box = _padded_bounding_box(unknown, len(_GAUSSIAN) // 2)
    low, high = float(values.min()), float(values.max())
    stretched = ((values[box] - low) / ((high - low) or 1.0)).astype(np.float32)
    # Filters correlate; a true convolution only flips the sign, which the amplitude ignores.
    x, y = (
        cv2.sepFilter2D(stretched, cv2.CV_32F, *kernels, borderType=cv2.BORDER_REPLICATE)
        for kernels in ((_DERIVATIVE, _GAUSSIAN), (_GAUSSIAN, _DERIVATIVE))
    )
    # The last bit of cv2.magnitude depends on memory alignment: equal maps could get an error.
    return np.sqrt(np.square(x[unknown[box]]) + np.square(y[unknown[box]]))


def _padded_bounding_box(region: NDArray[np.bool_], padding: int) -> tuple[slice, slice]:
    """Returns the rows and columns within `padding` pixels of the box around a region."""
    left, top, width, height = cv2.boundingRect(region.view(np.uint8))
    rows = slice(max(top - padding, 0), top + height + padding)
    return rows, slice(max(left - padding, 0), left + width + padding)


def _connectivity(case: _Case) -> float:
    prediction = _unit_range(case.prediction, np.float32)
    alpha = _unit_range(case.alpha, np.float32)
    level = _connected_levels(np.minimum(prediction, alpha), case.unknown)
    difference = _phi(prediction[case.unknown], level) - _phi(alpha[case.unknown], level)
    return float(np.abs(difference).sum(dtype=np.float64)) / 1000


def _phi(values: NDArray[np.float32], level: NDArray[np.float32]) -> NDArray[np.float32]:
    distance = values - level
    return 1 - distance * (distance >= _CONNECTIVITY_TOLERANCE)


def _connected_levels(shared: NDArray, unknown: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Returns, for each unknown pixel, the last threshold up to which it stayed connected."""
    connected = unknown.copy()
    passed = np.zeros(unknown.shape, np.uint8)
    for threshold in _LEVELS[1:]:
        if not connected.any():
            break
        connected &= _largest_component(shared >= threshold)
        passed += connected
    return _LEVELS[passed[unknown]]


def _largest_component(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns the largest 4-connected component; of several, MATLAB's first, by columns."""
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    if count == 1:
        return mask
    areas = _areas(labels)
    areas[0] = 0  # the background never is the object, however large
    largest = np.flatnonzero(areas == areas.max())
    if len(largest) > 1:
        by_columns = labels.T
        largest = by_columns.ravel()[[np.isin(by_columns, largest).argmax()]]
    return labels == largest[0]


def _areas(labels: NDArray) -> NDArray:
    """Counts the pixels of each label by whole runs, which is faster than one by one."""
    starts = np.ones(labels.shape, bool)  # a run ends with its row
    np.not_equal(labels[:, 1:], labels[:, :-1], out=starts[:, 1:])
    first = np.flatnonzero(starts)
    lengths = np.diff(first, append=labels.size)
    return np.bincount(labels.ravel()[first], weights=lengths)

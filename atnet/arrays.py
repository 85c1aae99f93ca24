"""Pixels as arrays: what is accepted, and the ways from one representation to another.

Every public function that takes pixels takes uint8 (0 to 255), uint16 (0 to 65535), bool (False is
0, True is 1) and float in [0, 1], and refuses all else in the words of this module.
"""

import cv2
import numpy as np

GREY: tuple[int, ...] = ()
"""Shape of a pixel of an alpha, mask or trimap, for `check_pixels`."""
RGB = (3,)
"""Shape of a pixel of an image, for `check_pixels`."""
TOLERANCE = 1e-3
"""How far arithmetic may carry a float out of [0, 1] before it counts as a mistake."""
_STRIP = 32  # rows at once: what is computed with them stays in the cache
_SHAPES = {GREY: "(H, W), one channel", RGB: "(H, W, 3) in RGB"}
_HIGHEST = {"bool": 1, "uint8": 255, "uint16": 65535}


def check_pixels(values: np.ndarray, name: str, pixel: tuple[int, ...]) -> None:
    """Refuses what is no picture.

    Args:
        values: `(H, W, *pixel)`.
        name: What it is, for the message.
        pixel: `GREY` or `RGB`.

    Raises:
        ValueError: Another shape or type, no pixels, a float that is outside of [0, 1] or no
            number.

    Example:
        >>> check_pixels(np.zeros((2, 3), np.int64), "alpha", GREY)
        Traceback (most recent call last):
        ValueError: alpha is int64; give uint8, uint16, bool, or float in [0, 1]
    """
    if not isinstance(values, np.ndarray):
        raise ValueError(f"{name} is a {type(values).__name__}; give an array {_SHAPES[pixel]}")  # noqa: TRY004
    if values.ndim < 2 or values.shape[2:] != pixel or values.size == 0:
        raise ValueError(
            f"{name} has the shape {values.shape}; give at least one pixel, {_SHAPES[pixel]}"
        )
    check_values(values, name)


def check_values(values: np.ndarray, name: str) -> None:
    """Refuses other types, and floats outside of [0, 1], whatever the shape.

    Args:
        values: Any array with at least one value.
        name: What it is, for the message.

    Raises:
        ValueError: A type or a value is not as above, or no number.
    """
    if values.dtype.name in _HIGHEST:
        return
    if not np.issubdtype(values.dtype, np.floating):
        raise ValueError(f"{name} is {values.dtype}; give uint8, uint16, bool, or float in [0, 1]")
    low, high = values.min(), values.max()
    if not (low >= -TOLERANCE and high <= 1 + TOLERANCE):  # NaN fails every comparison
        raise ValueError(
            f"{name} spans {low:g} to {high:g}; floats must lie in [0, 1]: divide by 255, or pass "
            "8-bit values as uint8"
        )


def highest(dtype: np.dtype) -> int:
    """Returns the value that stands for 1 in a type: 255, 65535, or 1 of floats and bool."""
    return _HIGHEST.get(dtype.name, 1)


def to_float(values: np.ndarray) -> np.ndarray:
    """Converts checked pixels to float32 in [0, 1]; float32 is passed through, not copied.

    Example:
        >>> to_float(np.array([[0, 51, 255]], np.uint8)).tolist()
        [[0.0, 0.20000000298023224, 1.0]]
    """
    if values.dtype.name in _HIGHEST:
        return values / np.float32(highest(values.dtype))
    return values.astype(np.float32, copy=False)


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Converts pixels to uint8, rounded and cut to [0, 1]; uint8 is passed through, not copied.

    Example:
        >>> to_bytes(np.array([[0.0, 0.5, 1.0]])).tolist()
        [[0, 128, 255]]
        >>> to_bytes(np.array([[128, 129, 65535]], np.uint16)).tolist()
        [[0, 1, 255]]
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values * np.uint8(255)
    if values.dtype == np.uint16:
        return ((values + np.uint32(128)) // 257).astype(np.uint8)
    return quantised(values, 8)


def quantised(values: np.ndarray, bits: int) -> np.ndarray:
    """Rounds pixels to whole numbers of 8 or 16 bits; those that are such are passed through.

    What is outside of [0, 1] is cut.

    Example:
        >>> quantised(np.array([[0.5, 1.001]]), 16).tolist()
        [[32768, 65535]]
    """
    kind = np.uint8 if bits == 8 else np.uint16
    if values.dtype == kind:
        return values
    whole = np.empty(values.shape, kind)
    for top in range(0, len(values), _STRIP):
        part = np.clip(to_float(values[top : top + _STRIP]), 0, 1)
        part *= 2**bits - 1
        part += 0.5
        whole[top : top + _STRIP] = part
    return whole


def to_samples(values: np.ndarray, kind: np.dtype) -> np.ndarray:
    """Converts pixels to uint8 or uint16, rounded, or to float32.

    Example:
        >>> to_samples(np.array([[0.5]]), np.dtype(np.uint8)).tolist()
        [[128]]
    """
    return to_float(values) if kind.kind == "f" else quantised(values, 8 * kind.itemsize)


def network_trimap(trimap: np.ndarray) -> np.ndarray:
    """Converts a trimap from 0, 128, 255 to the exact 0, 0.5, 1 that matting methods compute with.

    Example:
        >>> network_trimap(np.array([[0, 128, 255]], np.uint8)).tolist()
        [[0.0, 0.5, 1.0]]
    """
    return np.round(trimap / np.float32(127.5)) / 2  # 128 / 255 is not quite a half


def three_channels(grey: np.ndarray) -> np.ndarray:
    """Repeats a grey picture `(H, W)` as `(H, W, 3)`; colour is passed through, not copied."""
    return grey if grey.ndim == 3 else cv2.merge((grey,) * 3)  # a tenth of np.repeat's time


def resized(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scales a picture: by area means to a smaller size, else bicubic; never beyond [0, 1].

    Args:
        pixels: uint8, uint16, or float in [0, 1]; `(h, w)` or `(h, w, C)`.
        height: Rows wanted, at least 1.
        width: Columns wanted, at least 1.

    Returns:
        `(height, width)` or `(height, width, C)` of the same type; unchanged at the same size.

    Example:
        >>> resized(np.array([[0, 100], [0, 100]], np.uint8), 1, 1).tolist()
        [[50]]
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    shrinks = height * width < pixels.shape[0] * pixels.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    scaled = cv2.resize(pixels, (width, height), interpolation=method)
    return np.clip(scaled, 0, 1, out=scaled) if scaled.dtype.kind == "f" else scaled


def resized_finely(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scales a picture as `resized` does, but 8 bits to 16: of means, no more than that is rounded.

    Channels come one after another: all of a large picture at once would take much memory.

    Args:
        pixels: `(h, w)` or `(h, w, C)`, as `resized` takes them.
        height: Rows wanted, at least 1.
        width: Columns wanted, at least 1.

    Returns:
        Of uint8, uint16; else of the same type. Unchanged at the same size.

    Example:
        >>> resized_finely(np.array([[0, 51]], np.uint8), 1, 1).tolist()  # 25.5 of 255
        [[6554]]
    """
    if pixels.dtype != np.uint8 or pixels.shape[:2] == (height, width):
        return resized(pixels, height, width)
    channels = (pixels,) if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)
    return cv2.merge([resized(np.uint16(257) * channel, height, width) for channel in channels])


def scaled_to(pixels: np.ndarray, longest: int) -> np.ndarray:
    """Scales a picture down until its longer side has no more pixels than wanted.

    Args:
        pixels: As `resized_finely` takes them.
        longest: Pixels of the longer side, at least 1.

    Returns:
        As of `resized_finely`; unchanged if it is no longer.

    Example:
        >>> scaled_to(np.zeros((100, 200, 3), np.uint8), 50).shape
        (25, 50, 3)
    """
    height, width = pixels.shape[:2]
    scale = min(longest / max(height, width), 1)
    return resized_finely(pixels, max(1, round(height * scale)), max(1, round(width * scale)))


def cover(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scales a picture until it covers a size, keeping its proportions, and crops its centre.

    Args:
        pixels: `(h, w, 3)`, uint8, uint16 or float in [0, 1].
        height: Rows wanted, at least 1.
        width: Columns wanted, at least 1.

    Returns:
        float32 `(height, width, 3)` in [0, 1].

    Example:
        >>> cover(np.zeros((30, 60, 3), np.uint8), 40, 20).shape
        (40, 20, 3)
    """
    scale = max(height / pixels.shape[0], width / pixels.shape[1])
    rows = max(round(pixels.shape[0] * scale), height)
    columns = max(round(pixels.shape[1] * scale), width)
    top, left = (rows - height) // 2, (columns - width) // 2
    scaled = resized(to_float(pixels), rows, columns)
    return scaled[top : top + height, left : left + width]

"""Reads training pictures fast: 8 bits straight from the decoder, no colour management."""

from pathlib import Path

import cv2
import numpy as np

from atnet.arrays import to_bytes
from atnet.data.scenes import read_8_bits

_REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def read_colour(path: Path, reduction: int = 1) -> np.ndarray:
    """Reads the colours of a picture; transparency is ignored.

    Args:
        path: An image file; 16 bits are rounded to 8.
        reduction: 1, 2, 4 or 8: both sides are divided by it and rounded up. JPEG files are
            decoded at that size, which saves most of the time.

    Returns:
        uint8 `(H, W, 3)`, RGB.

    Raises:
        ValueError: The file is missing, damaged or no image.
    """
    # Without any depth, OpenCV would cut 16 bits of PNG files off to 8.
    pixels = to_bytes(_decode(path, _REDUCED[reduction] | cv2.IMREAD_ANYDEPTH))
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels)


def read_alpha(path: Path) -> np.ndarray:
    """Reads an alpha, as `atnet.files.images.read_grey` does but sooner where the file is plain.

    Args:
        path: A grey picture, or one with transparency.

    Returns:
        uint8 `(H, W)`.

    Raises:
        ValueError: The file is missing, damaged, coloured or no image.
    """
    pixels = _decode(path, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR)
    if pixels.ndim == 2 and pixels.dtype == np.uint8:
        return pixels
    return read_8_bits(path)


def _decode(path: Path, flags: int) -> np.ndarray:
    try:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), flags)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from error
    except cv2.error:  # an empty file, or one of too many pixels
        pixels = None
    if pixels is None:
        raise ValueError(f"{path}: is damaged, truncated or no image: remove or replace it")
    return pixels

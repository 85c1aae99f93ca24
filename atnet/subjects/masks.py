"""Reads a rough mask, and refuses one that marks nothing or everything."""

import warnings

import numpy as np

from atnet.arrays import to_bytes, to_float
from atnet.files.images import Picture, as_grey
from atnet.trimaps import MASK_HIGH, MASK_LOW, TrimapError


def read_mask(picture: Picture, image_shape: tuple[int, ...]) -> np.ndarray:
    """Reads a mask of an image; values 0 and 1 of 255 are taken for labels, with a warning.

    Args:
        picture: `(H, W)` in any form that `as_grey` takes: white is the subject.
        image_shape: `(H, W)` or `(H, W, channels)`.

    Returns:
        uint8 `(H, W)`, with background up to 5 % and foreground from 95 %, or something between.

    Raises:
        TrimapError: It has another size, or is all background or all foreground.
        ValueError: It is not such a picture.

    Example:
        >>> read_mask(np.array([[False, True]]), (1, 2)).tolist()
        [[0, 255]]
    """
    mask = as_grey(picture, "mask")
    if mask.shape != image_shape[:2]:
        raise TrimapError(
            f"mask: is {mask.shape[1]} x {mask.shape[0]} pixels, but the image is "
            f"{image_shape[1]} x {image_shape[0]}: give a mask of the image's size"
        )
    if _is_label(to_float(mask)):
        warnings.warn(
            "mask: its values 0 and 1 are taken for labels, 1 is the subject", stacklevel=3
        )
        mask = mask > 0
    mask = to_bytes(mask)
    low, high = int(mask.min()), int(mask.max())
    if high <= MASK_LOW or low >= MASK_HIGH:
        kind = "background" if high <= MASK_LOW else "foreground"
        raise TrimapError(
            f"mask: its values are {low} to {high} of 255, all {kind}: mark the subject white "
            f"({MASK_HIGH} and more) on black ({MASK_LOW} and less)"
        )
    return mask


def _is_label(values: np.ndarray) -> bool:
    """Tells 0 and 1 of 255 or of 65535, which nobody means for two kinds of black."""
    top = values.max()
    return bool(0 < top <= np.float32(1 / 255) and np.isin(values, (0, top)).all())

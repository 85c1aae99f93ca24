"""Fits a drawn hint to a photograph that its camera stored turned, and its viewer shows upright."""

import dataclasses
import warnings

import cv2
import numpy as np

from atnet.arrays import check_pixels, scaled_to, to_float
from atnet.choices import Reading
from atnet.files.images import Photograph, read_grey_photograph, read_layer
from atnet.files.orientation import upright
from atnet.subjects.hints import (
    DrawnTrimap,
    Hint,
    KnownAlpha,
    RoughMask,
    Scribbles,
    hint_pictures,
)

CLEARLY = 1.5
"""How many times the contrast of one reading has to be the other's, to be believed."""
_SIDE, _REACH = 256, 12  # pixels: of the copy that is compared, and to either side of the outline


def fitted(hint: Hint, photograph: Photograph, reading: Reading | None = None) -> Hint:
    """Turns a drawn hint as its photograph was turned, if it lies on the stored pixels.

    Args:
        hint: Any; those that are no pictures, and those whose own file has an orientation, are
            right.
        photograph: As it was read.
        reading: How it was drawn; by default the one whose size fits, or that agrees clearly better
            with the picture, with a warning where it was turned or cannot be told, as of scribbles
            that fit both ways.

    Returns:
        The hint, with the same picture or a turned one.

    Raises:
        ImageError: The hint's file cannot be read.
        ValueError: The array of a trimap, mask or alpha is no grey picture.
    """
    orientation = photograph.metadata.orientation
    if orientation == 1 or not isinstance(hint, DrawnTrimap | RoughMask | KnownAlpha | Scribbles):
        return hint
    (name,) = hint_pictures(hint)
    drawing, own_orientation = _drawing(hint, name)
    if own_orientation == 1:
        turned = upright(drawing, orientation)
        stored = reading == "stored"
        if reading is None:
            stored = _was_stored(drawing, turned, photograph, name)
        drawing = turned if stored else drawing
    return dataclasses.replace(hint, picture=drawing)


def contrast(image: np.ndarray, grey: np.ndarray) -> float:
    """Measures how different the colours are on the two sides of an outline.

    Args:
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].
        grey: Trimap or mask, `(H, W)`, uint8, uint16, bool or float in [0, 1].

    Returns:
        Mean distance of the colours close to either side, at most 1.8; 0 without an outline.

    Example:
        >>> grey = np.zeros((40, 40), np.float32)
        >>> grey[:, 20:] = 1
        >>> contrast(np.dstack([grey] * 3), grey) > 1.7
        True
    """
    image, grey = to_float(scaled_to(image, _SIDE)), to_float(grey)
    grey = cv2.resize(grey, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    window = (2 * _REACH + 1, 2 * _REACH + 1)
    means, seen = [], np.ones(grey.shape, bool)
    for side in (grey >= 0.9, grey <= 0.1):
        weight = side.astype(np.float32)
        share = cv2.blur(weight, window)
        seen &= share > 0.02
        means.append(
            cv2.blur(image * weight[..., None], window) / np.maximum(share, 1e-6)[..., None]
        )
    if not seen.any():
        return 0.0
    return float(np.linalg.norm(means[0][seen] - means[1][seen], axis=1).mean())


def _drawing(
    hint: DrawnTrimap | RoughMask | KnownAlpha | Scribbles, name: str
) -> tuple[np.ndarray, int]:
    """What was drawn, and the orientation of its own file; scribbles are checked later."""
    coloured = isinstance(hint, Scribbles)
    if isinstance(hint.picture, np.ndarray):
        if not coloured:
            check_pixels(hint.picture, name, ())
        return hint.picture, 1
    drawn = read_layer(hint.picture) if coloured else read_grey_photograph(hint.picture)
    return drawn.pixels, drawn.metadata.orientation


def _was_stored(drawing: np.ndarray, turned: np.ndarray, photograph: Photograph, name: str) -> bool:
    image = photograph.pixels
    sizes = [picture.shape[:2] == image.shape[:2] for picture in (drawing, turned)]
    how = f"the photograph was turned (EXIF orientation {photograph.metadata.orientation})"
    if not all(sizes):
        if sizes[1]:
            _say(f"{name}: {how}, and only its stored pixels have this size: turned likewise")
        return sizes[1]
    shown, stored = (contrast(image, grey) if grey.ndim == 2 else 0.0 for grey in (drawing, turned))
    if stored > CLEARLY * shown:
        _say(f"{name}: {how}, and its stored pixels agree better: turned likewise")
        return True
    if shown <= CLEARLY * stored:
        _say(
            f"{name}: {how}, and it cannot be told whether it was drawn on the picture as shown or "
            "as stored: taken as shown; the trimap orientation says which"
        )
    return False


def _say(message: str) -> None:
    warnings.warn(message, stacklevel=5)

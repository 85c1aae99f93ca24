"""Makes and checks trimaps: uint8 arrays of 0 background, 128 unknown and 255 foreground."""

import warnings

import cv2
import numpy as np

from atnet.arrays import highest, resized, to_bytes, to_float
from atnet.files.images import Picture, Source, as_grey

BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255
SNAP_LOW, SNAP_HIGH = 25, 230  # 10 % and 90 %, of values rounded to 8 bits
_LABELS = 2  # classes numbered from 0
MASK_LOW, MASK_HIGH = 13, 242  # 5 % and 95 %

Radius = float | np.ndarray
"""Pixels, at least 0: everywhere the same, or `(H, W)` of them."""


class TrimapError(ValueError):
    """A trimap is wrong or cannot be made; the message is one line that says what to do."""


def snap_trimap(grey: Picture) -> np.ndarray:
    """Turns any grey picture of a trimap into exact values.

    Exactly 0, 128 and 255 are kept silently. All else is snapped with a warning that counts it: up
    to 25 (10 %) becomes background, 230 (90 %) and more foreground, everything between unknown.
    That covers other codes for unknown (127, 102), smoothed edges and JPEG noise.

    Args:
        grey: `(H, W)` in any form that `as_grey` takes; compared after rounding to 8 bits.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        TrimapError: Its values are labels: 0, 1 and perhaps 2.
        ValueError: `grey` is not such a picture.

    Example:
        >>> snap_trimap(np.array([[0.0, 0.5, 1.0]])).tolist()
        [[0, 128, 255]]
    """
    values = to_bytes(as_grey(grey, "trimap"))
    low, high = int(values.min()), int(values.max())
    if low < high <= _LABELS:
        raise TrimapError(
            f"trimap: its values are {low} to {high} of 255, labels and no greys: save background "
            "as 0, unknown as 128, foreground as 255; or give labels 0 and 1 as a mask"
        )
    trimap = _three_values(values >= SNAP_HIGH, values <= SNAP_LOW)
    changed = np.count_nonzero(trimap != values)
    if changed:
        warnings.warn(
            f"trimap: {changed} pixels ({changed / values.size:.2%}) were not 0, 128 or 255: up to "
            f"{SNAP_LOW} became background, from {SNAP_HIGH} foreground, the others unknown",
            stacklevel=2,
        )
    return trimap


def read_trimap(source: Source) -> np.ndarray:
    """Reads the trimap that a file holds; `snap_trimap` tells how greys become exact values.

    Args:
        source: As in `atnet.read_image`; grey, or with the trimap as its alpha channel.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        ImageError: The file cannot be read or is coloured.

    Example:
        >>> from atnet.files.images import encode_image
        >>> read_trimap(encode_image(np.array([[0, 128, 255]], np.uint8))).tolist()
        [[0, 128, 255]]
    """
    return snap_trimap(source)


def check_trimap(
    trimap: np.ndarray, image_shape: tuple[int, ...], *, uniform: bool = False
) -> None:
    """Refuses a trimap that cannot be meant.

    A trimap without unknown pixels (a hard mask), or with unknown pixels and only one of
    foreground and background, is fine. One value everywhere is not, except in a single pixel.

    Args:
        trimap: uint8 `(H, W)` with values 0, 128 and 255.
        image_shape: Shape of the image, `(H, W)` or `(H, W, channels)`.
        uniform: Allow one value everywhere: it can be scored, but no alpha can be found by it.

    Raises:
        TrimapError: Type, size or values are wrong, or all values are the same.

    Example:
        >>> check_trimap(np.array([[0, 128, 255]], np.uint8), (1, 3, 3))
    """
    if not isinstance(trimap, np.ndarray) or trimap.dtype != np.uint8 or trimap.ndim != 2:
        received = f"{getattr(trimap, 'dtype', type(trimap).__name__)}"
        raise TrimapError(
            f"trimap: is {received} of shape {np.shape(trimap)}, but must be uint8 (H, W): "
            "snap_trimap makes one from any grey picture"
        )
    height, width = image_shape[:2]
    if trimap.shape != (height, width):
        raise TrimapError(
            f"trimap: is {trimap.shape[1]} x {trimap.shape[0]} pixels, but the image is "
            f"{width} x {height}: give a trimap of the image's size"
        )
    found = np.flatnonzero(cv2.calcHist([trimap], [0], None, [256], [0, 256])).tolist()
    wrong = [value for value in found if value not in (BACKGROUND, UNKNOWN, FOREGROUND)]
    if wrong:
        raise TrimapError(
            f"trimap: has {len(wrong)} values other than 0, 128 and 255, such as {wrong[:5]}: "
            "snap_trimap corrects them"
        )
    if len(found) == 1 and trimap.size > 1 and not uniform:
        raise TrimapError(
            f"trimap: every pixel is {found[0]}: mark at least two of background (0), unknown "
            "(128) and foreground (255)"
        )


def unknown_region(trimap: np.ndarray) -> np.ndarray:
    """Tells where alpha has to be found.

    Args:
        trimap: uint8 `(H, W)`.

    Returns:
        bool `(H, W)`.

    Example:
        >>> unknown_region(np.array([[0, 128, 255]], np.uint8)).tolist()
        [[False, True, False]]
    """
    return trimap == UNKNOWN


def clamp(alpha: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    """Sets known pixels to exactly what the trimap says.

    Args:
        alpha: `(H, W)`, uint8, uint16 or float in [0, 1].
        trimap: uint8 `(H, W)`.

    Returns:
        A new array of alpha's type.

    Example:
        >>> clamp(np.array([[9, 9, 9]], np.uint16), np.array([[0, 128, 255]], np.uint8)).tolist()
        [[0, 9, 65535]]
    """
    clamped = alpha.copy()
    clamped[trimap == BACKGROUND] = 0
    clamped[trimap == FOREGROUND] = highest(alpha.dtype)
    return clamped


def smaller_trimap(trimap: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scales a trimap: a pixel is known only if all that it stands for is.

    Args:
        trimap: uint8 `(H, W)`.
        height: Rows wanted.
        width: Columns wanted.

    Returns:
        uint8 `(height, width)`; unchanged at the same size.

    Example:
        >>> trimap = np.array([[0, 0, 0, 128, 255, 255]], np.uint8)
        >>> smaller_trimap(trimap, 1, 3).tolist()
        [[0, 128, 255]]
    """
    if trimap.shape == (height, width):
        return trimap
    shares = (
        resized((trimap == value).astype(np.float32), height, width) > 0.999
        for value in (FOREGROUND, BACKGROUND)
    )
    return _three_values(*shares)


def as_mask(picture: Picture, image_shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Takes a mask in any form; 0 and 1 of 255 or of 65535 are labels, 1 is the subject.

    Args:
        picture: `(H, W)` in any form that `as_grey` takes: white is the subject.
        image_shape: `(H, W)` or `(H, W, channels)` that it must have.

    Returns:
        uint8 `(H, W)`: foreground from 95 %, background up to 5 %, grey between.

    Raises:
        TrimapError: All of it is background or all foreground, or it has another size.
        ValueError: It is not such a picture.

    Example:
        >>> as_mask(np.array([[0, 0, 1]], np.uint8)).tolist()
        [[0, 0, 255]]
    """
    mask = as_grey(picture, "mask")
    if image_shape and mask.shape != image_shape[:2]:
        raise TrimapError(
            f"mask: is {mask.shape[1]} x {mask.shape[0]} pixels, but the image is "
            f"{image_shape[1]} x {image_shape[0]}: give a mask of the image's size"
        )
    values = to_bytes(mask > 0) if _holds_labels(mask) else to_bytes(mask)
    low, high = int(values.min()), int(values.max())
    if high <= MASK_LOW or low >= MASK_HIGH:
        everything = "background" if high <= MASK_LOW else "foreground"
        raise TrimapError(
            f"mask: its values are {low} to {high} of 255, all of it {everything}: mark the "
            f"subject white ({MASK_HIGH} and more) on black (up to {MASK_LOW})"
        )
    return values


def trimap_from_mask(
    mask: Picture, foreground_radius: Radius, background_radius: Radius
) -> np.ndarray:
    """Makes a trimap from a hard or soft mask.

    From 95 % the mask is foreground, up to 5 % background. Both are eroded by a disc, but not at
    the frame, where an object may go on; the rest is unknown. Nothing known may be left.

    Args:
        mask: As in `as_mask`.
        foreground_radius: Erosion of the foreground in pixels, at least 0; a radius for each pixel
            `(H, W)` makes a band of changing width.
        background_radius: Erosion of the background, likewise.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        TrimapError: A radius is negative, or the mask marks nothing or everything.
        ValueError: The mask is not such a picture.

    Example:
        >>> trimap_from_mask(np.array([[0, 0, 0, 1, 1]], bool), 1, 2).tolist()
        [[0, 128, 128, 128, 255]]
    """
    values = as_mask(mask)
    foreground = _erode(values >= MASK_HIGH, foreground_radius)
    return _three_values(foreground, _erode(values <= MASK_LOW, background_radius))


def trimap_from_alpha(
    alpha: Picture, foreground_radius: Radius, background_radius: Radius
) -> np.ndarray:
    """Makes a trimap from an alpha: as `trimap_from_mask`, but only alpha 0 and 1 are certain.

    Args:
        alpha: `(H, W)` in any form that `as_grey` takes; compared after rounding to 8 bits.
        foreground_radius: Erosion of alpha = 1, as in `trimap_from_mask`.
        background_radius: Erosion of alpha = 0, likewise.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        TrimapError: A radius is negative.
        ValueError: Alpha is not such a picture.

    Example:
        >>> trimap_from_alpha(np.array([[0.0, 0.0, 0.02, 0.98, 1.0]]), 0, 1).tolist()
        [[0, 128, 128, 128, 255]]
    """
    values = to_bytes(as_grey(alpha, "alpha"))
    foreground = _erode(values == 255, foreground_radius)
    return _three_values(foreground, _erode(values == 0, background_radius))


def _three_values(foreground: np.ndarray, background: np.ndarray) -> np.ndarray:
    trimap = np.full(foreground.shape, UNKNOWN, np.uint8)
    trimap[background] = BACKGROUND
    trimap[foreground] = FOREGROUND
    return trimap


def _holds_labels(mask: np.ndarray) -> bool:
    """Tells 0 and 1 of 255 or of 65535, which nobody means for two kinds of black."""
    top = float(to_float(mask).max())
    return top <= 1 / 255 + 1e-6 and not mask.min() and np.unique(mask).size == 2


def _erode(region: np.ndarray, radius: Radius) -> np.ndarray:
    if not 0 <= np.min(radius) <= np.max(radius) < np.inf:
        raise TrimapError(f"radius: is {radius}, but must be at least 0 pixels")
    # Distances cost the same at any radius, unlike a disc-shaped kernel.
    distance = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance > radius

"""Makes and checks trimaps: uint8 arrays of 0 background, 128 unknown and 255 foreground."""

import warnings

import cv2
import numpy as np

BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255
SNAP_LOW, SNAP_HIGH = 25, 230  # 10 % and 90 %, of values rounded to 8 bits
MASK_LOW, MASK_HIGH = 13, 242  # 5 % and 95 %


class TrimapError(ValueError):
    """A trimap is wrong or cannot be made; the message is one line that says what to do."""


def snap_trimap(grey: np.ndarray) -> np.ndarray:
    """Turns any grey picture of a trimap into exact values.

    Exactly 0, 128 and 255 are kept silently. All else is snapped with a warning that counts it: up
    to 25 (10 %) becomes background, 230 (90 %) and more foreground, everything between unknown.
    That covers other codes for unknown (127, 102), smoothed edges and JPEG noise.

    Args:
        grey: `(H, W)`, float in [0, 1], uint8, uint16 or bool; compared after rounding to 8 bits.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        TrimapError: `grey` is not such an array.

    Example:
        >>> snap_trimap(np.array([[0.0, 0.5, 1.0]])).tolist()
        [[0, 128, 255]]
    """
    values = _to_8_bits(grey, "trimap")
    trimap = _three_values(values >= SNAP_HIGH, values <= SNAP_LOW)
    changed = np.count_nonzero(trimap != values)
    if changed:
        warnings.warn(
            f"trimap: {changed} pixels ({changed / values.size:.2%}) were not 0, 128 or 255: up to "
            f"{SNAP_LOW} became background, from {SNAP_HIGH} foreground, the others unknown",
            stacklevel=2,
        )
    return trimap


def check_trimap(trimap: np.ndarray, image_shape: tuple[int, ...]) -> None:
    """Refuses a trimap that cannot be meant.

    A trimap without unknown pixels (a hard mask), or with unknown pixels and only one of
    foreground and background, is fine. One value everywhere is not, except in a single pixel.

    Args:
        trimap: uint8 `(H, W)` with values 0, 128 and 255.
        image_shape: Shape of the image, `(H, W)` or `(H, W, channels)`.

    Raises:
        TrimapError: Type, size or values are wrong, or all values are the same.

    Example:
        >>> check_trimap(np.array([[0, 128, 255]], np.uint8), (1, 3, 3))
    """
    if trimap.dtype != np.uint8 or trimap.ndim != 2:
        raise TrimapError(
            f"trimap: is {trimap.dtype} of shape {trimap.shape}, but must be uint8 (H, W): "
            "snap_trimap makes one from any grey array"
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
    if len(found) == 1 and trimap.size > 1:
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


def trimap_from_mask(
    mask: np.ndarray, foreground_radius: float, background_radius: float
) -> np.ndarray:
    """Makes a trimap from a hard or soft mask.

    From 95 % the mask is foreground, up to 5 % background. Both are eroded by a disc, but not at
    the frame, where an object may go on; the rest is unknown. The result may have a single value.

    Args:
        mask: `(H, W)`, bool, float in [0, 1], uint8 or uint16; compared after rounding to 8 bits.
        foreground_radius: Erosion of the foreground in pixels, at least 0.
        background_radius: Erosion of the background in pixels, at least 0.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        TrimapError: The mask is not such an array or a radius is negative.

    Example:
        >>> trimap_from_mask(np.array([[0, 0, 0, 1, 1]], bool), 1, 2).tolist()
        [[0, 128, 128, 128, 255]]
    """
    values = _to_8_bits(mask, "mask")
    foreground = _erode(values >= MASK_HIGH, foreground_radius)
    return _three_values(foreground, _erode(values <= MASK_LOW, background_radius))


def trimap_from_alpha(
    alpha: np.ndarray, foreground_radius: float, background_radius: float
) -> np.ndarray:
    """Makes a trimap from an alpha: as `trimap_from_mask`, but only alpha 0 and 1 are certain.

    Args:
        alpha: `(H, W)`, float in [0, 1], uint8 or uint16; compared after rounding to 8 bits.
        foreground_radius: Erosion of alpha = 1 in pixels, at least 0.
        background_radius: Erosion of alpha = 0 in pixels, at least 0.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        TrimapError: Alpha is not such an array or a radius is negative.

    Example:
        >>> trimap_from_alpha(np.array([[0.0, 0.0, 0.02, 0.98, 1.0]]), 0, 1).tolist()
        [[0, 128, 128, 128, 255]]
    """
    values = _to_8_bits(alpha, "alpha")
    foreground = _erode(values == 255, foreground_radius)
    return _three_values(foreground, _erode(values == 0, background_radius))


def _three_values(foreground: np.ndarray, background: np.ndarray) -> np.ndarray:
    trimap = np.full(foreground.shape, UNKNOWN, np.uint8)
    trimap[background] = BACKGROUND
    trimap[foreground] = FOREGROUND
    return trimap


def _to_8_bits(values: np.ndarray, name: str, channels: tuple[int, ...] = ()) -> np.ndarray:
    if values.ndim < 2 or values.shape[2:] != channels or values.size == 0:
        allowed = "(H, W, 3): give RGB" if channels else "(H, W): give one channel"
        raise TrimapError(f"{name}: has shape {values.shape}, but must be {allowed}")
    if values.dtype == np.uint8:
        return values
    if values.dtype == bool:
        return values * np.uint8(255)
    if values.dtype == np.uint16:
        return ((values + np.uint32(128)) // 257).astype(np.uint8)
    if not np.issubdtype(values.dtype, np.floating):
        raise TrimapError(f"{name}: is {values.dtype}: give float in [0, 1] or uint8")
    low, high = values.min(), values.max()
    if not (low >= 0 and high <= 1):  # also if they are NaN
        raise TrimapError(f"{name}: has values from {low:g} to {high:g}: give floats in [0, 1]")
    return (values * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def _erode(region: np.ndarray, radius: float) -> np.ndarray:
    if not 0 <= radius < np.inf:
        raise TrimapError(f"radius: is {radius}, but must be at least 0 pixels")
    # Distances cost the same at any radius, unlike a disc-shaped kernel.
    distance = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance > radius

"""Finds an object by its colours, from a box or from nothing, and makes a trimap: GrabCut.

Rother, Kolmogorov, Blake, "GrabCut: Interactive Foreground Extraction Using Iterated Graph Cuts",
SIGGRAPH 2004.
"""

import cv2
import numpy as np

from atnet.arrays import to_bytes
from atnet.files.images import Picture, as_image
from atnet.trimaps import TrimapError, trimap_from_mask

GRAB_CUT_SIDE = 400  # longest side, in pixels, of the reduced copy: about a second of work
GRAB_CUT_ITERATIONS = 5
BAND_SHARE = 0.02  # half the width of the unknown band, as a share of the object's diagonal
MIN_BAND = 3.0  # pixels
SUBJECT_BORDER = 0.05  # of the frame's height and width


def trimap_from_box(image: Picture, box: tuple[int, int, int, int]) -> np.ndarray:
    """Makes a trimap from a box around the object, by GrabCut (Rother et al., 2004).

    The outline found inside the box gets an unknown band of 2 % of the box's diagonal to either
    side. It misses holes, glass, and hair that reaches beyond the band; on cluttered backgrounds,
    or where object and background share colours, the outline itself is wrong: look before use.

    Args:
        image: `(H, W, 3)` RGB in any form that `as_image` takes.
        box: `(x, y, width, height)` in pixels, clipped to the image; background must remain around.

    Returns:
        Trimap, uint8 `(H, W)`, with unknown pixels.

    Raises:
        TrimapError: The box is outside the image, too small or all of it, or no object is found.

    Example:
        >>> image = np.zeros((40, 60, 3), np.float32)
        >>> image[10:30, 20:40] = 1
        >>> trimap_from_box(image, (15, 5, 30, 30))[20, [30, 20, 0]].tolist()
        [255, 128, 0]
    """
    pixels = to_bytes(as_image(image))
    inner = _clipped(box, pixels.shape)
    height, width = (side.stop - side.start for side in inner)
    # Around the box only: colours far away say little, and small objects keep their resolution.
    margin = max(height, width, 16)
    outer = tuple(slice(max(side.start - margin, 0), side.stop + margin) for side in inner)
    labels = np.full(pixels.shape[:2], cv2.GC_BGD, np.uint8)
    labels[inner] = cv2.GC_PR_FGD
    foreground = np.zeros(pixels.shape[:2], bool)
    foreground[outer] = _grab_cut(pixels[outer], labels[outer])
    return _band(foreground, width, height)


def trimap_from_subject(image: Picture) -> np.ndarray:
    """Makes a trimap of the main subject without any hint, by GrabCut (Rother et al., 2004).

    A border of 5 % at the top, left and right is taken for background (subjects are often cut by
    the lower edge), so the subject should keep clear of it and differ from it in colour. Several
    subjects, clutter and low contrast end in a wrong outline; holes, far-reaching hair and glass
    are missed as in `trimap_from_box`, the better choice wherever the object's place is known.

    Args:
        image: `(H, W, 3)` RGB in any form that `as_image` takes.

    Returns:
        Trimap, uint8 `(H, W)`, with unknown pixels.

    Raises:
        TrimapError: No subject is found.

    Example:
        >>> image = np.zeros((40, 60, 3), np.float32)
        >>> image[10:30, 20:40] = 1
        >>> int(trimap_from_subject(image)[20, 30])
        255
    """
    pixels = to_bytes(as_image(image))
    labels = np.full(pixels.shape[:2], cv2.GC_BGD, np.uint8)
    rows, columns = (max(1, round(SUBJECT_BORDER * side)) for side in labels.shape)
    labels[rows:, columns:-columns] = cv2.GC_PR_FGD
    foreground = _grab_cut(pixels, labels)
    *_, width, height = cv2.boundingRect(foreground.astype(np.uint8))
    return _band(foreground, width, height)


def _band(foreground: np.ndarray, width: int, height: int) -> np.ndarray:
    radius = max(MIN_BAND, BAND_SHARE * float(np.hypot(width, height)))
    return trimap_from_mask(foreground, radius, radius)


def _clipped(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> tuple[slice, slice]:
    x, y, width, height = box
    top, bottom = max(y, 0), min(y + height, shape[0])
    left, right = max(x, 0), min(x + width, shape[1])
    received = f"box: x {x}, y {y}, {width} x {height} in an image of {shape[1]} x {shape[0]}"
    if min(right - left, bottom - top) < 3:
        raise TrimapError(f"{received}: at least 3 x 3 pixels of it must be inside the image")
    if (bottom - top, right - left) == shape[:2]:
        raise TrimapError(f"{received}: leave background around it or use trimap_from_subject")
    return slice(top, bottom), slice(left, right)


def _grab_cut(pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Splits pixels into foreground (True) and background from labels, on a reduced copy."""
    height, width = labels.shape
    scale = min(1.0, GRAB_CUT_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    found = cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
    nothing = TrimapError("no object stands out: draw a trimap, give a mask or a larger box")
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # GrabCut clusters the colours from a random start
    try:
        cv2.grabCut(small, found, (0, 0, 0, 0), *models, GRAB_CUT_ITERATIONS, cv2.GC_INIT_WITH_MASK)
    except cv2.error as error:  # fewer pixels on a side than a colour model has parts
        raise nothing from error
    found = cv2.medianBlur(np.bitwise_and(found, 1), 5)  # odd is foreground; specks are removed
    if found.min() == found.max():
        raise nothing
    share = cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return share > 0.5

"""Finds an object by its colours, in a box, between strokes or by nothing: GrabCut.

Rother, Kolmogorov, Blake, "GrabCut: Interactive Foreground Extraction Using Iterated Graph Cuts",
SIGGRAPH 2004.
"""

import cv2
import numpy as np

from atnet.arrays import to_bytes
from atnet.files.images import Picture, as_image
from atnet.subjects.bands import NARROWEST, EvenBand, lay_band
from atnet.trimaps import TrimapError

GRAB_CUT_SIDE = 400  # longest side, in pixels, of the reduced copy: about a second of work
GRAB_CUT_ITERATIONS = 5
FOUND_BAND = EvenBand(NARROWEST, 0.02)
"""What an outline that was found by colours is trusted within."""
SUBJECT_BORDER = 0.05  # of the frame's height and width


def trimap_from_box(image: Picture, box: tuple[int, int, int, int]) -> np.ndarray:
    """Makes a trimap from a box around the object, by GrabCut (Rother et al., 2004).

    The outline found inside the box gets an unknown band of 2 % of the object's diagonal to either
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
    pixels = as_image(image)
    return lay_band(FOUND_BAND, pixels, find_in_box(pixels, box))


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
    pixels = as_image(image)
    return lay_band(FOUND_BAND, pixels, find_subject(pixels))


def find_in_box(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Finds the object in a box.

    Args:
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].
        box: As in `trimap_from_box`.

    Returns:
        bool `(H, W)`.

    Raises:
        TrimapError: As in `trimap_from_box`.
    """
    pixels = to_bytes(image)
    inner = _clipped(box, pixels.shape)
    height, width = (side.stop - side.start for side in inner)
    # Around the box only: colours far away say little, and small objects keep their resolution.
    margin = max(height, width, 16)
    outer = tuple(slice(max(side.start - margin, 0), side.stop + margin) for side in inner)
    labels = np.full(pixels.shape[:2], cv2.GC_BGD, np.uint8)
    labels[inner] = cv2.GC_PR_FGD
    foreground = np.zeros(pixels.shape[:2], bool)
    foreground[outer] = _grab_cut(pixels[outer], labels[outer])
    return foreground


def find_subject(image: np.ndarray) -> np.ndarray:
    """Finds the main subject.

    Args:
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].

    Returns:
        bool `(H, W)`.

    Raises:
        TrimapError: Nothing stands out.
    """
    labels = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    rows, columns = (max(1, round(SUBJECT_BORDER * side)) for side in labels.shape)
    labels[rows:, columns:-columns] = cv2.GC_PR_FGD
    return _grab_cut(to_bytes(image), labels)


def find_between_strokes(
    image: np.ndarray, foreground: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Finds what strokes mark: the pixels like them and near them.

    Args:
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].
        foreground: bool `(H, W)`, strokes on the object, at least one pixel.
        background: bool `(H, W)`, strokes beside it, at least one pixel.

    Returns:
        bool `(H, W)`: all of it hangs together with a foreground stroke.

    Raises:
        TrimapError: Nothing stands out.
    """
    # Thin strokes must not vanish on the reduced copy.
    side = 2 * (max(foreground.shape) // (2 * GRAB_CUT_SIDE)) + 1
    strokes = [cv2.dilate(marks.astype(np.uint8), np.ones((side, side))) for marks in
               (foreground, background)]  # fmt: skip
    on, beside = (cv2.distanceTransform(1 - marks, cv2.DIST_L2, 5) for marks in strokes)
    labels = np.where(on < beside, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[strokes[0] > 0] = cv2.GC_FGD
    labels[strokes[1] > 0] = cv2.GC_BGD
    found = (_grab_cut(to_bytes(image), labels) | foreground) & ~background
    count, labelled = cv2.connectedComponents(found.astype(np.uint8))
    parts = labelled.astype(np.intp)
    marked = np.zeros(count, bool)
    marked[parts[foreground]] = True
    return found & marked[parts]


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

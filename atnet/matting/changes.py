"""What has to be looked at again when a trimap has changed."""

import math
from typing import NamedTuple

import cv2
import numpy as np

from atnet.tiling import surroundings

REACH = 0.5
"""How far a changed pixel has a say, in contexts of the network; docs/inference.md says why."""


class Change(NamedTuple):
    """Where a new alpha takes the place of an old one.

    Attributes:
        box: Rows and columns that have to be seen for it.
        weights: float32, of the box's size: the new alpha's share, 1 at the changed pixels, 0 from
            the reach on, falling smoothly between so that no seam shows.
    """

    box: tuple[slice, slice]
    weights: np.ndarray


def find_change(before: np.ndarray, trimap: np.ndarray, context: float) -> Change | None:
    """Compares two trimaps.

    Args:
        before: uint8 `(H, W)`.
        trimap: The same, later.
        context: What has to be seen around pixels whose alpha is found, in pixels, above 0.

    Returns:
        The change, or None where there is none.

    Example:
        >>> before, trimap = np.zeros((1, 9), np.uint8), np.zeros((1, 9), np.uint8)
        >>> trimap[0, 2] = 128
        >>> find_change(before, trimap, 4).weights.tolist()
        [[0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
        >>> find_change(before, before, 4) is None
        True
    """
    changed = before != trimap
    if not changed.any():
        return None
    reach = REACH * context
    box = surroundings(changed, math.ceil(reach + context)).slices
    same = (~changed[box]).astype(np.uint8)
    distance = cv2.distanceTransform(same, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    nearness = np.clip(2 - 2 * distance / reach, 0, 1)
    return Change(box, nearness * nearness * (3 - 2 * nearness))

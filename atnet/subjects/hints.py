"""What a user gives to say where the subject is; each kind of hint makes a trimap of it."""

from dataclasses import dataclass

import numpy as np

from atnet.files.images import Picture
from atnet.subjects.grabcut import trimap_from_box, trimap_from_subject
from atnet.subjects.masks import read_mask
from atnet.trimaps import snap_trimap, trimap_from_mask

MASK_BAND = 0.01
"""Width of the unknown band on each side of a mask's outline, in image diagonals."""
MIN_BAND = 3.0  # pixels


@dataclass(frozen=True)
class DrawnTrimap:
    """A trimap: black background, grey unknown, white foreground."""

    picture: Picture

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Snaps it to exact values; its size is checked where it is used."""
        del image
        return snap_trimap(self.picture)


@dataclass(frozen=True)
class RoughMask:
    """A mask whose outline is about right: white is the subject."""

    picture: Picture

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Lays an unknown band along the outline."""
        mask = read_mask(self.picture, image.shape)
        band = max(MIN_BAND, MASK_BAND * float(np.hypot(*mask.shape)))
        return trimap_from_mask(mask, band, band)


@dataclass(frozen=True)
class Box:
    """A box around the subject, in pixels from the left and from the top."""

    x: int
    y: int
    width: int
    height: int

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Finds the subject by its colours inside the box."""
        return trimap_from_box(image, (self.x, self.y, self.width, self.height))


@dataclass(frozen=True)
class NoHint:
    """Nothing: the subject keeps clear of the frame and differs from it in colour."""

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Finds the subject by its colours alone."""
        return trimap_from_subject(image)


Hint = DrawnTrimap | RoughMask | Box | NoHint
"""Any of them: `hint.trimap(image)` takes `(H, W, 3)`, and returns uint8 `(H, W)` or raises
`ValueError`."""

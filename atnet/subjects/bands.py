"""How wide the unknown band along an outline is: everywhere the same, or by a mask's own greys."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from atnet.files.images import Picture
from atnet.trimaps import MASK_HIGH, MASK_LOW, Radius, TrimapError, as_mask, trimap_from_mask

NARROWEST = 3.0
"""What a relative band has at least to either side of an outline, in pixels."""


class Band(Protocol):
    """Tells how wide the unknown band is along an outline."""

    def radii(self, image: np.ndarray, mask: np.ndarray) -> tuple[Radius, Radius]:
        """Returns how far it reaches into foreground and background, in pixels.

        Args:
            image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].
            mask: uint8 `(H, W)`.

        Returns:
            Two radii as `trimap_from_mask` takes them.
        """
        ...


@dataclass(frozen=True)
class EvenBand:
    """The same width everywhere.

    Attributes:
        pixels: To either side of the outline, at least.
        share: The same in diagonals of the subject; the larger of both holds.
    """

    pixels: float = 0
    share: float = 0

    def radii(self, image: np.ndarray, mask: np.ndarray) -> tuple[Radius, Radius]:
        """Returns the width twice."""
        del image
        radius = max(self.pixels, self.share * diagonal(mask))
        return radius, radius


@dataclass(frozen=True)
class SoftBand:
    """A narrow margin around a mask's grey: for a mask that says where it is in doubt."""

    margin: EvenBand = EvenBand(NARROWEST, 0.0025)

    def radii(self, image: np.ndarray, mask: np.ndarray) -> tuple[Radius, Radius]:
        """Returns the margin; raises `TrimapError` for a mask of black and white alone."""
        if not ((mask > MASK_LOW) & (mask < MASK_HIGH)).any():
            raise TrimapError(
                "mask: is black and white alone, without a soft edge to go by: give the band in "
                "pixels or percent, or by detail"
            )
        return self.margin.radii(image, mask)


def lay_band(band: Band, image: np.ndarray, mask: Picture) -> np.ndarray:
    """Makes the trimap of a mask.

    Args:
        band: Its width.
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].
        mask: `(H, W)`, as in `as_mask`.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        TrimapError: The mask has another size, marks nothing or everything, or the band asks for
            greys that it has not.
    """
    values = as_mask(mask, image.shape)
    return trimap_from_mask(values, *band.radii(image, values))


def diagonal(mask: np.ndarray) -> float:
    """Measures a subject: the diagonal of the box around all that is more white than black.

    Args:
        mask: uint8 `(H, W)`.

    Returns:
        Pixels; the picture's diagonal where nothing is so white.

    Example:
        >>> diagonal(np.array([[0, 255, 255, 255]] * 4, np.uint8))
        5.0
    """
    *_, width, height = cv2.boundingRect((mask > 127).astype(np.uint8))
    return float(np.hypot(width, height) or np.hypot(*mask.shape))

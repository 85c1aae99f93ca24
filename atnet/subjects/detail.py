"""Widens the unknown band where hair or fur sticks out of an outline, by the picture's detail."""

from dataclasses import dataclass

import cv2
import numpy as np

from atnet.arrays import resized, scaled_to, to_float
from atnet.files.images import Picture, as_image
from atnet.subjects.bands import NARROWEST, EvenBand, diagonal, lay_band
from atnet.trimaps import Radius

EVEN = EvenBand(NARROWEST, 0.01)
"""Along a smooth outline."""
WIDEST = 0.06
"""Outside of the hairiest outline, in diagonals of the subject."""
INNER = 0.5
"""How much of what is added outside is added inside, too."""
_SIDE = 800  # longest side in pixels of the copy that is looked at
_FINE = 1.0  # pixels of that copy: hairs are of this size
_WINDOW = 1.5  # over which their contrast is gathered
_EDGE = 7.0  # pixels of that copy: how far the contrast of the outline itself reaches
_PLAIN = 0.95  # share of the background far away that is said to have no detail


def trimap_by_detail(image: Picture, mask: Picture) -> np.ndarray:
    """Makes a trimap from a mask; the band is wider where the picture has hair or fur.

    Fine detail outside of the mask is compared with that of the background far from it. The larger
    its share nearby, the wider is the band: from 1 % of the subject's diagonal along a smooth
    outline to 6 % outside of the hairiest. Where the background is as detailed as hair nothing
    stands out and the band stays narrow; grass or twigs that only lie near widen it.

    Args:
        image: `(H, W, 3)` RGB in any form that `as_image` takes.
        mask: `(H, W)`, as in `trimap_from_mask`.

    Returns:
        Trimap, uint8 `(H, W)`.

    Raises:
        TrimapError: The mask has another size, or marks nothing or everything.
        ValueError: They are no such pictures.

    Example:
        >>> mask = np.zeros((80, 80), bool)
        >>> mask[:, :40] = True
        >>> trimap_by_detail(np.zeros((80, 80, 3), np.float32), mask)[40, [30, 41, 50]].tolist()
        [255, 128, 0]
    """
    return lay_band(DetailBand(), as_image(image), mask)


@dataclass(frozen=True)
class DetailBand:
    """Wider where the picture has fine detail outside of the outline."""

    def radii(self, image: np.ndarray, mask: np.ndarray) -> tuple[Radius, Radius]:
        """Returns two float32 `(H, W)` of pixels."""
        size = diagonal(mask)
        even = EVEN.radii(image, mask)[0]
        widest = max(even, WIDEST * size)
        small = to_float(scaled_to(image, _SIDE))
        scale = small.shape[1] / image.shape[1]
        outside = resized(mask, *small.shape[:2]) <= 127
        share = _detail_around(small, outside, scale * widest)
        added = resized(share, *mask.shape) * np.float32(widest - even)
        return even + INNER * added, even + added


def _detail_around(image: np.ndarray, outside: np.ndarray, far: float) -> np.ndarray:
    """The share of pixels around each, outside of the outline, that are finer than far away."""
    fine = ((image - _blurred(image, _FINE)) ** 2).sum(axis=2)
    fine = _blurred(fine, _WINDOW)
    distance = cv2.distanceTransform(outside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    beyond = distance > far
    plain = np.quantile(fine[beyond] if beyond.any() else fine, _PLAIN)
    ring = ((distance > _EDGE) & (distance <= far)).astype(np.float32)
    around = _blurred(ring, far)
    return _blurred(ring * (fine > plain), far) / np.maximum(around, 1e-6)


def _blurred(values: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)

"""Image and trimap to everything that can be made of them, in one call."""

import functools
from dataclasses import dataclass

import numpy as np

from atnet.arrays import cover
from atnet.files.images import Picture, as_image
from atnet.foreground import composite, estimate_foreground
from atnet.matting.predictor import Matting


@dataclass(frozen=True)
class Result:
    """A matted image; foreground colours are estimated when they are first asked for.

    Attributes:
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].
        alpha: float32 `(H, W)` in [0, 1].
    """

    image: np.ndarray
    alpha: np.ndarray

    @functools.cached_property
    def foreground(self) -> np.ndarray:
        """The foreground's own colours, float32 `(H, W, 3)` in [0, 1]."""
        return estimate_foreground(self.image, self.alpha)

    @property
    def cutout(self) -> np.ndarray:
        """Colours with straight alpha, float32 `(H, W, 4)` in [0, 1]."""
        return np.dstack([self.foreground, self.alpha])

    def over(self, background: Picture | tuple[float, float, float]) -> np.ndarray:
        """Lays the foreground over a colour, or a picture that is scaled to cover the image.

        Args:
            background: Three values in [0, 1], or `(h, w, 3)` in any form that `as_image` takes.

        Returns:
            float32 `(H, W, 3)` in [0, 1].
        """
        if not isinstance(background, tuple):
            background = cover(as_image(background, "background"), *self.alpha.shape)
        return composite(self.foreground, background, self.alpha)


def matte(image: Picture, trimap: Picture, matting: Matting | None = None) -> Result:
    """Mattes an image: alpha, foreground colours, cutout.

    Args:
        image: `(H, W, 3)` sRGB, as `Matting.alpha` takes it.
        trimap: `(H, W)`, likewise.
        matting: The predictor; by default one of the default preset, which is kept for the next
            call.

    Returns:
        The result.

    Raises:
        ImageError: A file cannot be read.
        TrimapError: A trimap of another size, with other values, or all of one value.
        ValueError: Wrong shape, type or range.

    Example:
        >>> image, trimap = np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60), np.uint8)
        >>> trimap[10:30, 10:50] = 128
        >>> matte(image, trimap).cutout.shape
        (40, 60, 4)
    """
    image = as_image(image)
    return Result(image, (matting or _default_matting()).alpha(image, trimap))


@functools.lru_cache(maxsize=1)
def _default_matting() -> Matting:
    return Matting()

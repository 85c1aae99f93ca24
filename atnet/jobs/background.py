"""What a foreground is laid over: a colour, a picture, or its own photograph out of focus."""

from dataclasses import dataclass

import numpy as np
from PIL import ImageColor

from atnet.arrays import cover, to_bytes, to_float
from atnet.files.images import ImageError, Source, as_image
from atnet.files.profiles import from_srgb
from atnet.files.storage import location
from atnet.foreground import blurred_background

WHITE = (1.0, 1.0, 1.0)
BLUR = 0.02
"""Radius of the blur, in image diagonals, where none is given."""


@dataclass(frozen=True)
class Blur:
    """The photograph's own background, out of focus.

    Attributes:
        radius: In pixels; None is `BLUR` diagonals.
    """

    radius: float | None = None


Background = tuple[float, float, float] | Blur | Source
"""A colour of three values in [0, 1], a blur, or a picture."""


def parse_background(text: str) -> Background:
    """Reads the name of a background.

    Args:
        text: A colour such as `white` or `#00ff00`, `blur`, or `blur:20` with a radius in pixels,
            which go before a file of that name; or a file.

    Returns:
        The colour, the blur or the path.

    Raises:
        ImageError: It is none of them.

    Example:
        >>> parse_background("#00ff00")
        (0.0, 1.0, 0.0)
        >>> parse_background("blur:20")
        Blur(radius=20.0)
    """
    kind, _, radius = text.partition(":")
    if kind == "blur":
        return Blur(_radius(radius, text) if radius else None)
    try:
        red, green, blue, *_ = ImageColor.getrgb(text)
    except ValueError as error:
        if (picture := location(text)).is_file():
            return picture
        raise ImageError(
            f"{text}: is neither a file nor a colour such as white or #00ff00, nor blur"
        ) from error
    return red / 255, green / 255, blue / 255


def behind(
    background: Background, image: np.ndarray, alpha: np.ndarray, profile: bytes | None = None
) -> np.ndarray:
    """Makes what a photograph's foreground is laid over.

    Args:
        background: In sRGB.
        image: The photograph, `(H, W, 3)`, uint8, uint16 or float in [0, 1].
        alpha: `(H, W)`, likewise.
        profile: ICC profile that the photograph's colours follow; None is sRGB.

    Returns:
        float32 `(H, W, 3)` in [0, 1], in the photograph's colours; not to be written to.
    """
    if isinstance(background, Blur):
        radius = background.radius or BLUR * float(np.hypot(*alpha.shape))
        return blurred_background(image, alpha, radius)
    if isinstance(background, tuple):
        under = np.array(background, np.float32)[None, None]
    else:
        under = cover(as_image(background, "background"), *alpha.shape)
    if profile is not None:
        under = to_float(from_srgb(to_bytes(under), profile))
    return np.broadcast_to(under, (*alpha.shape, 3))


def _radius(text: str, whole: str) -> float:
    try:
        radius = float(text)
    except ValueError:
        radius = 0
    if not 0 < radius <= 10_000:
        raise ImageError(f"{whole}: is no blur: give blur, or blur:20 with a radius in pixels")
    return radius

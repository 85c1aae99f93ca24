"""What a user gives to say where the subject is; each kind of hint makes a trimap of it."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from atnet.files.images import Picture, as_grey
from atnet.subjects.bands import NARROWEST, Band, EvenBand, SoftBand, lay_band
from atnet.subjects.detail import DetailBand
from atnet.subjects.grabcut import FOUND_BAND, find_in_box, find_subject
from atnet.subjects.mask_model import MaskModel
from atnet.subjects.mask_settings import MaskSettings
from atnet.subjects.scribbles import trimap_from_scribbles
from atnet.trimaps import (
    MASK_LOW,
    TrimapError,
    as_mask,
    smaller_trimap,
    snap_trimap,
    trimap_from_alpha,
)

MASK_BAND = DetailBand()
"""What a mask's outline is trusted within, unless told otherwise."""
ALPHA_BAND = EvenBand(NARROWEST)


@dataclass(frozen=True)
class DrawnTrimap:
    """A trimap: black background, grey unknown, white foreground."""

    picture: Picture
    resize: bool = False

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Snaps it to exact values; without `resize` its size is checked where it is used."""
        trimap = snap_trimap(self.picture)
        return scaled_trimap(trimap, *image.shape[:2]) if self.resize else trimap


@dataclass(frozen=True)
class RoughMask:
    """A mask whose outline is about right: white is the subject."""

    picture: Picture
    band: Band = MASK_BAND

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Lays an unknown band along the outline."""
        return lay_band(self.band, image, self.picture)


@dataclass(frozen=True)
class KnownAlpha:
    """An alpha from elsewhere: exactly 0 and 1 are known, but for a band around what is not."""

    picture: Picture
    band: Band = ALPHA_BAND

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Lays an unknown band around all that is neither 0 nor 1."""
        alpha = as_grey(self.picture, "alpha")
        mask = as_mask(alpha, image.shape)
        return trimap_from_alpha(alpha, *self.band.radii(image, mask))


@dataclass(frozen=True)
class Box:
    """A box around the subject, in pixels from the left and from the top."""

    x: int
    y: int
    width: int
    height: int
    band: Band = FOUND_BAND

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Finds the subject by its colours inside the box."""
        box = (self.x, self.y, self.width, self.height)
        return lay_band(self.band, image, find_in_box(image, box))


@dataclass(frozen=True)
class Scribbles:
    """White strokes on the subject and black ones beside it."""

    picture: Picture
    band: Band = FOUND_BAND

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Finds the subject by the colours under the strokes."""
        return trimap_from_scribbles(image, self.picture, self.band)


@dataclass(frozen=True)
class SalientObject:
    """What a network finds, in an ONNX file that is loaded when it is first needed."""

    model: Path
    settings: MaskSettings
    band: Band = MASK_BAND

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Lays an unknown band along the outline of what is found."""
        mask = _loaded(self.model, self.settings).mask(image)
        if mask.max() <= MASK_LOW / 255:
            raise TrimapError(f"{self.model}: finds nothing in this picture; give another hint")
        return lay_band(self.band, image, mask)


@dataclass(frozen=True)
class NoHint:
    """Nothing: the subject keeps clear of the frame and differs from it in colour."""

    band: Band = FOUND_BAND

    def trimap(self, image: np.ndarray) -> np.ndarray:
        """Finds the subject by its colours alone."""
        return lay_band(self.band, image, find_subject(image))


Hint = DrawnTrimap | RoughMask | KnownAlpha | Box | Scribbles | SalientObject | NoHint
"""Any of them: `hint.trimap(image)` takes `(H, W, 3)`, and returns uint8 `(H, W)` or raises
`ValueError`."""
_NAMES = {
    DrawnTrimap: "trimap",
    RoughMask: "mask",
    KnownAlpha: "alpha",
    Scribbles: "scribbles",
}


def hint_pictures(hint: Hint) -> dict[str, Picture]:
    """Returns what a hint reads, by its name; empty if that is nothing."""
    if isinstance(hint, DrawnTrimap | RoughMask | KnownAlpha | Scribbles):
        return {_NAMES[type(hint)]: hint.picture}
    return {}


def parse_band(text: str) -> Band:
    """Reads the width of a band.

    Args:
        text: Pixels to either side of the outline such as `20`, a share of the subject's diagonal
            such as `1.5%`, `soft` or `detail`.

    Returns:
        The band.

    Raises:
        ValueError: It is none of these.

    Example:
        >>> parse_band("1.5%")
        EvenBand(pixels=3.0, share=0.015)
        >>> parse_band("detail")
        DetailBand()
    """
    if text in {"soft", "detail"}:
        return SoftBand() if text == "soft" else DetailBand()
    number = re.fullmatch(r"(\d{1,5}(?:\.\d+)?)(%?)", text)
    if not number:
        raise ValueError(
            f"band is {text!r}; give pixels such as 20, a share of the subject's diagonal such as "
            "1.5%, soft or detail"
        )
    value = float(number[1])
    return EvenBand(NARROWEST, value / 100) if number[2] else EvenBand(value)


def scaled_trimap(trimap: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scales a trimap to an image of the same shape, likewise: what is mixed becomes unknown.

    Raises:
        TrimapError: The shapes differ by more than a pixel.
    """
    rows, columns = trimap.shape
    if abs(rows * width - columns * height) > max(height, width, rows, columns):
        raise TrimapError(
            f"trimap: is {columns} x {rows} pixels, but the image is {width} x {height}: only one "
            "of the same shape can be resized"
        )
    return smaller_trimap(trimap, height, width)


def parse_box(text: str) -> tuple[int, int, int, int]:
    """Reads a box: left, top, width and height in pixels, as in `10,20,300,400`.

    Raises:
        ValueError: It is none.

    Example:
        >>> parse_box("10,20,300,400")
        (10, 20, 300, 400)
    """
    numbers = re.fullmatch(r"\s*(-?\d{1,9})" + r"\s*,\s*(-?\d{1,9})" * 3 + r"\s*", text, re.ASCII)
    if not numbers:
        raise ValueError(f"box is {text!r}; give x,y,width,height in pixels")
    x, y, width, height = map(int, numbers.groups())
    return x, y, width, height


@lru_cache(maxsize=1)
def _loaded(model: Path, settings: MaskSettings) -> MaskModel:
    return MaskModel(model, settings)

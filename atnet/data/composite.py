"""One composite by the recipe of Adobe's data set: a foreground laid over a background.

Xu, Price, Cohen, Huang, "Deep Image Matting", CVPR 2017, and the script that comes with its data.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from atnet.arrays import three_channels, to_bytes, to_float
from atnet.data.scenes import make_trimap, read_8_bits
from atnet.files.decoding import decode
from atnet.files.images import ImageError, read_grey, write_image
from atnet.foreground import composite
from atnet.trimaps import trimap_from_alpha


def fit_background(background: np.ndarray, height: int, width: int) -> np.ndarray:
    """Makes a background as large as the foreground that goes over it.

    Only a background that is too small is scaled, up, by max(width / columns, height / rows); both
    sides are rounded up. Then the top left corner is taken. Scaling is Pillow's bicubic on 8-bit
    values, as in Adobe's script; OpenCV's, which many use instead, is another one.

    Args:
        background: float32 `(rows, columns, 3)` in [0, 1].
        height: Rows wanted.
        width: Columns wanted.

    Returns:
        float32 `(height, width, 3)`.

    Example:
        >>> corner = fit_background(np.zeros((9, 9, 3), np.float32), 2, 4)
        >>> corner.shape
        (2, 4, 3)
    """
    rows, columns = background.shape[:2]
    scale = max(width / columns, height / rows)
    if scale > 1:
        size = math.ceil(columns * scale), math.ceil(rows * scale)
        picture = Image.fromarray(to_bytes(background))
        scaled = picture.resize(size, Image.Resampling.BICUBIC)
        background = to_float(np.asarray(scaled))
    return background[:height, :width]


def adobe_composite(
    foreground: np.ndarray, background: np.ndarray, alpha: np.ndarray
) -> np.ndarray:
    """Lays a foreground over a background of any size: I = alpha F + (1 - alpha) B.

    The result is not rounded, and rounded when it is written. Adobe's script cuts the fraction off
    instead: its files are the same, or darker by 1 of 255.

    Args:
        foreground: float32 `(H, W, 3)` in [0, 1].
        background: float32 `(rows, columns, 3)` in [0, 1]; goes through `fit_background`.
        alpha: float32 `(H, W)` in [0, 1].

    Returns:
        float32 `(H, W, 3)` in [0, 1].

    Raises:
        ValueError: Foreground and alpha differ in size.

    Example:
        >>> white, black = np.ones((2, 2, 3), np.float32), np.zeros((5, 3, 3), np.float32)
        >>> adobe_composite(white, black, np.full((2, 2), 0.25, np.float32))[0, 0]
        array([0.25, 0.25, 0.25], dtype=float32)
    """
    return composite(foreground, fit_background(background, *alpha.shape), alpha)


@dataclass(frozen=True)
class Composite:
    """Files that a composite is made from, and those that are made.

    Attributes:
        foreground: Colours; a transparency of the file is ignored.
        alpha: Its alpha.
        background: What it is laid over.
        target: The composite.
        trimap: Its trimap, `None` to make none.
        radii: Erosion of foreground and background for the trimap in pixels; `None` to dilate as
            the original does.
    """

    foreground: Path
    alpha: Path
    background: Path
    target: Path
    trimap: Path | None = None
    radii: tuple[int, int] | None = None

    @property
    def sources(self) -> tuple[Path, Path, Path]:
        """The files that are read."""
        return self.foreground, self.alpha, self.background

    def is_done(self) -> bool:
        """Tells whether every file was made."""
        return self.target.is_file() and (self.trimap is None or self.trimap.is_file())


class Written(NamedTuple):
    """Which files of a composite were made; the others were there."""

    composite: bool
    trimap: bool


def write_composite(task: Composite) -> Written:
    """Makes the files of a composite that do not exist; each file is whole, or not there.

    Args:
        task: The files.

    Returns:
        Which were made.

    Raises:
        ValueError: A source cannot be read, or foreground and alpha differ in size.
        OSError: A target cannot be written.
    """
    composite = _write_missing(task.target, _composite, task)
    return Written(
        composite, task.trimap is not None and _write_missing(task.trimap, _trimap, task)
    )


def _write_missing(target: Path, make: Callable[[Composite], np.ndarray], task: Composite) -> bool:
    if target.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    write_image(target, make(task))
    return True


def _composite(task: Composite) -> np.ndarray:
    foreground, background = read_stored(task.foreground), read_stored(task.background)
    return adobe_composite(foreground, background, read_grey(task.alpha))


def _trimap(task: Composite) -> np.ndarray:
    alpha = read_8_bits(task.alpha)
    if task.radii is None:
        return to_float(make_trimap(alpha, "original"))
    return to_float(trimap_from_alpha(alpha, *task.radii))


def read_stored(path: Path) -> np.ndarray:
    """Reads colours as they are stored, like Adobe's script: no profile, no flattening on white.

    Args:
        path: An image file.

    Returns:
        float32 `(H, W, 3)` in [0, 1].

    Raises:
        ValueError: The file is missing, damaged or no image.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
    return to_float(three_channels(decode(data, str(path), colours="stored").colour))

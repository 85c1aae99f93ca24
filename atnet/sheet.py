"""Contact sheets: pictures side by side with captions."""

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from atnet.arrays import resized_finely, three_channels, to_float

_GAP = 12
_CAPTION = 28
_PAPER = 0.97
_INK = 0.15
_SQUARE = 12
_LIGHT, _DARK = 0.92, 0.78


def contact_sheet(
    pictures: Mapping[str, np.ndarray], columns: int = 3, width: int = 480
) -> np.ndarray:
    """Lays pictures out in rows, each under its name.

    Args:
        pictures: Caption to `(H, W)`, `(H, W, 3)` or `(H, W, 4)` with straight alpha, uint8, uint16
            or float in [0, 1]; all of one size.
        columns: Pictures in a row.
        width: Width in pixels that each picture gets.

    Returns:
        float32 `(height, width, 3)` in [0, 1].

    Example:
        >>> contact_sheet({"a": np.ones((10, 20)), "b": np.zeros((10, 20))}, width=40).shape
        (72, 168, 3)
    """
    cells = [_cell(caption, picture, width) for caption, picture in pictures.items()]
    blank = np.full_like(cells[0], _PAPER)
    cells += [blank] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return np.pad(np.vstack(rows), ((0, _GAP), (0, _GAP), (0, 0)), constant_values=_PAPER)


def on_checkerboard(cutout: np.ndarray) -> np.ndarray:
    """Shows transparency the usual way, on grey squares.

    Args:
        cutout: float `(H, W, 4)` with straight alpha.

    Returns:
        float32 `(H, W, 3)`.
    """
    rows, columns = np.indices(cutout.shape[:2]) // _SQUARE
    squares = np.where((rows + columns) % 2, _DARK, _LIGHT).astype(np.float32)[..., None]
    alpha = cutout[..., 3:]
    return alpha * cutout[..., :3] + (1 - alpha) * squares


def _cell(caption: str, picture: np.ndarray, width: int) -> np.ndarray:
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    scaled = three_channels(to_float(resized_finely(picture, height, width)))
    if scaled.shape[2] == 4:  # after scaling, which would make its squares one grey
        scaled = on_checkerboard(scaled)
    cell = np.vstack([_caption(caption, width), scaled])
    return np.pad(cell, ((_GAP, 0), (_GAP, 0), (0, 0)), constant_values=_PAPER)


def _caption(text: str, width: int) -> np.ndarray:
    strip = Image.new("L", (width, _CAPTION), round(_PAPER * 255))
    font = ImageFont.load_default(size=18)
    ImageDraw.Draw(strip).text((0, 2), text, fill=round(_INK * 255), font=font)
    return three_channels(to_float(np.asarray(strip)))

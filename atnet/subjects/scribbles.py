"""Makes a trimap from strokes that a user drew: white on the object, black beside it."""

import cv2
import numpy as np

from atnet.arrays import check_values, to_bytes
from atnet.files.images import Picture, as_image, read_layer
from atnet.subjects.bands import Band, lay_band
from atnet.subjects.grabcut import FOUND_BAND, find_between_strokes
from atnet.trimaps import BACKGROUND, FOREGROUND, UNKNOWN, TrimapError

TOLERANCE = 20
"""How far a colour may be from black, white, grey or the photograph, of 255."""
_RIM = 5  # pixels across: the mixed colours that a brush leaves at the edge of a stroke
_SPECKS = 0.05  # of other colours, as a share of the strokes


def trimap_from_scribbles(
    image: Picture, scribbles: Picture, band: Band = FOUND_BAND
) -> np.ndarray:
    """Makes a trimap from strokes, by GrabCut (Rother et al., 2004) between them.

    White strokes mark the object, black ones the background. The rest of the drawing is
    transparent, or mid-grey, or shows the photograph itself. Strokes in every part that differs in
    colour are best; where object and background share colours, more strokes along the outline help.
    Hair beyond the band, holes and glass are missed unless they are marked.

    Args:
        image: `(H, W, 3)` RGB in any form that `as_image` takes.
        scribbles: `(H, W, 4)` with transparency or `(H, W, 3)`, uint8, uint16 or float in [0, 1],
            or as `read_image` takes it.
        band: Its width along the outline that is found; 2 % of the object's diagonal unless told.

    Returns:
        Trimap, uint8 `(H, W)`; strokes are what they say.

    Raises:
        TrimapError: The drawing has another size or other colours, lacks white or black strokes, or
            no object is found.
        ValueError: They are no such pictures.

    Example:
        >>> image = np.zeros((40, 60, 3), np.uint8)
        >>> image[10:30, 20:40] = 200
        >>> scribbles = np.full((40, 60, 3), 128, np.uint8)
        >>> scribbles[20, 25:35], scribbles[5, 5:55] = 255, 0
        >>> trimap_from_scribbles(image, scribbles)[20, [30, 20, 0]].tolist()
        [255, 128, 0]
    """
    pixels = as_image(image)
    foreground, background = read_strokes(scribbles, pixels)
    trimap = lay_band(band, pixels, find_between_strokes(pixels, foreground, background))
    trimap[foreground], trimap[background] = FOREGROUND, BACKGROUND
    return trimap


def read_strokes(scribbles: Picture, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tells the strokes of a drawing from the rest of it.

    Args:
        scribbles: As in `trimap_from_scribbles`.
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].

    Returns:
        White and black strokes, bool `(H, W)` each.

    Raises:
        TrimapError: As in `trimap_from_scribbles`.
    """
    colours, drawn = _layer(scribbles, image.shape)
    white, black, blank = (
        _like(colours, value) & drawn for value in (FOREGROUND, BACKGROUND, UNKNOWN)
    )
    same = _like(colours, to_bytes(image))
    if drawn.all() and np.count_nonzero(same) > np.count_nonzero(blank):  # over the photograph
        white, black, blank = white & ~same, black & ~same, same
    _check_colours(colours, drawn & ~blank, white | black)
    for marks, what in ((white, "white strokes on the object"), (black, "black ones beside it")):
        if not marks.any():
            raise TrimapError(f"scribbles: there are no {what}: draw both")
    return white, black


def _layer(scribbles: Picture, image_shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Colours, uint8 `(H, W, 3)`, and where there are any."""
    layer = scribbles if isinstance(scribbles, np.ndarray) else read_layer(scribbles).pixels
    if layer.ndim != 3 or layer.shape[2] not in (3, 4) or layer.shape[:2] != image_shape[:2]:
        height, width = image_shape[:2]
        raise TrimapError(
            f"scribbles: have the shape {layer.shape}, but the image is {width} x {height}: give "
            f"({height}, {width}, 3), or 4 with transparency"
        )
    check_values(layer, "scribbles")
    layer = to_bytes(layer)
    drawn = layer[..., 3] > 127 if layer.shape[2] == 4 else np.ones(layer.shape[:2], bool)
    return layer[..., :3], drawn


def _like(colours: np.ndarray, others: np.ndarray | int) -> np.ndarray:
    return np.all(np.abs(colours - np.int16(others)) <= TOLERANCE, axis=2)


def _check_colours(colours: np.ndarray, marked: np.ndarray, strokes: np.ndarray) -> None:
    """Allows for the mixed colours along strokes, and for specks: they mark nothing."""
    edges = cv2.dilate(strokes.astype(np.uint8), np.ones((_RIM, _RIM), np.uint8))
    others = np.argwhere(marked & (edges == 0))
    if len(others) <= _SPECKS * np.count_nonzero(strokes):
        return
    row, column = others[len(others) // 2]
    raise TrimapError(
        f"scribbles: {len(others)} pixels are neither strokes nor blank, such as "
        f"{tuple(colours[row, column].tolist())} at {column}, {row}: mark the object white and the "
        "background black, on transparency, mid-grey (128) or the photograph itself, saved as .png"
    )

"""At what size the network should see a picture.

It was trained on unknown bands of some dozens of pixels. In a large photograph they are wider than
that, and a soft one has no detail that a smaller copy would lack: there the network errs less on
the smaller copy, and has less to do. Refinement follows on a copy a step larger. The limits were
chosen by the development scenes of alphamatting.com, as they are and enlarged, and by drawn
composites of 2 megapixels, clear and as a camera shows them; docs/inference.md has the figures.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from atnet.arrays import resized, resized_finely, to_float
from atnet.tiling import Rectangle, blocks_of
from atnet.trimaps import smaller_trimap

SCALES = tuple(2.0 ** (-step / 2) for step in range(7))
"""Of height and width, from 1 to 1/8."""
WIDTH, SIDE = 35, 640
"""Pixels that a typical unknown band and the longer side keep at least."""
FINER = 2**0.5
"""How many times larger than the network's the copy is that is refined; the whole is no better."""
LOSS = 0.04
"""Share of the detail of five octaves that a smaller copy may lack."""
_STEPS = 10  # of the pyramid, two to an octave
_BLOCK, _MARGIN, _MOST_BLOCKS = 512, 128, 48


def choose_scale(image: np.ndarray, unknown: np.ndarray) -> float:
    """Chooses the smallest scale at which the network still sees all that there is to see.

    Args:
        image: `(H, W, 3)`, any type of pixels.
        unknown: bool `(H, W)`.

    Returns:
        Of `SCALES`; 1 where nothing is unknown.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> soft = cv2.resize(rng.random((50, 50, 3), np.float32), (1000, 1000))
        >>> unknown = np.zeros((1000, 1000), bool)
        >>> unknown[200:400] = True
        >>> choose_scale(soft, unknown) < 1
        True
        >>> choose_scale(rng.random((1000, 1000, 3), np.float32), unknown)
        1.0
    """
    blocks = [block.slices for block in _blocks(unknown)]
    if not blocks:
        return SCALES[0]
    width = band_width(unknown, blocks)
    chosen = SCALES[0]
    smallest = max(WIDTH / width, SIDE / max(unknown.shape))
    if smallest > SCALES[1]:
        return chosen  # most pictures are small enough, and are not looked at any further
    details = [lost_detail(to_float(image[block]), unknown[block]) for block in blocks]
    bands = np.sum(details, axis=0)
    for step, scale in enumerate(SCALES[1:], start=1):
        if bands[:step].sum() > LOSS * bands.sum() or scale < smallest:
            break
        chosen = scale
    return chosen


def at_scale(image: np.ndarray, trimap: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Scales a picture down.

    Args:
        image: `(H, W, 3)`, any type of pixels.
        trimap: uint8 `(H, W)`.
        scale: Of height and width, above 0 and at most 1.

    Returns:
        Image and trimap, of one size; the same two at scale 1.
    """
    size = [max(round(side * scale), 1) for side in trimap.shape]
    return resized_finely(image, *size), smaller_trimap(trimap, *size)


def band_width(unknown: np.ndarray, parts: Sequence[tuple[slice, slice]]) -> float:
    """Measures how wide an unknown region typically is.

    Args:
        unknown: bool `(H, W)`.
        parts: Where to look; there are unknown pixels.

    Returns:
        In pixels; about its width for a straight band, and no more than 512.

    Example:
        >>> unknown = np.zeros((100, 300), bool)
        >>> unknown[20:60] = True
        >>> round(band_width(unknown, [(slice(0, 100), slice(0, 300))]))
        42
    """
    depths = [_depth(unknown, *part) for part in parts]
    # Half of a band's pixels are nearer to an edge than a quarter of its width.
    return 4 * float(np.median(np.concatenate(depths)))


def lost_detail(image: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """Measures the detail of a picture by its size: what each step of a pyramid cannot show.

    Args:
        image: float `(H, W, 3)` in [0, 1].
        unknown: bool `(H, W)`, where it counts.

    Returns:
        For each step, smaller by the root of 2, squared differences of colour, summed over the
        unknown pixels.
    """
    bands = np.zeros(_STEPS)
    weights = unknown.astype(np.float32)
    for step in range(_STEPS):
        height, width = image.shape[:2]
        smaller = [max(round(side * SCALES[1]), 1) for side in (height, width)]
        coarse = resized(image, *smaller)
        difference = np.square(image - resized(coarse, height, width)).sum(axis=2)
        bands[step] = unknown.sum() * np.average(difference, weights=weights)
        image, weights = coarse, resized(weights, *smaller)
    return bands


def _blocks(unknown: np.ndarray) -> list[Rectangle]:
    """Squares with unknown pixels: all of them, or as many as tell enough of a large image."""
    found = blocks_of(unknown, _BLOCK)
    return found[:: -(-len(found) // _MOST_BLOCKS) or 1]


def _depth(unknown: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """Distances of a part's unknown pixels to the nearest known one, no further than is looked."""
    top, left = max(rows.start - _MARGIN, 0), max(columns.start - _MARGIN, 0)
    seen = unknown[top : rows.stop + _MARGIN, left : columns.stop + _MARGIN]
    distance = cv2.distanceTransform(seen.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    inside = distance[rows.start - top :, columns.start - left :]
    part = unknown[rows, columns]
    return np.minimum(inside[: part.shape[0], : part.shape[1]][part], _MARGIN)

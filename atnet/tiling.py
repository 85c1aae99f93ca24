"""Where to run the network: rectangles that cover the unknown region within a memory bound."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MULTIPLE = 32
"""Height and width that the network takes are multiples of this."""
CONTEXT = 128
"""Pixels that a tile sees beyond its core on each side."""
TILE_SIDES = (512, 768, 1024, 1536, 2048)
"""Sides of square tiles to choose from."""


@dataclass(frozen=True)
class Rectangle:
    """A part of an image, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index into an `(H, W, …)` array."""
        rows = slice(self.top, self.top + self.height)
        return rows, slice(self.left, self.left + self.width)


def padded_area(rectangle: Rectangle) -> int:
    """Pixels that the network computes for a rectangle."""
    height, width = (
        -(-size // MULTIPLE) * MULTIPLE for size in (rectangle.height, rectangle.width)
    )
    return height * width


def plan_rectangles(unknown: np.ndarray, max_pixels: int) -> list[Rectangle]:
    """Covers the unknown region with as few pixels as the memory bound allows.

    Candidates are the region's bounding box with context around it, and grids of square tiles
    without those that have no unknown pixel in their core. The box wins unless tiles save a
    fifth of its pixels: one pass has no seams.

    Args:
        unknown: `(H, W)` bool.
        max_pixels: Largest padded area of a rectangle, at least 512 x 512.

    Returns:
        Rectangles inside the image, none if nothing is unknown. Every unknown pixel lies in one
        of them at least `CONTEXT` away from those of its sides that are not the image's.

    Example:
        >>> unknown = np.zeros((3000, 4000), bool)
        >>> unknown[100:200, 300:400] = True
        >>> plan_rectangles(unknown, max_pixels=10**6)
        [Rectangle(top=0, left=172, height=328, width=356)]
    """
    if not unknown.any():
        return []
    box = _bounding_box(unknown)
    grids = [_tiles(unknown, box, side) for side in TILE_SIDES if side * side <= max_pixels]
    tiles = min(grids, key=_cost)
    whole = [_grow(box, unknown.shape)]
    if _cost(whole) <= max_pixels and 0.8 * _cost(whole) <= _cost(tiles):
        return whole
    return tiles


def blending_window(rectangle: Rectangle, shape: tuple[int, int]) -> np.ndarray:
    """Weights with which a rectangle's alpha enters the whole.

    They rise smoothly across the borders between cores, where neighbours overlap, so that their
    sum hides the seams; towards the image's own border they stay 1.

    Args:
        rectangle: The part.
        shape: Height and width of the image.

    Returns:
        float32 `(height, width)` in [0, 1].
    """
    rows = _ramps(rectangle.top, rectangle.height, shape[0])
    columns = _ramps(rectangle.left, rectangle.width, shape[1])
    return np.outer(rows, columns)


def blend_rectangles(
    rectangles: list[Rectangle],
    compute: Callable[[tuple[slice, slice]], np.ndarray],
    result: np.ndarray,
) -> None:
    """Computes an array part by part and blends the parts where they overlap.

    Args:
        rectangles: From `plan_rectangles`.
        compute: From the index of a part to its values, `(height, width)` or `(height, width, C)`.
        result: float32 `(H, W)` or `(H, W, C)`; changed in place where a rectangle lies.
    """
    shape = result.shape[:2]
    total = np.zeros_like(result)
    weights = np.zeros((*shape, *[1] * (result.ndim - 2)), np.float32)
    for rectangle in rectangles:
        window = blending_window(rectangle, shape).reshape(
            rectangle.height, rectangle.width, *weights.shape[2:]
        )
        total[rectangle.slices] += window * compute(rectangle.slices)
        weights[rectangle.slices] += window
    np.divide(total, weights, out=result, where=weights > 0)


def _cost(rectangles: list[Rectangle]) -> int:
    return sum(map(padded_area, rectangles))


def _bounding_box(unknown: np.ndarray) -> Rectangle:
    rows = np.flatnonzero(unknown.any(axis=1))
    columns = np.flatnonzero(unknown.any(axis=0))
    return Rectangle(
        int(rows[0]),
        int(columns[0]),
        int(rows[-1] - rows[0] + 1),
        int(columns[-1] - columns[0] + 1),
    )


def _grow(box: Rectangle, shape: tuple[int, int]) -> Rectangle:
    """Adds the context, as far as the image goes."""
    top, left = max(box.top - CONTEXT, 0), max(box.left - CONTEXT, 0)
    bottom = min(box.top + box.height + CONTEXT, shape[0])
    right = min(box.left + box.width + CONTEXT, shape[1])
    return Rectangle(top, left, bottom - top, right - left)


def _tiles(unknown: np.ndarray, box: Rectangle, side: int) -> list[Rectangle]:
    """A grid of cores over the box; all tiles have one size, so at the border they move inwards."""
    core = side - 2 * CONTEXT
    height, width = unknown.shape
    return [
        Rectangle(
            max(0, min(top - CONTEXT, height - side)),
            max(0, min(left - CONTEXT, width - side)),
            min(side, height),
            min(side, width),
        )
        for top in range(box.top, box.top + box.height, core)
        for left in range(box.left, box.left + box.width, core)
        if unknown[top : top + core, left : left + core].any()
    ]


def _ramps(start: int, length: int, size: int) -> np.ndarray:
    """0 at an inner end, 1/2 at the border of the core, 1 from half a context further in."""
    position = np.arange(length, dtype=np.float32) + 0.5
    from_start = position if start > 0 else np.full(length, np.inf, np.float32)
    from_end = length - position if start + length < size else np.full(length, np.inf, np.float32)
    rise = np.clip((np.minimum(from_start, from_end) - CONTEXT / 2) / CONTEXT, 0, 1)
    return rise * rise * (3 - 2 * rise)

"""Where to compute: rectangles that cover the unknown region in bounded memory, and blending."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

TILE_SIDES = (512, 768, 1024, 1536, 2048)
"""Sides of tiles to choose from, in pixels."""


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


@dataclass(frozen=True)
class Tiling:
    """How an image is cut up.

    Attributes:
        max_pixels: Largest area of a rectangle, padding included, at least 512 x 512.
        context: Pixels that a tile sees beyond its core on each side.
        multiple: Height and width are padded to multiples of this.
    """

    max_pixels: int
    context: int = 128
    multiple: int = 32

    def plan(self, unknown: np.ndarray) -> list[Rectangle]:
        """Covers the unknown region with as few pixels as the memory bound allows.

        Candidates are the region's bounding box with context around it, and grids of evenly laid
        tiles without those that have no unknown pixel in their core. The box wins unless tiles
        save a fifth of its pixels: one pass has no seams.

        Args:
            unknown: `(H, W)` bool.

        Returns:
            Rectangles inside the image, none if nothing is unknown. Every unknown pixel lies in
            one of them at least `context` away from those of its sides that are not the image's.

        Example:
            >>> unknown = np.zeros((3000, 4000), bool)
            >>> unknown[100:200, 300:400] = True
            >>> Tiling(max_pixels=10**6).plan(unknown)
            [Rectangle(top=0, left=172, height=328, width=356)]
        """
        if not unknown.any():
            return []
        sides = [side for side in TILE_SIDES if side * side <= self.max_pixels]
        tiles = min((self.grid(unknown, side) for side in sides), key=self.cost)
        whole = self.grid(unknown, max(unknown.shape))
        if self.cost(whole) <= self.max_pixels and 0.8 * self.cost(whole) <= self.cost(tiles):
            return whole
        return tiles

    def grid(self, unknown: np.ndarray, side: int) -> list[Rectangle]:
        """Lays tiles over the unknown region, evenly, so that no work is done twice at its end.

        Args:
            unknown: `(H, W)` bool with unknown pixels.
            side: Largest height and width of a tile.

        Returns:
            Tiles of one size with an unknown pixel in their core.
        """
        rows, columns = (
            _spans(np.asarray(unknown.any(axis=axis)), side, self.context) for axis in (1, 0)
        )
        return [
            Rectangle(row.start, column.start, row.length, column.length)
            for row, column in itertools.product(rows, columns)
            if unknown[row.core, column.core].any()
        ]

    def cost(self, rectangles: list[Rectangle]) -> int:
        """Counts the pixels that are computed for rectangles, padding included."""
        return sum(
            self._padded(rectangle.height) * self._padded(rectangle.width)
            for rectangle in rectangles
        )

    def window(self, rectangle: Rectangle, shape: tuple[int, int]) -> np.ndarray:
        """Weights with which a rectangle's values enter the whole.

        They rise smoothly across the borders between cores, where neighbours overlap, so that
        their sum hides the seams; towards the image's own border they stay 1.

        Args:
            rectangle: The part.
            shape: Height and width of the image.

        Returns:
            float32 `(height, width)` in [0, 1].
        """
        rows = self._ramps(rectangle.top, rectangle.height, shape[0])
        columns = self._ramps(rectangle.left, rectangle.width, shape[1])
        return np.outer(rows, columns)

    def blend(
        self,
        rectangles: list[Rectangle],
        compute: Callable[[tuple[slice, slice]], np.ndarray],
        result: np.ndarray,
    ) -> None:
        """Computes an array part by part and blends the parts where they overlap.

        Args:
            rectangles: From `plan`.
            compute: From the index of a part to its values, `(height, width)` or
                `(height, width, C)`.
            result: float32 `(H, W)` or `(H, W, C)`; changed in place where a rectangle lies.
        """
        shape = result.shape[:2]
        total = np.zeros_like(result)
        weights = np.zeros((*shape, *[1] * (result.ndim - 2)), np.float32)
        for rectangle in rectangles:
            window = self.window(rectangle, shape).reshape(
                rectangle.height, rectangle.width, *weights.shape[2:]
            )
            total[rectangle.slices] += window * compute(rectangle.slices)
            weights[rectangle.slices] += window
        np.divide(total, weights, out=result, where=weights > 0)

    def _padded(self, size: int) -> int:
        return -(-size // self.multiple) * self.multiple

    def _ramps(self, start: int, length: int, size: int) -> np.ndarray:
        """0 at an inner end, 1/2 one context from it, 1 from half a context further in."""
        position = np.arange(length, dtype=np.float32) + 0.5
        beyond = np.full(length, np.inf, np.float32)
        from_start = position if start > 0 else beyond
        from_end = length - position if start + length < size else beyond
        inside = np.minimum(from_start, from_end) - self.context / 2
        rise = np.clip(inside / self.context, 0, 1)
        return rise * rise * (3 - 2 * rise)


@dataclass(frozen=True)
class _Span:
    """A tile along one axis, and its core: what no neighbour is responsible for."""

    start: int
    length: int
    core: slice


def _spans(unknown: np.ndarray, side: int, context: int) -> list[_Span]:
    """Covers the unknown part of an axis `(size,)`; neighbours share at least twice the context."""
    places = np.flatnonzero(unknown)
    first = max(int(places[0]) - context, 0)
    last = min(int(places[-1]) + 1 + context, len(unknown))
    length = min(side, last - first)
    count = max(1, -(-(last - first - 2 * context) // (side - 2 * context)))
    way = last - length - first
    starts = [first + way * number // max(count - 1, 1) for number in range(count)]
    middles = [(one + other + length) // 2 for one, other in itertools.pairwise(starts)]
    cores = map(slice, [first, *middles], [*middles, last])
    return [_Span(start, length, core) for start, core in zip(starts, cores, strict=True)]

"""Where to compute: rectangles that cover the unknown region in bounded memory, and blending."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Progress = Callable[[int, int], None]
"""Is told how many tiles are done, and of how many; what it raises ends the work between two."""
CORE_SIDES = (256, 384, 512, 768, 1024, 1536, 2048)
"""Heights and widths of cores to choose from, in pixels: a tile without what it has around."""


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

    def widened(self, margin: int, shape: tuple[int, ...]) -> "Rectangle":
        """Adds a margin on each side, as far as an image of some height and width goes."""
        top, left = max(self.top - margin, 0), max(self.left - margin, 0)
        bottom = min(self.top + self.height + margin, shape[0])
        right = min(self.left + self.width + margin, shape[1])
        return Rectangle(top, left, bottom - top, right - left)

    def moved(self, down: int, right: int) -> "Rectangle":
        """Returns one of the same size at another place."""
        return Rectangle(self.top + down, self.left + right, self.height, self.width)

    def common(self, other: "Rectangle") -> "Rectangle | None":
        """Returns what two parts have in common, `None` if nothing."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - top
        width = min(self.left + self.width, other.left + other.width) - left
        return Rectangle(top, left, height, width) if min(height, width) > 0 else None

    def within(self, other: "Rectangle") -> tuple[slice, slice]:
        """Index of this part into an array of another part's size that contains it."""
        top, left = self.top - other.top, self.left - other.left
        return Rectangle(top, left, self.height, self.width).slices


@dataclass(frozen=True)
class Tiling:
    """How an image is cut up.

    Attributes:
        max_pixels: Largest area of a rectangle, padding included, at least `smallest_tile`.
        context: Pixels that a tile sees beyond its core on each side.
        multiple: Height and width are padded to multiples of this.
    """

    max_pixels: int
    context: int = 128
    multiple: int = 32

    @property
    def smallest_tile(self) -> int:
        """Area of the smallest core with its context, which any bound must allow."""
        return self._padded(CORE_SIDES[0] + 2 * self.context) ** 2

    def plan(self, unknown: np.ndarray) -> list[Rectangle]:
        """Covers the unknown region with as few pixels as the memory bound allows.

        Candidates are the region's bounding box with context around it, and grids of many
        proportions. The box wins unless tiles save a fifth of its pixels: one pass has no seams.

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
        whole = self.grid(unknown, *unknown.shape)
        if self.cost(whole) <= self.smallest_tile:
            return whole
        grids = (self.grid(unknown, *core) for core in itertools.product(CORE_SIDES, repeat=2))
        tiles = min(filter(self._fit, grids), key=self.cost)
        if self._fit(whole) and 0.8 * self.cost(whole) <= self.cost(tiles):
            return whole
        return tiles

    def grid(self, unknown: np.ndarray, height: int, width: int) -> list[Rectangle]:
        """Divides the unknown region's bounding box evenly into cores, and gives each a tile.

        Args:
            unknown: `(H, W)` bool with unknown pixels.
            height: Most rows of a core.
            width: Most columns of a core.

        Returns:
            For each core that has unknown pixels, the box around these with context around it.
        """
        box = _bounding_box(unknown, Rectangle(0, 0, *unknown.shape))
        rows = _divided(box.top, box.height, height)
        columns = _divided(box.left, box.width, width)
        cores = (
            Rectangle(top, left, bottom - top, right - left)
            for top, bottom in rows
            for left, right in columns
        )
        return [
            _bounding_box(unknown, core).widened(self.context, unknown.shape)
            for core in cores
            if unknown[core.slices].any()
        ]

    def cost(self, rectangles: list[Rectangle]) -> int:
        """Counts the pixels that are computed for rectangles, padding included."""
        return sum(
            self._padded(rectangle.height) * self._padded(rectangle.width)
            for rectangle in rectangles
        )

    def window(self, rectangle: Rectangle, shape: tuple[int, int]) -> np.ndarray:
        """Weights with which a rectangle's values enter the whole.

        They rise smoothly across the edge of what the tile is for, where neighbours may overlap,
        so that the weighted mean hides the seams; towards the image's own border they stay 1.

        Args:
            rectangle: The part.
            shape: Height and width of the image.

        Returns:
            float32 `(height, width)` in [0, 1].
        """
        rows = _ramps(rectangle.top, rectangle.height, shape[0], self.context)
        columns = _ramps(rectangle.left, rectangle.width, shape[1], self.context)
        return np.outer(rows, columns)

    def blend(
        self,
        rectangles: list[Rectangle],
        compute: Callable[[tuple[slice, slice]], np.ndarray],
        result: np.ndarray,
        progress: Progress | None = None,
    ) -> None:
        """Computes an array part by part and blends the parts where they overlap.

        Args:
            rectangles: From `plan`.
            compute: From the index of a part to its values, `(height, width)` or
                `(height, width, C)`; it must not look at `result`.
            result: float32 `(H, W)` or `(H, W, C)`; changed in place where a rectangle lies.
            progress: Called before the first rectangle and after each.
        """
        tell = progress or _silent
        tell(0, len(rectangles))
        shape = result.shape[:2]
        for rectangle in rectangles:
            result[rectangle.slices][self.window(rectangle, shape) > 0] = 0
        for done, rectangle in enumerate(rectangles, start=1):
            share = self._share(rectangle, rectangles, shape)
            values = compute(rectangle.slices)
            share = share.reshape(*share.shape, *[1] * (values.ndim - 2))
            result[rectangle.slices] += share * values
            tell(done, len(rectangles))

    def _share(
        self, rectangle: Rectangle, rectangles: list[Rectangle], shape: tuple[int, int]
    ) -> np.ndarray:
        """A rectangle's share of each of its pixels among all that have a say there."""
        total = np.zeros((rectangle.height, rectangle.width), np.float32)
        for other in rectangles:
            both = rectangle.common(other)
            if both:
                total[both.within(rectangle)] += self.window(other, shape)[both.within(other)]
        return self.window(rectangle, shape) / np.where(total > 0, total, 1)

    def _fit(self, rectangles: list[Rectangle]) -> bool:
        return all(self.cost([rectangle]) <= self.max_pixels for rectangle in rectangles)

    def _padded(self, size: int) -> int:
        return -(-size // self.multiple) * self.multiple


def blocks_of(region: np.ndarray, side: int) -> list[Rectangle]:
    """Divides an image into squares, and returns those that have a part in a region.

    Args:
        region: bool `(H, W)`.
        side: In pixels; squares at the right and the lower border may be smaller.

    Returns:
        The squares.

    Example:
        >>> blocks_of(np.eye(9, dtype=bool), 5)[1]
        Rectangle(top=5, left=5, height=4, width=4)
    """
    height, width = region.shape
    corners = itertools.product(range(0, height, side), range(0, width, side))
    blocks = (
        Rectangle(top, left, min(side, height - top), min(side, width - left))
        for top, left in corners
    )
    return [block for block in blocks if region[block.slices].any()]


def surroundings(region: np.ndarray, margin: int) -> Rectangle:
    """Finds the box around a region, with a margin on each side as far as the image goes.

    Args:
        region: bool `(H, W)`, somewhere true.
        margin: In pixels.

    Returns:
        The box.

    Example:
        >>> surroundings(np.eye(9, dtype=bool)[:, 3:6], 2)
        Rectangle(top=1, left=0, height=7, width=3)
    """
    box = _bounding_box(region, Rectangle(0, 0, *region.shape))
    return box.widened(margin, region.shape)


def _ramps(start: int, length: int, size: int, context: int) -> np.ndarray:
    """0 at an inner end, 1/2 one context from it, 1 from half a context further in."""
    position = np.arange(length, dtype=np.float32) + 0.5
    beyond = np.full(length, np.inf, np.float32)
    from_start = position if start > 0 else beyond
    from_end = length - position if start + length < size else beyond
    inside = np.minimum(from_start, from_end) - context / 2
    rise = np.clip(inside / context, 0, 1)
    return rise * rise * (3 - 2 * rise)


def _silent(done: int, of: int) -> None:
    """Tells nobody."""


def _divided(start: int, length: int, most: int) -> list[tuple[int, int]]:
    """Cuts a stretch into as few equal pieces as must be, each from its start to its end."""
    count = -(-length // most)
    ends = [start + length * number // count for number in range(count + 1)]
    return list(itertools.pairwise(ends))


def _bounding_box(unknown: np.ndarray, within: Rectangle) -> Rectangle:
    """The box around the unknown pixels of a part that has some."""
    part = unknown[within.slices]
    rows, columns = (np.flatnonzero(part.any(axis=axis)) for axis in (1, 0))
    return Rectangle(
        within.top + int(rows[0]),
        within.left + int(columns[0]),
        int(rows[-1] - rows[0]) + 1,
        int(columns[-1] - columns[0]) + 1,
    )

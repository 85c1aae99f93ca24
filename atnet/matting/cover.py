"""Covers unknown pixels with blocks that cost little to compute."""

from typing import NamedTuple

import numpy as np

from atnet.tiling import Rectangle

CELL = 32
"""Side of the squares that blocks are made of, in pixels."""
LARGEST = 0.25
"""Share of the picture that the largest block may take: memory grows with it."""
_START = 500  # what it costs to begin a block, in pixels


def cover(unknown: np.ndarray, reach: int) -> list[Rectangle]:
    """Covers unknown pixels with blocks.

    The box around them is cut in two where that leaves least to compute, and both again, as long
    as that saves anything.

    Args:
        unknown: bool `(H, W)`.
        reach: Pixels that have to be seen around each block.

    Returns:
        Blocks of whole cells, as far as the picture goes, that do not overlap; none if nothing is
        unknown.

    Example:
        >>> unknown = np.zeros((64, 200), bool)
        >>> unknown[40, 150] = True
        >>> cover(unknown, 8)
        [Rectangle(top=32, left=128, height=32, width=32)]
    """
    padded = np.pad(unknown, [(0, -side % CELL) for side in unknown.shape])
    height, width = (side // CELL for side in padded.shape)
    cells = np.asarray(padded.reshape(height, CELL, width, CELL).any(axis=(1, 3)))
    box = _shrunk(cells, _Box(0, height, 0, width))
    boxes = _Cutting(cells, reach).divided(box)[0] if box else []
    return [box.pixels.widened(0, unknown.shape) for box in boxes]


class _Box(NamedTuple):
    """Rows and columns of cells, each from its first to behind its last."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def area(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    @property
    def pixels(self) -> Rectangle:
        height, width = self.bottom - self.top, self.right - self.left
        return Rectangle(self.top * CELL, self.left * CELL, height * CELL, width * CELL)

    def halves(self) -> list[tuple["_Box", "_Box"]]:
        rows = range(self.top + 1, self.bottom)
        columns = range(self.left + 1, self.right)
        return [
            *((self._replace(bottom=row), self._replace(top=row)) for row in rows),
            *((self._replace(right=column), self._replace(left=column)) for column in columns),
        ]


class _Cutting:
    """How to cut one picture."""

    def __init__(self, cells: np.ndarray, reach: int) -> None:
        self._cells, self._reach = cells, reach
        self._most = max(LARGEST * cells.size, 1)

    def divided(self, box: _Box) -> tuple[list[_Box], float]:
        """The cheapest boxes that were found for one, and what they cost."""
        alone = self._cost(box) if box.area <= self._most else np.inf
        full = self._cells[box.top : box.bottom, box.left : box.right].all()
        if full and alone < np.inf:
            return [box], alone
        pairs = ([_shrunk(self._cells, half) for half in pair] for pair in box.halves())
        found = [[half for half in pair if half] for pair in pairs]
        # Of cuts that cost the same the one in the middle leaves the fewest blocks.
        pair = min(found, key=lambda pair: (sum(map(self._cost, pair)), max(b.area for b in pair)))
        parts = [self.divided(half) for half in pair]
        total = sum(cost for _, cost in parts)
        if alone <= total:
            return [box], alone
        return [one for boxes, _ in parts for one in boxes], total

    def _cost(self, box: _Box) -> float:
        block = box.pixels
        return (block.height + 2 * self._reach) * (block.width + 2 * self._reach) + _START


def _shrunk(cells: np.ndarray, box: _Box) -> _Box | None:
    """The box around the cells of another that are unknown, if there are any."""
    part = cells[box.top : box.bottom, box.left : box.right]
    rows, columns = (np.flatnonzero(part.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return None
    return _Box(
        box.top + int(rows[0]),
        box.top + int(rows[-1]) + 1,
        box.left + int(columns[0]),
        box.left + int(columns[-1]) + 1,
    )

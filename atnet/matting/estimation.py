"""From a part of a picture to its alpha, at a given scale: the network, and what refines it."""

import math
from typing import NamedTuple

import numpy as np

from atnet.arrays import network_trimap, resized, to_float
from atnet.choices import Quality, Refinement
from atnet.machine import release_memory
from atnet.matting.colour_lines import refine
from atnet.matting.quality import VIEWS, refinement_of
from atnet.matting.runtime import Network
from atnet.matting.scale import FINER, at_scale
from atnet.tiling import Progress, Tiling
from atnet.trimaps import clamp, unknown_region

_LARGE = 4 * 10**6
"""Pixels of a picture from which memory is worth the time that giving it back takes."""
_STRIP = 256  # rows


class Part(NamedTuple):
    """A picture or a part of one, and where alpha is wanted.

    Attributes:
        image: `(H, W, 3)`, any type of pixels.
        trimap: uint8 `(H, W)`.
        where: bool `(H, W)`, where alpha is found if it is unknown; `(1, 1)` is alike everywhere.
        alpha: float32 of any size, in [0, 1], what it is elsewhere; likewise.
    """

    image: np.ndarray
    trimap: np.ndarray
    where: np.ndarray
    alpha: np.ndarray

    def at(self, scale: float) -> "Part":
        """Returns a smaller copy, in which `where` is only what is unknown."""
        image, trimap = at_scale(self.image, self.trimap, scale)
        wanted = self.where
        if wanted.size > 1 and wanted.shape != trimap.shape:
            wanted = resized(wanted.astype(np.float32), *trimap.shape) > 0
        return Part(image, trimap, unknown_region(trimap) & wanted, self.alpha)

    def completed(self, alpha: np.ndarray) -> np.ndarray:
        """Puts what alpha is elsewhere around one that was found.

        Args:
            alpha: float32 of any size, in [0, 1]; changed in place if it has this part's.

        Returns:
            float32 `(H, W)` in [0, 1].
        """
        shape = self.trimap.shape
        found, alike = resized(alpha, *shape), self.alpha.size == 1
        given = np.broadcast_to(self.alpha, shape) if alike else resized(self.alpha, *shape)
        for top in range(0, len(found), _STRIP):
            rows = slice(top, top + _STRIP)
            elsewhere = clamp(given[rows], self.trimap[rows])
            np.copyto(found[rows], elsewhere, where=~self.where[rows])
        return found


class Estimator:
    """Finds alpha in bounded memory; may be called from several threads.

    Args:
        network: What sees the picture.
        quality: What to spend on an alpha.
        refinement: What comes behind the network; by default what the quality says.

    Raises:
        ValueError: Unknown quality or refinement; the memory bound is below the smallest tile's
            need.
    """

    def __init__(
        self, network: Network, quality: Quality, refinement: Refinement | None = None
    ) -> None:
        self._refines = refinement_of(quality, refinement) != "none"
        self._views = VIEWS[quality]
        self._network = network
        self._tiling = _tiling(network, max(view.scale for view in self._views))

    def found(self, part: Part, scale: float, progress: Progress | None = None) -> np.ndarray:
        """Finds alpha where it is wanted.

        Args:
            part: The picture.
            scale: At which the network sees it, at most 1.
            progress: As in `Matting.alpha`.

        Returns:
            float32 `(H, W)` in [0, 1]; known pixels are not exact.
        """
        alpha, tiles = self._prior(part.at(scale), progress)
        if part.trimap.size > _LARGE:
            release_memory()
        if self._refines:
            finer = part.at(min(1, FINER * scale))
            alpha = finer.completed(alpha)
            tell = _shifted(progress, tiles, 0)
            alpha = refine(finer.image, alpha, finer.where, self._tiling, tell)
        return resized(alpha, *part.trimap.shape)

    def _prior(self, part: Part, progress: Progress | None) -> tuple[np.ndarray, int]:
        """The network's alpha, and of how many tiles."""
        tiles = self._tiling.plan(part.where)
        alpha = np.zeros(part.trimap.shape, np.float32)
        self._tiling.blend(
            tiles,
            lambda place: self._mean(to_float(part.image[place]), part.trimap[place]),
            alpha,
            # Refinement will have about as many.
            _shifted(progress, 0, self._refines * len(tiles)),
        )
        return part.completed(alpha), len(tiles)

    def _mean(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """The network's alpha of a part of a picture, averaged over all views of it."""
        alphas = [
            view.undone(self._pass(*view.shown(image, trimap)), *trimap.shape)
            for view in self._views
        ]
        return np.mean(alphas, axis=0)

    def _pass(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """One pass over a picture, padded by reflection to the network's multiple."""
        height, width = trimap.shape
        multiple = self._network.multiple
        padding = ((0, -height % multiple), (0, -width % multiple))
        colours = np.pad(image, (*padding, (0, 0)), mode="reflect")
        levels = network_trimap(np.pad(trimap, padding, mode="reflect"))
        return self._network(colours, levels)[:height, :width]


def _tiling(network: Network, scale: float) -> Tiling:
    size = network.bytes_per_pixel * scale**2
    tiling = Tiling(int(network.max_memory / size), network.context, network.multiple)
    if tiling.max_pixels < tiling.smallest_tile:
        least = math.ceil(tiling.smallest_tile * size / 10**6)
        raise ValueError(
            f"max_memory is {network.max_memory / 10**6:g}MB; the smallest tile needs {least}MB"
        )
    return tiling


def _shifted(progress: Progress | None, before: int, behind: int) -> Progress | None:
    """Counts the tiles of one piece of work among those of all."""
    if progress is None:
        return None
    return lambda done, of: progress(before + done, before + of + behind)

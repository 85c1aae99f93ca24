"""The predictor: image and trimap to alpha."""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atnet.arrays import RGB, check_pixels
from atnet.choices import EngineName, Quality, Refinement
from atnet.files.images import Picture, read_image
from atnet.matting.changes import find_change
from atnet.matting.engines import Provider
from atnet.matting.estimation import Estimator, Part
from atnet.matting.presets import DEFAULT_PRESET
from atnet.matting.runtime import Network
from atnet.matting.scale import choose_scale
from atnet.tiling import Progress
from atnet.trimaps import check_trimap, clamp, read_trimap, unknown_region


class Estimate(NamedTuple):
    """An alpha, and what it was found by: what a changed trimap goes on from.

    Attributes:
        trimap: uint8 `(H, W)`.
        alpha: float32 `(H, W)` in [0, 1].
        scale: At which the network saw the picture.
    """

    trimap: np.ndarray
    alpha: np.ndarray
    scale: float


class Matting:
    """Estimates alpha, with one model loaded once; may be called from several threads.

    Args:
        preset: Name of a shipped model (`atnet models` lists them); path of an exported `.onnx`, or
            of what training left, `.npz`, `.keras` or a run's folder, which Keras runs.
        providers: ONNX Runtime execution providers in order of preference, such as
            `["CUDAExecutionProvider", "CPUExecutionProvider"]`, each a name or a tuple of name and
            options. Defaults to CUDA where `onnxruntime-gpu` offers it, then the CPU.
        threads: Threads of the CPU. Defaults to OMP_NUM_THREADS if that is set, else all cores.
        max_memory: Bound on the network's working memory, in bytes or as text such as `"2GB"`, the
            default; larger images are computed in overlapping tiles.
        quality: What to spend on an alpha: `"fast"`, the network alone; `"standard"`, with
            refinement behind it; `"best"`, the mean of four views, refined.
        refine: `"colour-lines"` or `"none"`; by default what the quality says.
        engine: What runs the network: `"onnxruntime"`, the same alpha on every processor,
            `"openvino"` or `"mnn"`. Defaults to ONNX Runtime if there are providers, to
            ATNET_ENGINE if that is set, else to the fastest that is installed, which is measured
            once.

    Raises:
        ImportError: The engine is not installed.
        PresetError: Unknown preset, or its file is damaged.
        ValueError: Unknown engine, provider, quality or refinement; `threads` is below 1;
            `max_memory` is no size, or below the smallest tile's need.

    Example:
        >>> import numpy as np
        >>> image = np.zeros((40, 60, 3), np.uint8)
        >>> trimap = np.zeros((40, 60), np.uint8)
        >>> trimap[10:30, 10:50] = 128
        >>> Matting().alpha(image, trimap).shape
        (40, 60)
    """

    def __init__(
        self,
        preset: str | Path = DEFAULT_PRESET,
        providers: Sequence[Provider] | None = None,
        threads: int | None = None,
        max_memory: int | str | None = None,
        quality: Quality = "standard",
        refine: Refinement | None = None,
        engine: EngineName | None = None,
    ) -> None:
        self._network = Network(preset, providers, threads, max_memory, engine)
        self._estimator = Estimator(self._network, quality, refine)

    @property
    def engine(self) -> str:
        """What runs the network: an engine by its name, or `keras` where training's files do."""
        return self._network.engine

    @property
    def providers(self) -> list[str]:
        """What computes, first choice first: ONNX Runtime's execution providers, or another's."""
        return self._network.providers

    def at_quality(self, quality: Quality) -> "Matting":
        """Returns one of another quality that shares the loaded model; raises as this class."""
        other = copy.copy(self)
        other._estimator = Estimator(self._network, quality)
        return other

    def alpha(
        self, image: Picture, trimap: Picture, progress: Progress | None = None
    ) -> np.ndarray:
        """Estimates alpha where the trimap says unknown; known pixels are exactly 0 and 1.

        Args:
            image: `(H, W, 3)` sRGB of any size from 1 x 1: an array of uint8, uint16 or float in
                [0, 1], or a path, bytes, an open binary file or a Pillow image.
            trimap: The same with `(H, W)`. An array must be uint8 of exactly 0 background, 128
                unknown and 255 foreground (`atnet.snap_trimap` makes one of other greys); what is
                read from elsewhere is snapped.
            progress: Called between tiles with how many are done and of how many, which may still
                change; what it raises ends the work.

        Returns:
            float32 `(H, W)` in [0, 1].

        Raises:
            ImageError: A file cannot be read.
            TrimapError: A trimap of another size, with other values, or all of one value.
            ValueError: Wrong shape, type or range.

        Reference:
            Attention Transfer Network for Nature Image Matting.
        """
        return self.estimate(image, trimap, progress).alpha

    def estimate(
        self, image: Picture, trimap: Picture, progress: Progress | None = None
    ) -> Estimate:
        """Estimates alpha, from which `update` can go on; all is as in `alpha`."""
        image, trimap = _checked(image, trimap)
        scale = choose_scale(image, unknown_region(trimap))
        everywhere, nothing = np.ones((1, 1), bool), np.zeros((1, 1), np.float32)
        found = self._estimator.found(Part(image, trimap, everywhere, nothing), scale, progress)
        return Estimate(trimap, clamp(found, trimap), scale)

    def update(
        self, image: Picture, trimap: Picture, before: Estimate, progress: Progress | None = None
    ) -> Estimate:
        """Estimates alpha anew where the change of a trimap has a say, and keeps the rest.

        Further from the change than half of the network's context (32 pixels of what it sees),
        alpha stays bit for bit the same. Nearer by it is not quite what `estimate` finds,
        as in tiles: network and refinement see no more than this part, at the scale of before.
        Where the change has a say in more than half of what is unknown, all is computed.

        Args:
            image: The same as before, in any form that `alpha` takes.
            trimap: As in `alpha`.
            before: What was found by the earlier trimap, with a `Matting` made alike.
            progress: As in `alpha`.

        Returns:
            The alpha, from which the next update can go on.

        Raises:
            ValueError: As in `alpha`; or the earlier trimap has another size.
        """
        image, trimap = _checked(image, trimap)
        check_trimap(before.trimap, image.shape)
        change = find_change(before.trimap, trimap, self._network.context / before.scale)
        if change is None:
            return before
        box, where = change.box, change.weights > 0
        unknown = unknown_region(trimap)
        if 2 * np.count_nonzero(unknown[box] & where) > np.count_nonzero(unknown):
            return self.estimate(image, trimap, progress)
        part = Part(image[box], trimap[box], where, before.alpha[box])
        found = self._estimator.found(part, before.scale, progress)
        alpha = before.alpha.copy()
        mixed = alpha[box] + change.weights * (found - alpha[box])
        alpha[box] = clamp(mixed, trimap[box])
        return Estimate(trimap, alpha, before.scale)


def _checked(image: Picture, trimap: Picture) -> tuple[np.ndarray, np.ndarray]:
    image = image if isinstance(image, np.ndarray) else read_image(image)
    trimap = trimap if isinstance(trimap, np.ndarray) else read_trimap(trimap)
    check_pixels(image, "image", RGB)
    check_trimap(trimap, image.shape)
    return image, trimap

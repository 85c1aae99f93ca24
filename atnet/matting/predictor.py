"""The predictor: image and trimap to alpha."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atnet.arrays import RGB, check_pixels, network_trimap, resized, to_float
from atnet.choices import EngineName, Quality, Refinement
from atnet.files.images import Picture, read_image
from atnet.matting.colour_lines import refine
from atnet.matting.engines import Provider
from atnet.matting.presets import DEFAULT_PRESET
from atnet.matting.quality import VIEWS, refinement_of
from atnet.matting.runtime import Network
from atnet.matting.scale import FINER, at_scale, choose_scale
from atnet.tiling import Tiling
from atnet.trimaps import check_trimap, clamp, read_trimap, unknown_region


class Matting:
    """Estimates alpha, with one model loaded once; may be called from several threads.

    Args:
        preset: Name of a shipped model (`atnet models` lists them) or path of an exported `.onnx`.
        providers: ONNX Runtime execution providers in order of preference, such as
            `["CUDAExecutionProvider", "CPUExecutionProvider"]`, each a name or a tuple of name and
            options. Defaults to CUDA where `onnxruntime-gpu` offers it, then the CPU.
        threads: Threads of the CPU. Defaults to OMP_NUM_THREADS if that is set, else all cores.
        max_memory: Bound on the network's working memory, in bytes or as text such as `"2GB"`, the
            default; larger images are computed in overlapping tiles.
        quality: What to spend on an alpha: `"fast"`, the network alone; `"standard"`, with
            refinement behind it; `"best"`, the mean of four views, refined.
        refine: `"colour-lines"` or `"none"`; by default what the quality says.
        engine: What runs the network: `"onnxruntime"`, the same alpha on every processor, or
            `"openvino"`. Defaults to ONNX Runtime if there are providers, to ATNET_ENGINE if that
            is set, else to the fastest that is installed, which is measured once.

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
        self._refinement = refinement_of(quality, refine)
        self._views = VIEWS[quality]
        self._network = Network(preset, providers, threads, max_memory, engine)
        self._tiling = _tiling(self._network, max(view.scale for view in self._views))

    @property
    def engine(self) -> EngineName:
        """What runs the network."""
        return self._network.engine

    @property
    def providers(self) -> list[str]:
        """What computes, first choice first: ONNX Runtime's execution providers, or OpenVINO's."""
        return self._network.providers

    def alpha(self, image: Picture, trimap: Picture) -> np.ndarray:
        """Estimates alpha where the trimap says unknown; known pixels are exactly 0 and 1.

        Args:
            image: `(H, W, 3)` sRGB of any size from 1 x 1: an array of uint8, uint16 or float in
                [0, 1], or a path, bytes, an open binary file or a Pillow image.
            trimap: The same with `(H, W)`. An array must be uint8 of exactly 0 background, 128
                unknown and 255 foreground (`atnet.snap_trimap` makes one of other greys); what is
                read from elsewhere is snapped.

        Returns:
            float32 `(H, W)` in [0, 1].

        Raises:
            ImageError: A file cannot be read.
            TrimapError: A trimap of another size, with other values, or all of one value.
            ValueError: Wrong shape, type or range.

        Reference:
            Attention Transfer Network for Nature Image Matting.
        """
        image = image if isinstance(image, np.ndarray) else read_image(image)
        trimap = trimap if isinstance(trimap, np.ndarray) else read_trimap(trimap)
        check_pixels(image, "image", RGB)
        check_trimap(trimap, image.shape)
        scale = choose_scale(image, unknown_region(trimap))
        found = self._prior(*at_scale(image, trimap, scale))
        if self._refinement != "none":
            found = self._refined(found, *at_scale(image, trimap, min(1, FINER * scale)))
        return clamp(resized(found, *trimap.shape), trimap)

    def _prior(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """The network's alpha."""
        alpha = np.zeros(trimap.shape, np.float32)
        self._tiling.blend(
            self._tiling.plan(unknown_region(trimap)),
            lambda part: self._mean(to_float(image[part]), trimap[part]),
            alpha,
        )
        return clamp(alpha, trimap)

    def _refined(self, prior: np.ndarray, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """What the picture makes of the network's alpha, which may be of a smaller copy."""
        prior = clamp(resized(prior, *trimap.shape), trimap)
        return refine(image, prior, unknown_region(trimap), self._tiling)

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

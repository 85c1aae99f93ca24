"""The predictor: image and trimap to alpha, on ONNX Runtime."""

import os
import re
from pathlib import Path

import numpy as np
import onnxruntime

from atnet.matting.presets import DEFAULT_PRESET, PresetError, read_model
from atnet.tiling import MULTIPLE, blend_rectangles, plan_rectangles
from atnet.trimaps import BACKGROUND, FOREGROUND, check_trimap, unknown_region

DEFAULT_MAX_MEMORY = "2GB"
BYTES_PER_PIXEL = 1200
"""Working memory of the network per pixel it computes; measured by benchmarks/matting.py."""
SMALLEST_TILE_PIXELS = 512 * 512
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


class Matting:
    """Estimates alpha, with one model loaded once; may be called from several threads.

    Args:
        preset: Name of a shipped model (`atnet models` lists them) or path of an exported `.onnx`.
        providers: ONNX Runtime execution providers in order of preference, such as
            `["CUDAExecutionProvider", "CPUExecutionProvider"]`. Defaults to CUDA where
            `onnxruntime-gpu` offers it, then the CPU.
        max_memory: Bound on the network's working memory, in bytes or as text such as `"2GB"`, the
            default; larger images are computed in overlapping tiles.

    Raises:
        PresetError: Unknown preset, or its file is damaged.
        ValueError: Unknown provider; `max_memory` is no size, or below the smallest tile's need.

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
        providers: list[str] | None = None,
        max_memory: int | str | None = None,
    ) -> None:
        self._max_pixels = _max_pixels(max_memory)
        self._session = _session(preset, _choose_providers(providers))

    @property
    def providers(self) -> list[str]:
        """The execution providers in use, first choice first."""
        return list(self._session.get_providers())

    def alpha(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Estimates alpha where the trimap says unknown; known pixels are exactly 0 and 1.

        Args:
            image: `(H, W, 3)` sRGB, float in [0, 1] or uint8; any size from 1 x 1.
            trimap: uint8 `(H, W)` of exactly 0 background, 128 unknown and 255 foreground;
                `atnet.snap_trimap` makes one of other greys.

        Returns:
            float32 `(H, W)` in [0, 1].

        Raises:
            ValueError: Wrong shape, type or range.
            TrimapError: A trimap of another size, with other values, or all of one value.

        Reference:
            Attention Transfer Network for Nature Image Matting.
        """
        _check_image(image)
        check_trimap(trimap, image.shape)
        unknown = unknown_region(trimap)
        alpha = np.zeros(unknown.shape, np.float32)
        blend_rectangles(
            plan_rectangles(unknown, self._max_pixels),
            lambda part: self._run(image[part], trimap[part]),
            alpha,
        )
        alpha[trimap == FOREGROUND] = 1
        alpha[trimap == BACKGROUND] = 0
        return alpha

    def _run(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """One pass over a part of an image, padded by reflection to the network's multiple."""
        height, width = trimap.shape
        padding = ((0, -height % MULTIPLE), (0, -width % MULTIPLE))
        colours = _as_float(np.pad(image, (*padding, (0, 0)), mode="reflect"))
        levels = np.pad(trimap, padding, mode="reflect")
        inputs = {
            "image": colours[None],
            # 0, 128, 255 to 0, 0.5, 1
            "trimap": (np.round(levels / 127.5) / 2).astype(np.float32)[None, ..., None],
        }
        (alpha,) = self._session.run(["alpha"], inputs)
        return np.asarray(alpha)[0, :height, :width, 0]


def parse_memory(size: int | str) -> int:
    """Reads a memory size.

    Args:
        size: Bytes, or text with a unit: `"800MB"`, `"2GB"`, `"1.5GiB"`.

    Returns:
        Bytes.

    Raises:
        ValueError: It is no size.

    Example:
        >>> parse_memory("1.5GB")
        1500000000
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]I?B)?", str(size).strip().upper())
    if not match:
        raise ValueError(f"max_memory is {size!r}; give bytes or a size such as 800MB or 2GB")
    return int(float(match[1]) * _UNITS[match[2] or ""])


def _max_pixels(max_memory: int | str | None) -> int:
    size = DEFAULT_MAX_MEMORY if max_memory is None else max_memory
    pixels = parse_memory(size) // BYTES_PER_PIXEL
    if pixels < SMALLEST_TILE_PIXELS:
        least = -(-SMALLEST_TILE_PIXELS * BYTES_PER_PIXEL // 10**6)
        raise ValueError(f"max_memory is {size}; the smallest tile needs {least}MB")
    return pixels


def _choose_providers(wanted: list[str] | None) -> list[str]:
    available = onnxruntime.get_available_providers()
    if wanted is None:
        preferred = ("CUDAExecutionProvider", "CPUExecutionProvider")
        return [name for name in preferred if name in available]
    if not wanted or not set(wanted) <= set(available):
        raise ValueError(f"providers are {wanted}; available are {', '.join(available)}")
    return wanted


def _session(preset: str | Path, providers: list[str]) -> onnxruntime.InferenceSession:
    model = read_model(preset)
    options = onnxruntime.SessionOptions()
    # The arena keeps the largest pass's buffers for ever and trebles the peak; it saves no time.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    # ONNX Runtime does not look at this common limit by itself; 0 means all cores.
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "0").split(",")[0] or 0)
    try:
        session = onnxruntime.InferenceSession(model, options, providers=providers)
    except Exception as error:  # ONNX Runtime's errors share no other base
        raise PresetError(f"{preset}: is no ONNX model that can run here ({error})") from error
    names = [tensor.name for tensor in session.get_inputs()]
    if names != ["image", "trimap"]:
        raise PresetError(f"{preset}: takes {names}; expected a model from `atnet export`")
    return session


def _check_image(image: np.ndarray) -> None:
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3:
        received = getattr(image, "shape", type(image).__name__)
        raise ValueError(f"image is {received}; expected an array (height, width, 3) in RGB")
    if 0 in image.shape:
        raise ValueError(f"image is {image.shape}; it has no pixels")
    if image.dtype != np.uint8 and not np.issubdtype(image.dtype, np.floating):
        raise ValueError(f"image has type {image.dtype}; expected uint8, or float in [0, 1]")
    if image.dtype != np.uint8 and not (image.min() >= 0 and image.max() <= 1):
        raise ValueError(
            f"image spans {image.min():g} to {image.max():g}; floats must lie in [0, 1]: "
            "divide by 255 or pass uint8"
        )


def _as_float(image: np.ndarray) -> np.ndarray:
    if image.dtype == np.uint8:
        return image.astype(np.float32) / 255
    return image.astype(np.float32, copy=False)

"""ONNX Runtime: sessions, threads, memory. The one place that loads it to run a network."""

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from atnet.matting.presets import PresetError, read_model

Provider = str | tuple[str, dict[str, Any]]
"""An execution provider as ONNX Runtime takes it: its name, or its name and options."""

DEFAULT_MAX_MEMORY = "2GB"
BYTES_PER_PIXEL, MULTIPLE, CONTEXT = 1200, 32, 128
"""What is assumed of a model file that does not say, measured for VGG16: working memory for each
pixel that is computed, what height and width must be a multiple of, and pixels of context."""
_PREFERRED = ("CUDAExecutionProvider", "CPUExecutionProvider")
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


class Network:
    """An exported network, ready to run; may be called from several threads.

    Attributes:
        max_memory: Bound on working memory in bytes.
        bytes_per_pixel: Working memory for each pixel that is computed.
        multiple: Height and width must be multiples of this.
        context: Pixels that it has to see around those whose alpha counts.

    Args:
        preset: Name of a shipped model, or path of an exported `.onnx`.
        providers: Execution providers in order of preference; `None` takes CUDA where it is
            offered, then the CPU.
        threads: Of the CPU; `None` takes OMP_NUM_THREADS if that is set, else all cores.
        max_memory: Bound on working memory, as `parse_memory` takes it.

    Raises:
        ImportError: There is no ONNX Runtime.
        PresetError: Unknown preset, or its file is damaged or no such network.
        ValueError: Unknown provider; no number of threads; no memory size.
    """

    def __init__(
        self,
        preset: str | Path,
        providers: Sequence[Provider] | None = None,
        threads: int | None = None,
        max_memory: int | str | None = None,
    ) -> None:
        self.max_memory = parse_memory(DEFAULT_MAX_MEMORY if max_memory is None else max_memory)
        onnxruntime, model = load_onnxruntime(), read_model(preset)
        chosen = _choose_providers(providers, onnxruntime.get_available_providers())
        # The weights of a file, which may be float16, are float32 in memory.
        bounded = [_bounded(provider, self.max_memory + 2 * len(model)) for provider in chosen]
        try:
            self._session = onnxruntime.InferenceSession(
                model, _options(onnxruntime, _threads(threads)), providers=bounded
            )
        except Exception as error:  # ONNX Runtime's errors share no other base
            raise PresetError(f"{preset}: is no ONNX model that can run here ({error})") from error
        names = [tensor.name for tensor in self._session.get_inputs()]
        if names != ["image", "trimap"]:
            raise PresetError(f"{preset}: takes {names}; expected a model from `atnet export`")
        said = self._session.get_modelmeta().custom_metadata_map
        self.bytes_per_pixel = _number(said, "bytes_per_pixel", BYTES_PER_PIXEL, preset)
        self.multiple = _number(said, "multiple", MULTIPLE, preset)
        self.context = _number(said, "context", CONTEXT, preset)

    @property
    def providers(self) -> list[str]:
        """The execution providers in use, first choice first."""
        return list(self._session.get_providers())

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha.

        Args:
            image: float32 `(H, W, 3)` in [0, 1]; H and W are multiples of `multiple`.
            trimap: float32 `(H, W)` of 0, 0.5, 1.

        Returns:
            float32 `(H, W)` in [0, 1].
        """
        inputs = {"image": image[None], "trimap": trimap[None, ..., None]}
        (alpha,) = self._session.run(["alpha"], inputs)
        return np.asarray(alpha)[0, ..., 0]


def load_onnxruntime() -> ModuleType:
    """Imports ONNX Runtime, which would otherwise report home from its import on.

    Returns:
        The module.

    Raises:
        ImportError: Neither `onnxruntime` nor `onnxruntime-gpu` is installed.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime  # noqa: PLC0415  (only where a network runs)
    except ImportError as error:
        raise ImportError(
            "ONNX Runtime is missing; pip install onnxruntime, or onnxruntime-gpu for CUDA"
        ) from error
    _warn_of_two()
    return onnxruntime


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


def _choose_providers(wanted: Sequence[Provider] | None, available: list[str]) -> list[Provider]:
    if wanted is None:
        return [name for name in _PREFERRED if name in available]
    names = [provider if isinstance(provider, str) else provider[0] for provider in wanted]
    if not names or not set(names) <= set(available):
        raise ValueError(f"providers are {list(wanted)}; available are {', '.join(available)}")
    return list(wanted)


def _bounded(provider: Provider, most: int) -> Provider:
    """Bounds CUDA's arena, which otherwise grows by doubling; the user's own options win."""
    name, options = (provider, {}) if isinstance(provider, str) else provider
    if name != "CUDAExecutionProvider":
        return provider
    bound = {"gpu_mem_limit": most, "arena_extend_strategy": "kSameAsRequested"}
    return name, {**bound, **options}


def _threads(threads: int | None) -> int:
    """ONNX Runtime does not look at this common limit by itself; 0 means all cores."""
    if threads is None:
        return int(os.environ.get("OMP_NUM_THREADS", "0").split(",")[0] or 0)
    if threads < 1:
        raise ValueError(f"threads is {threads}; at least 1 is needed")
    return threads


def _options(onnxruntime: ModuleType, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    # The arena keeps the largest pass's buffers for ever and trebles the peak; it saves no time.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    return options


def _number(said: Mapping[str, str], name: str, default: int, preset: str | Path) -> int:
    text = said.get(f"atnet.{name}", str(default))
    if not (text.isdecimal() and int(text)):
        raise PresetError(f"{preset}: says {name} is {text!r}; it must be a number above 0")
    return int(text)


def _warn_of_two() -> None:
    """Both packages fill one folder: what runs then is a mixture, or what came last."""
    try:
        for name in ("onnxruntime", "onnxruntime-gpu"):
            metadata.version(name)
    except metadata.PackageNotFoundError:
        return
    warnings.warn(
        "onnxruntime and onnxruntime-gpu overwrite each other's files: uninstall both, then "
        "install one of them",
        stacklevel=4,
    )

"""A network ready to run: the model's file, what it needs, the engine that runs it."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from atnet.choices import EngineName
from atnet.machine import release_memory
from atnet.matting.blocks import load_onnx_runtime
from atnet.matting.engines import Engine, Provider
from atnet.matting.low_rank import read_spaces, split_convolutions
from atnet.matting.onnx_file import describe, read_onnx
from atnet.matting.presets import PRESETS, TRAINED, PresetError, find_model, read_model
from atnet.matting.probe import fastest_engine, load_engine

DEFAULT_MAX_MEMORY = "2GB"
BYTES_PER_PIXEL, MULTIPLE, CONTEXT = 1200, 32, 64
"""What is assumed of a model file that does not say, measured for VGG16: working memory for each
pixel that is computed, what height and width must be a multiple of, and pixels of context."""
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


class Network:
    """A network, ready to run; may be called from several threads.

    Attributes:
        engine: What runs it: an `EngineName`, or `keras`.
        max_memory: Bound on working memory in bytes.
        bytes_per_pixel: Working memory for each pixel that is computed.
        multiple: Height and width must be multiples of this.
        context: Pixels that it has to see around those whose alpha counts.

    Args:
        preset: As `find_model` takes it. Keras runs what training left.
        providers: Execution providers of ONNX Runtime in order of preference; `None` takes CUDA
            where it is offered, then the CPU.
        threads: Of the CPU; `None` takes OMP_NUM_THREADS if that is set, else all cores.
        max_memory: Bound on working memory, as `parse_memory` takes it.
        engine: What runs it; `None` takes ONNX Runtime if there are providers, ATNET_ENGINE if that
            is set, else the fastest that is installed.

    Raises:
        ImportError: The engine is not installed.
        PresetError: Unknown preset, or its file is damaged or no such network.
        ValueError: Unknown engine or provider; providers for another engine than ONNX Runtime; no
            number of threads; no memory size.
    """

    def __init__(
        self,
        preset: str | Path,
        providers: Sequence[Provider] | None = None,
        threads: int | None = None,
        max_memory: int | str | None = None,
        engine: EngineName | None = None,
    ) -> None:
        self.max_memory = parse_memory(DEFAULT_MAX_MEMORY if max_memory is None else max_memory)
        cores = _threads(threads)
        if find_model(preset).suffix in TRAINED:
            _refuse_choice(preset, engine, providers)
            self.engine, self._engine, said = "keras", _load_trained(find_model(preset)), {}
        else:
            chosen = _wanted(engine, providers)
            self.engine, self._engine, said = self._load(preset, chosen, providers, cores)
        release_memory()
        size = _number(said, "bytes_per_pixel", BYTES_PER_PIXEL, preset)
        self.bytes_per_pixel = round(self._engine.memory * size)
        self.multiple = _number(said, "multiple", MULTIPLE, preset)
        self.context = _number(said, "context", CONTEXT, preset)

    def _load(
        self,
        preset: str | Path,
        chosen: EngineName | None,
        providers: Sequence[Provider] | None,
        cores: int,
    ) -> tuple[str, Engine, Mapping[str, str]]:
        """Loads an exported network; returns what runs it, by name and ready, and what it says."""
        model = read_model(preset)
        try:
            said = _description(model, preset)
            model = _split(model, preset)
            name = chosen or fastest_engine(model, cores)
            engine: Engine = (
                load_onnx_runtime(model, cores, providers, self.max_memory)
                if name == "onnxruntime"
                else load_engine(name, model, cores)
            )
        except RuntimeError as error:
            raise PresetError(f"{preset}: is no ONNX model that can run here ({error})") from error
        return name, engine, said

    @property
    def providers(self) -> list[str]:
        """What computes, first choice first."""
        return self._engine.providers

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha.

        Args:
            image: float32 `(H, W, 3)` in [0, 1]; H and W are multiples of `multiple`.
            trimap: float32 `(H, W)` of 0, 0.5, 1.

        Returns:
            float32 `(H, W)` in [0, 1].
        """
        return self._engine(image, trimap)


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


def _wanted(engine: EngineName | None, providers: Sequence[Provider] | None) -> EngineName | None:
    """What the user asks for, `None` if nothing."""
    default = None if providers is None else "onnxruntime"
    name = engine or default or os.environ.get("ATNET_ENGINE") or None
    if name not in (None, *get_args(EngineName)):
        raise ValueError(f"engine is {name!r}; allowed are {', '.join(get_args(EngineName))}")
    if providers is not None and name != "onnxruntime":
        raise ValueError(f"providers are ONNX Runtime's; the engine is {name}")
    return name  # pyright: ignore[reportReturnType]  (one of its values, as was checked)


def _refuse_choice(
    preset: str | Path, engine: EngineName | None, providers: Sequence[Provider] | None
) -> None:
    if engine is not None or providers is not None:
        raise ValueError(
            f"{preset}: Keras runs weights of training, so that neither engine nor providers can "
            "be chosen; `atnet export` makes a file for the engines"
        )


def _load_trained(path: Path) -> Engine:
    """The one way up, to what is built on this: Keras is loaded for such weights alone."""
    try:
        from atnet.models.engine import KerasEngine  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(
            f"{path}: Keras runs weights of training, and {error.name} is missing; pip install "
            "'atnet[train]', or give an .onnx file that `atnet export` made"
        ) from error
    try:
        return KerasEngine(path)
    except (OSError, ValueError) as error:
        raise PresetError(str(error)) from error


def _description(model: bytes, preset: str | Path) -> Mapping[str, str]:
    names, said = describe(read_onnx(model))
    if names != ["image", "trimap"]:
        raise PresetError(f"{preset}: takes {names}; expected a model from `atnet export`")
    return said


def _split(model: bytes, preset: str | Path) -> bytes:
    """Makes a shipped model lighter where it is known how."""
    spaces = PRESETS[str(preset)].read_spaces() if str(preset) in PRESETS else None
    return split_convolutions(model, read_spaces(spaces)) if spaces else model


def _threads(threads: int | None) -> int:
    """Engines do not look at this common limit by themselves; 0 means all cores."""
    if threads is None:
        return int(os.environ.get("OMP_NUM_THREADS", "0").split(",")[0] or 0)
    if threads < 1:
        raise ValueError(f"threads is {threads}; at least 1 is needed")
    return threads


def _number(said: Mapping[str, str], name: str, default: int, preset: str | Path) -> int:
    text = said.get(f"atnet.{name}", str(default))
    if not (text.isdecimal() and int(text)):
        raise PresetError(f"{preset}: says {name} is {text!r}; it must be a number above 0")
    return int(text)

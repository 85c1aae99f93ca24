"""How much memory an exported network needs for each pixel, measured in processes of their own."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atnet.machine import peak_memory, reset_peak_memory
from atnet.matting.engines import OnnxRuntime
from atnet.parallel import map_unordered

SIDES = (384, 768)
"""Sides of the two squares whose difference counts: what does not grow with them drops out."""


class _Run(NamedTuple):
    """One pass to be measured."""

    model: Path
    side: int


class _Peak(NamedTuple):
    """Pixels of a pass, and the highest resident memory meanwhile in bytes, if it can be told."""

    pixels: int
    size: float | None


def measure_bytes_per_pixel(model: Path) -> int | None:
    """Measures the working memory of a network on the CPU, run as a whole.

    Args:
        model: Exported `.onnx` file.

    Returns:
        Bytes for each pixel that is computed, rounded up; `None` where the system cannot tell.

    Raises:
        RuntimeError: The file is no such network.
    """
    small, large = (_peak_alone(_Run(model, side)) for side in SIDES)
    if small.size is None or large.size is None:
        return None
    return math.ceil((large.size - small.size) / (large.pixels - small.pixels))


def _peak_alone(run: _Run) -> _Peak:
    # A process of its own: what an earlier pass left to malloc would serve the next, or not.
    (peak,) = map_unordered(_peak, [run], workers=1, threads=1)
    return peak


def _peak(run: _Run) -> _Peak:
    network = OnnxRuntime(run.model.read_bytes(), threads=1, providers=["CPUExecutionProvider"])
    image = np.zeros((run.side, run.side, 3), np.float32)
    trimap = np.full((run.side, run.side), 0.5, np.float32)
    can_measure = reset_peak_memory()
    network(image, trimap)
    size = peak_memory() if can_measure else None
    return _Peak(run.side**2, None if size is None else size * 10**6)

"""The classical matting methods of PyMatting, called as our own; an optional package."""

import importlib
from collections.abc import Callable
from importlib import metadata

import numpy as np

from atnet.arrays import network_trimap
from atnet.trimaps import clamp

Method = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Image float32 `(H, W, 3)` and trimap uint8 `(H, W)` to alpha float `(H, W)`."""

_FUNCTIONS = {
    "closed-form": "estimate_alpha_cf",
    "knn": "estimate_alpha_knn",
    "learning-based": "estimate_alpha_lbdm",
    "random-walk": "estimate_alpha_rw",
    "large-kernel": "estimate_alpha_lkm",
}
CLASSICAL = tuple(_FUNCTIONS)
"""The methods by name."""


def load_classical(name: str) -> Method:
    """Loads a classical method, with PyMatting's default settings.

    Args:
        name: Of `CLASSICAL`.

    Returns:
        The method; known pixels come out exactly 0 and 1.

    Raises:
        ImportError: PyMatting is missing.
    """
    pymatting_version()
    estimate = getattr(importlib.import_module("pymatting"), _FUNCTIONS[name])

    def method(image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        levels = network_trimap(trimap).astype(np.float64)
        return clamp(estimate(image.astype(np.float64), levels), trimap)

    return method


def pymatting_version() -> str:
    """Returns the version of PyMatting.

    Raises:
        ImportError: It is missing.
    """
    try:
        return metadata.version("pymatting")
    except metadata.PackageNotFoundError as error:
        raise ImportError("PyMatting is missing; pip install 'atnet[compare]'") from error

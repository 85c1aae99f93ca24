"""Matting methods by name: our presets, and classical ones through PyMatting."""

import functools
import hashlib
import importlib
from collections.abc import Callable
from importlib import metadata

import numpy as np

from atnet.matting.predictor import Matting
from atnet.matting.presets import DEFAULT_PRESET, read_model
from atnet.trimaps import BACKGROUND, FOREGROUND, UNKNOWN

Method = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Image float32 `(H, W, 3)` and trimap uint8 `(H, W)` to alpha float `(H, W)`."""

_PYMATTING = {
    "closed-form": "estimate_alpha_cf",
    "knn": "estimate_alpha_knn",
    "learning-based": "estimate_alpha_lbdm",
    "random-walk": "estimate_alpha_rw",
    "large-kernel": "estimate_alpha_lkm",
}
METHODS = ("atnet", *_PYMATTING)
"""The methods that compute something."""


@functools.lru_cache(maxsize=1)
def load_method(name: str, preset: str = DEFAULT_PRESET) -> Method:
    """Loads a method and runs it once, so that no compilation or allocation is timed later.

    Known pixels come out exactly 0 and 1 of every method.

    Args:
        name: Of `METHODS`.
        preset: The model that `atnet` uses.

    Returns:
        The method.

    Raises:
        ImportError: PyMatting is needed and missing.
        ValueError: Unknown method or preset.
    """
    _check(name)
    method = Matting(preset).alpha if name == "atnet" else _classical(_PYMATTING[name])
    # 48: large-kernel matting asks for at least 41 pixels.
    trimap = np.repeat(np.array([BACKGROUND, UNKNOWN, FOREGROUND], np.uint8), 16)
    trimap = np.repeat(trimap[:, None], 48, axis=1)
    method(np.random.default_rng(0).random((48, 48, 3), np.float32), trimap)
    return method


def identify_method(name: str, preset: str = DEFAULT_PRESET) -> str:
    """Says exactly what computes the alphas: a model's digest or a package's version.

    Args:
        name: Of `METHODS`.
        preset: The model that `atnet` uses.

    Returns:
        One line, the same only if results are.

    Raises:
        ImportError: PyMatting is needed and missing.
        ValueError: Unknown method or preset.
    """
    _check(name)
    if name != "atnet":
        return f"{name}, PyMatting {_pymatting_version()}"
    return f"{preset}, SHA-256 {hashlib.sha256(read_model(preset)).hexdigest()}"


def clamp(alpha: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    """Sets known pixels to exactly what the trimap says.

    Args:
        alpha: `(H, W)`, float in [0, 1] or uint8.
        trimap: uint8 `(H, W)`.

    Returns:
        A new array of alpha's type.
    """
    highest = 255 if alpha.dtype == np.uint8 else 1
    known = (trimap == FOREGROUND) * alpha.dtype.type(highest)
    return np.where(trimap == UNKNOWN, alpha, known)


def _check(name: str) -> None:
    if name not in METHODS:
        raise ValueError(f"method is {name!r}; allowed are {', '.join(METHODS)}")


def _classical(function: str) -> Method:
    _pymatting_version()
    estimate = getattr(importlib.import_module("pymatting"), function)

    def method(image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        levels = np.round(trimap / 127.5) / 2  # 0, 128, 255 to 0, 0.5, 1
        return clamp(estimate(image.astype(np.float64), levels), trimap)

    return method


def _pymatting_version() -> str:
    try:
        return metadata.version("pymatting")
    except metadata.PackageNotFoundError as error:
        raise ImportError("PyMatting is missing; pip install 'atnet[compare]'") from error

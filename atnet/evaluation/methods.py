"""Matting methods by name, ready to be timed: our presets, and classical ones through PyMatting."""

import functools
import hashlib

import numpy as np

from atnet.choices import Quality, Refinement
from atnet.matting.classical import CLASSICAL, Method, load_classical, pymatting_version
from atnet.matting.predictor import Matting
from atnet.matting.presets import DEFAULT_PRESET, EXPORTED, PRESETS, find_model, read_model
from atnet.matting.quality import refinement_of
from atnet.trimaps import BACKGROUND, FOREGROUND, UNKNOWN

METHODS = ("atnet", *CLASSICAL)
"""The methods that compute something."""


@functools.lru_cache(maxsize=1)
def load_method(
    name: str,
    preset: str = DEFAULT_PRESET,
    quality: Quality = "standard",
    refine: Refinement | None = None,
) -> Method:
    """Loads a method and runs it once, so that no compilation or allocation is timed later.

    Known pixels come out exactly 0 and 1 of every method.

    Args:
        name: Of `METHODS`.
        preset: The model that `atnet` uses.
        quality: Of `atnet`, as `Matting` takes it.
        refine: Likewise.

    Returns:
        The method.

    Raises:
        ImportError: PyMatting is needed and missing.
        ValueError: Unknown method, preset, quality or refinement.
    """
    _check(name)
    if name == "atnet":
        # What computes the same everywhere, so that errors can be compared.
        engine = "onnxruntime" if find_model(preset).suffix == EXPORTED else None
        method = Matting(preset, quality=quality, refine=refine, engine=engine).alpha
    else:
        method = load_classical(name)
    # 48: large-kernel matting asks for at least 41 pixels.
    trimap = np.repeat(np.array([BACKGROUND, UNKNOWN, FOREGROUND], np.uint8), 16)
    trimap = np.repeat(trimap[:, None], 48, axis=1)
    method(np.random.default_rng(0).random((48, 48, 3), np.float32), trimap)
    return method


def identify_method(
    name: str,
    preset: str = DEFAULT_PRESET,
    quality: Quality = "standard",
    refine: Refinement | None = None,
) -> str:
    """Says exactly what computes the alphas: a model's digest or a package's version.

    Args:
        name: Of `METHODS`.
        preset: The model that `atnet` uses.
        quality: Of `atnet`, as `Matting` takes it.
        refine: Likewise.

    Returns:
        One line, the same only if results are.

    Raises:
        ImportError: PyMatting is needed and missing.
        ValueError: Unknown method, preset, quality or refinement.
    """
    _check(name)
    if name != "atnet":
        return f"{name}, PyMatting {pymatting_version()}"
    digest = hashlib.sha256(read_model(preset)).hexdigest()
    refinement = refinement_of(quality, refine)
    said = f"{preset}, quality {quality}, refinement {refinement}, SHA-256 {digest}"
    shipped = PRESETS.get(str(preset))
    lighter = shipped.spaces_sha256 if shipped else None  # runs with fewer multiplications
    return f"{said}, spaces {lighter}" if lighter else said


def _check(name: str) -> None:
    if name not in METHODS:
        raise ValueError(f"method is {name!r}; allowed are {', '.join(METHODS)}")

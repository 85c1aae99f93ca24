"""One scene to one row: alpha computed or read, timed, scored; whatever fails, fails alone."""

import time
import warnings
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from atnet.arrays import to_bytes, to_float
from atnet.data.scenes import Scene
from atnet.evaluation.methods import load_method
from atnet.evaluation.metrics import score
from atnet.evaluation.rows import Row
from atnet.evaluation.trial import PREDICTIONS, Trial
from atnet.files.images import write_image
from atnet.machine import peak_memory, reset_peak_memory
from atnet.trimaps import BACKGROUND, FOREGROUND, check_trimap, unknown_region

HISTOGRAM_BINS = 20


class Task(NamedTuple):
    """One scene for a worker; the fingerprint goes to its row."""

    scene: Scene
    trial: Trial
    fingerprint: str


class _Computed(NamedTuple):
    """The alpha to be scored, uint8 `(H, W)`, and what it took unless it was read from a file."""

    alpha: np.ndarray
    seconds: float | None = None
    megabytes: float | None = None


def score_scene(task: Task) -> Row:
    """Scores one scene.

    Args:
        task: The scene, and what is evaluated on it.

    Returns:
        Its row; if anything is wrong, one that says why.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            row = _row(task)
        except Exception as error:  # whatever is wrong with one scene, the others go on
            message = " ".join(str(error).split())
            row = Row(task.scene.name, task.fingerprint, f"{type(error).__name__}: {message}")
    said = dict.fromkeys(str(warning.message) for warning in caught)
    return replace(row, warnings=(*row.warnings, *said))


def _row(task: Task) -> Row:
    trimap = task.scene.read_trimap(task.trial.trimaps)
    alpha = task.scene.read_alpha()
    if alpha is not None:
        check_trimap(trimap, alpha.shape)
    computed = _compute(task.scene, task.trial, trimap)
    row = Row(
        task.scene.name,
        task.fingerprint,
        width=trimap.shape[1],
        height=trimap.shape[0],
        unknown=float(unknown_region(trimap).mean()),
        seconds=computed.seconds,
        megabytes=computed.megabytes,
    )
    if alpha is None:
        return row
    return replace(
        row,
        **score(computed.alpha, alpha, trimap)._asdict(),
        histogram=_histogram(computed.alpha, alpha, trimap),
        warnings=_oddities(alpha, trimap),
    )


def _compute(scene: Scene, trial: Trial, trimap: np.ndarray) -> _Computed:
    if trial.method == PREDICTIONS:
        return _Computed(trial.prediction(scene, trimap))
    method = load_method(trial.method, trial.preset, trial.quality, trial.refine)
    image = scene.read_image()
    check_trimap(trimap, image.shape)
    reset_peak_memory()
    start = time.perf_counter()
    alpha = method(image, trimap)
    seconds, megabytes = time.perf_counter() - start, peak_memory()
    if not np.isfinite(alpha).all():
        raise ValueError(f"{trial.method} returned values that are not finite")
    rounded = to_bytes(alpha)
    if target := trial.target(scene):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_image(target, to_float(rounded))
    return _Computed(rounded, seconds, megabytes)


def _histogram(prediction: np.ndarray, alpha: np.ndarray, trimap: np.ndarray) -> tuple[int, ...]:
    unknown = unknown_region(trimap)
    errors = np.abs(prediction[unknown].astype(int) - alpha[unknown])
    counts = np.bincount(errors * HISTOGRAM_BINS // 256, minlength=HISTOGRAM_BINS)
    return tuple(counts.tolist())


def _oddities(alpha: np.ndarray, trimap: np.ndarray) -> tuple[str, ...]:
    """Where the data set contradicts itself."""
    found = []
    off = {
        name: np.abs(alpha[(trimap == value) & (alpha != value)].astype(int) - value)
        for value, name in ((BACKGROUND, "background"), (FOREGROUND, "foreground"))
    }
    if any(part.size for part in off.values()):
        counts = " and ".join(f"{part.size} {name}" for name, part in off.items() if part.size)
        most = max(part.max() for part in off.values() if part.size)
        found.append(
            f"the true alpha contradicts the trimap's known area: {counts} pixels, off by up to "
            f"{most} of 255"
        )
    if not unknown_region(trimap).any():
        found.append("nothing is unknown: all errors are 0")
    return tuple(found)

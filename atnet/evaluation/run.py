"""Data sets to rows of scores: parallel by processes, resumable, undeterred by a bad image."""

import contextlib
import hashlib
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atnet.data.scenes import Scene, read_8_bits, to_8_bits
from atnet.evaluation.methods import METHODS, identify_method, load_method
from atnet.evaluation.metrics import score
from atnet.evaluation.rows import Row, read_rows, row_appender, write_rows
from atnet.files.images import write_image
from atnet.machine import peak_memory, reset_peak_memory
from atnet.matting.presets import DEFAULT_PRESET
from atnet.parallel import map_unordered
from atnet.trimaps import BACKGROUND, FOREGROUND, check_trimap, clamp, unknown_region
from atnet.version import __version__

PREDICTIONS = "predictions"
"""The method that computes nothing: alphas of any other method, read from files."""
HISTOGRAM_BINS = 20


@dataclass(frozen=True)
class Run:
    """What is evaluated.

    Attributes:
        method: One of `METHODS`, or `predictions`.
        preset: The model of method `atnet`.
        trimaps: Where trimaps come from, a key of `TRIMAP_POLICIES`.
        clamp: Set known pixels of predictions by the trimap; computed alphas always are.
        alphas: Folder for computed alphas, `<scene>.png`.
    """

    method: str = "atnet"
    preset: str = DEFAULT_PRESET
    trimaps: str = "supplied"
    clamp: bool = False
    alphas: Path | None = None

    def identity(self) -> str:
        """Says exactly what is evaluated, in one line."""
        if self.method != PREDICTIONS:
            return identify_method(self.method, self.preset)
        return "predictions, known pixels " + ("set by the trimap" if self.clamp else "as stored")


class _Task(NamedTuple):
    """One scene for a worker."""

    scene: Scene
    fingerprint: str
    run: Run


def evaluate(
    scenes: Sequence[Scene],
    run: Run,
    rows_file: Path | None = None,
    *,
    resume: bool = False,
    workers: int = 1,
    threads: int | None = None,
    progress: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """Evaluates a method on scenes; a scene that fails gets a row that says why.

    Args:
        scenes: With unique names; for the method `predictions` with their predictions.
        run: What is evaluated.
        rows_file: JSON lines, one added as soon as a scene is done.
        resume: Keep rows of `rows_file` whose inputs and method are unchanged, unless they failed.
        workers: Processes; 1 works in this process unless `threads` is given.
        threads: Threads in each process; with several workers an equal share of the cores.
        progress: Called with each new row.

    Returns:
        One row for each scene, in their order.

    Raises:
        ImportError: The method needs a package that is missing.
        MemoryError: A worker was killed.
        ValueError: Nothing to evaluate, unknown method, or rows that would be overwritten.
    """
    tasks = _tasks(scenes, run)
    rows = _finished(tasks, rows_file, resume) if rows_file else {}
    waiting = [task for task in tasks if task.scene.name not in rows]
    with row_appender(rows_file) as append:
        for row in map_unordered(_evaluate_scene, waiting, workers=workers, threads=threads):
            rows[row.name] = row
            append(row)
            progress(row)
    return [rows[scene.name] for scene in scenes]


def with_predictions(scenes: Sequence[Scene], folder: Path) -> list[Scene]:
    """Pairs scenes with the alphas of a folder.

    Args:
        scenes: Without predictions.
        folder: Has `<scene>.png`, or, where the scenes have one group, files without its name.

    Returns:
        Scenes with predictions, whose files may be missing.
    """
    groups = {scene.name.rpartition("/")[0] for scene in scenes}
    nested = len(groups) > 1 or all((folder / group).is_dir() for group in groups)
    names = [scene.name if nested else scene.name.rpartition("/")[2] for scene in scenes]
    return [
        replace(scene, prediction=folder / f"{name}.png")
        for scene, name in zip(scenes, names, strict=True)
    ]


def prediction_of(scene: Scene, run: Run, trimap: np.ndarray) -> np.ndarray:
    """Reads a scene's prediction just as it is scored.

    Args:
        scene: With a prediction.
        run: Tells whether known pixels are set.
        trimap: uint8 `(H, W)`.

    Returns:
        uint8 `(H, W)`.

    Raises:
        ValueError: There is none, or of another size.
    """
    if scene.prediction is None:
        raise ValueError("has no prediction")
    prediction = read_8_bits(scene.prediction)
    check_trimap(trimap, prediction.shape)
    return clamp(prediction, trimap) if run.clamp else prediction


def _tasks(scenes: Sequence[Scene], run: Run) -> list[_Task]:
    if not scenes:
        raise ValueError("the data set has no scenes; check the folder")
    if len({scene.name for scene in scenes}) < len(scenes):
        raise ValueError("two scenes have the same name; rename one")
    if run.method not in (*METHODS, PREDICTIONS):
        allowed = ", ".join((*METHODS, PREDICTIONS))
        raise ValueError(f"method is {run.method!r}; allowed are {allowed}")
    identity = f"{__version__} {run.identity()} {run.trimaps}"
    return [_Task(scene, _fingerprint(scene, identity), run) for scene in scenes]


def _fingerprint(scene: Scene, identity: str) -> str:
    """Tells unchanged inputs by size and time of change, which is quick for any data set."""
    parts = [identity, scene.name]
    for role, path in scene.files().items():
        with contextlib.suppress(OSError):
            status = path.stat()
            parts.append(f"{role} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _finished(tasks: list[_Task], path: Path, resume: bool) -> dict[str, Row]:
    rows = {row.name: row for row in read_rows(path)}
    if rows and not resume:
        raise ValueError(f"{path}: has {len(rows)} rows; continue with --resume, or remove it")
    kept = {
        task.scene.name: row
        for task in tasks
        if (row := rows.get(task.scene.name)) and _still_holds(row, task)
    }
    write_rows(path, kept.values())
    return kept


def _still_holds(row: Row, task: _Task) -> bool:
    if row.error is not None or row.fingerprint != task.fingerprint:
        return False
    return (saved := _saved_alpha(task)) is None or saved.exists()


def _saved_alpha(task: _Task) -> Path | None:
    if task.run.alphas is None or task.run.method == PREDICTIONS:
        return None
    return task.run.alphas / f"{task.scene.name}.png"


def _evaluate_scene(task: _Task) -> Row:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            row = _row(task)
        except Exception as error:  # whatever is wrong with one scene, the others go on
            message = " ".join(str(error).split())
            row = Row(task.scene.name, task.fingerprint, f"{type(error).__name__}: {message}")
    said = dict.fromkeys(str(warning.message) for warning in caught)
    return replace(row, warnings=(*row.warnings, *said))


def _row(task: _Task) -> Row:
    scene, run = task.scene, task.run
    trimap = scene.read_trimap(run.trimaps)
    alpha = scene.read_alpha()
    if alpha is not None:
        check_trimap(trimap, alpha.shape)
    prediction, seconds, megabytes = _predict(task, trimap)
    row = Row(
        scene.name,
        task.fingerprint,
        width=trimap.shape[1],
        height=trimap.shape[0],
        unknown=float(unknown_region(trimap).mean()),
        seconds=seconds,
        megabytes=megabytes,
    )
    if alpha is None:
        return row
    return replace(
        row,
        **score(prediction, alpha, trimap)._asdict(),
        histogram=_histogram(prediction, alpha, trimap),
        warnings=_oddities(alpha, trimap),
    )


def _predict(task: _Task, trimap: np.ndarray) -> tuple[np.ndarray, float | None, float | None]:
    """Returns the alpha to be scored, seconds and megabytes."""
    run = task.run
    if run.method == PREDICTIONS:
        return prediction_of(task.scene, run, trimap), None, None
    method = load_method(run.method, run.preset)
    image = task.scene.read_image()
    check_trimap(trimap, image.shape)
    reset_peak_memory()
    start = time.perf_counter()
    alpha = method(image, trimap)
    seconds, megabytes = time.perf_counter() - start, peak_memory()
    if not np.isfinite(alpha).all():
        raise ValueError(f"{run.method} returned values that are not finite")
    prediction = to_8_bits(alpha)
    if saved := _saved_alpha(task):
        saved.parent.mkdir(parents=True, exist_ok=True)
        write_image(saved, prediction / np.float32(255))
    return prediction, seconds, megabytes


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

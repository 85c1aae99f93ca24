"""Scenes to rows of scores: parallel by processes, resumable, undeterred by a bad scene."""

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from atnet.data.scenes import Scene
from atnet.evaluation.rows import Row, appending_rows, resume_rows
from atnet.evaluation.scoring import Task, score_scene
from atnet.evaluation.trial import Trial
from atnet.parallel import map_unordered
from atnet.version import __version__


def evaluate(
    scenes: Sequence[Scene],
    trial: Trial,
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
        trial: What is evaluated.
        rows_file: JSON lines, one added as soon as a scene is done.
        resume: Keep rows of `rows_file` whose inputs and method are unchanged, unless they failed.
        workers: Processes; 1 works in this process unless `threads` is given.
        threads: Threads in each process; with several workers an equal share of the cores.
        progress: Called with each new row.

    Returns:
        One row for each scene, in their order.

    Raises:
        ImportError: The method needs a package that is missing.
        ChildProcessError: A worker ended in the middle of its work.
        ValueError: Nothing to evaluate, or rows that would be overwritten.
    """
    tasks = _tasks(scenes, trial)
    rows = {row.name: row for row in _kept(tasks, rows_file, resume)}
    waiting = [task for task in tasks if task.scene.name not in rows]
    with appending_rows(rows_file) as append:
        for row in map_unordered(score_scene, waiting, workers=workers, threads=threads):
            rows[row.name] = row
            append(row)
            progress(row)
    return [rows[scene.name] for scene in scenes]


def _tasks(scenes: Sequence[Scene], trial: Trial) -> list[Task]:
    if not scenes:
        raise ValueError("the data set has no scenes; check the folder")
    if len({scene.name for scene in scenes}) < len(scenes):
        raise ValueError("two scenes have the same name; rename one")
    identity = f"{__version__} {trial.identity()} {trial.trimaps}"
    return [Task(scene, trial, _fingerprint(scene, identity)) for scene in scenes]


def _fingerprint(scene: Scene, identity: str) -> str:
    """Tells unchanged inputs by size and time of change, which is quick for any data set."""
    parts = [identity, scene.name]
    for role, path in scene.files().items():
        with contextlib.suppress(OSError):
            status = path.stat()
            parts.append(f"{role} {status.st_size} {status.st_mtime_ns}")
    content = "\n".join(parts).encode(errors="surrogateescape")  # file names may be any bytes
    return hashlib.sha256(content).hexdigest()[:16]


def _kept(tasks: Sequence[Task], rows_file: Path | None, resume: bool) -> list[Row]:
    if rows_file is None:
        return []
    by_name = {task.scene.name: task for task in tasks}

    def still_holds(row: Row) -> bool:
        task = by_name.get(row.name)
        if task is None or row.error is not None or row.fingerprint != task.fingerprint:
            return False
        target = task.trial.target(task.scene)
        return target is None or target.exists()

    return resume_rows(rows_file, still_holds, wanted=resume)

"""Runs that were trained before: which of them has ended, and is the newest."""

from pathlib import Path

from atnet.matting.presets import BEST_WEIGHTS
from atnet.training import checkpoints
from atnet.training.config import SCHEDULES
from atnet.training.epochs import RunFolder


def newest_finished(runs: Path) -> Path | None:
    """Finds the stage whose best weights are newest among those that were trained to their end.

    Args:
        runs: Folder of runs, at any depth.

    Returns:
        The stage's folder; `None` if no stage has ended.

    Example:
        >>> newest_finished(Path("no such folder"))
    """
    weights = sorted(runs.rglob(BEST_WEIGHTS), key=lambda path: path.stat().st_mtime_ns)
    folders = (RunFolder(path.parent) for path in reversed(weights))
    return next((folder.path for folder in folders if _has_ended(folder)), None)


def _has_ended(folder: RunFolder) -> bool:
    about = checkpoints.describe_latest(folder.checkpoints)
    schedule = next((table for name, table in SCHEDULES.items() if name == folder.path.name), None)
    if about is None or schedule is None:
        return False
    return about["step"] >= about["config"][schedule]["steps"]

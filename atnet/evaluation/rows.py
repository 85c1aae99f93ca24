"""Rows of scores: their file, a journal, and their means."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from atnet.evaluation.metrics import Scores
from atnet.files.journal import Entry, appending, resume

METRICS = Scores._fields
"""The four errors."""


@dataclass(frozen=True)
class Row:
    """The result of one scene.

    Attributes:
        name: Of the scene.
        fingerprint: Of method, settings and input files.
        error: Why there is no result.
        warnings: What is odd about the scene.
        width: Pixels.
        height: Pixels.
        unknown: Share of unknown pixels.
        sad: Error, in thousands; this and the others are `None` without a true alpha.
        mse: Error.
        gradient: Error, in thousands.
        connectivity: Error, in thousands.
        seconds: Time of the method alone.
        megabytes: Highest resident memory of the process, 10⁶ bytes, as `peak_memory` tells.
        histogram: Unknown pixels by absolute error, in bins of 1/20.
    """

    name: str
    fingerprint: str
    error: str | None = None
    warnings: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    unknown: float | None = None
    sad: float | None = None
    mse: float | None = None
    gradient: float | None = None
    connectivity: float | None = None
    seconds: float | None = None
    megabytes: float | None = None
    histogram: tuple[int, ...] = ()

    @property
    def group(self) -> str:
        """The folder part of the name: means are taken for each."""
        return self.name.rpartition("/")[0]


def mean_scores(rows: Sequence[Row]) -> dict[str, float]:
    """Averages the four errors, seconds and peak memory over the scenes that have them.

    Args:
        rows: As from `evaluate`.

    Returns:
        Name to mean, with `scenes`, the number of scored ones; only what any row has.
    """
    means: dict[str, float] = {"scenes": sum(row.sad is not None for row in rows)}
    for name in (*METRICS, "seconds", "megabytes"):
        values = [value for row in rows if (value := getattr(row, name)) is not None]
        if values:
            means[name] = float(np.mean(values))
    return means


def resume_rows(path: Path, still_holds: Callable[[Row], bool], *, wanted: bool) -> list[Row]:
    """Prepares a file of rows for a run, as `journal.resume` does.

    Args:
        path: JSON lines in an existing folder, may be missing.
        still_holds: Tells whether a row need not be computed again.
        wanted: Whether the user asked to continue.

    Returns:
        The rows that were kept.

    Raises:
        OSError: The file cannot be written.
        ValueError: It has rows and `wanted` is false, or it holds something else.
    """
    entries = resume(path, lambda entry: still_holds(_row(entry, path)), wanted=wanted)
    return [_row(entry, path) for entry in entries]


@contextlib.contextmanager
def appending_rows(path: Path | None) -> Iterator[Callable[[Row], None]]:
    """Opens a file of rows to add to; each row is on disk when the call returns.

    Args:
        path: JSON lines, or `None` to keep nothing.

    Yields:
        What adds a row.
    """
    if path is None:
        yield lambda _: None
        return
    with appending(path) as append:
        yield lambda row: append(asdict(row))


def _row(entry: Entry, path: Path) -> Row:
    try:
        lists = {name: tuple(entry[name]) for name in ("warnings", "histogram")}
        return Row(**{**entry, **lists})
    except (TypeError, KeyError) as error:
        raise ValueError(f"{path}: holds something else than rows; remove the file") from error

"""Rows of scores: their file, one line each, and their means."""

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from atnet.evaluation.metrics import Scores
from atnet.files.atomic import write_bytes

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


def read_rows(path: Path) -> list[Row]:
    """Reads rows; a last line that was cut off while it was written is left out.

    Args:
        path: JSON lines, may be missing.

    Returns:
        The rows.

    Raises:
        ValueError: Another line is not a row.
    """
    lines = path.read_bytes().splitlines() if path.exists() else []
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            fields = json.loads(line)
            lists = {name: tuple(fields[name]) for name in ("warnings", "histogram")}
            rows.append(Row(**{**fields, **lists}))
        except (ValueError, TypeError, KeyError) as error:
            if number < len(lines):
                raise ValueError(f"{path}: line {number} is no row; remove the file") from error
    return rows


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Writes rows, in place of what the file held.

    Args:
        path: Target, in an existing folder.
        rows: As from `evaluate`.
    """
    write_bytes(path, b"".join(map(_line, rows)))


@contextlib.contextmanager
def row_appender(path: Path | None) -> Iterator[Callable[[Row], None]]:
    """Opens a file of rows to add to; each row is on disk when the call returns.

    Args:
        path: JSON lines, or `None` to keep nothing.

    Yields:
        What adds a row.
    """
    if path is None:
        yield lambda _: None
        return
    with path.open("ab") as file:

        def append(row: Row) -> None:
            file.write(_line(row))
            file.flush()
            os.fsync(file.fileno())

        yield append


def _line(row: Row) -> bytes:
    return json.dumps(asdict(row)).encode() + b"\n"

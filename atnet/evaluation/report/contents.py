"""What a report says, in whatever format."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from atnet.data.scenes import TRIMAP_POLICIES, Scene
from atnet.evaluation.rows import Row, mean_scores
from atnet.evaluation.trial import PREDICTIONS, Trial
from atnet.machine import describe_machine, versions


class Column(NamedTuple):
    """A number of rows and means as it is shown."""

    field: str
    heading: str
    factor: float
    decimals: int

    def text(self, value: float | None) -> str:
        """Formats a value; a dash stands for none."""
        return "-" if value is None else f"{value * self.factor:.{self.decimals}f}"


COLUMNS = (
    Column("sad", "SAD", 1, 2),
    Column("mse", "MSE·10³", 1000, 2),
    Column("gradient", "Grad", 1, 2),
    Column("connectivity", "Conn", 1, 2),
    Column("unknown", "unknown %", 100, 1),
    Column("seconds", "s", 1, 1),
    Column("megabytes", "MB", 1, 0),
)


@dataclass(frozen=True)
class Report:
    """An evaluation and what a reader must know to judge it.

    Attributes:
        title: One line.
        about: What was done, on what, how: label to text.
        rows: One for each scene, the worst first, failed ones last.
        scenes: With their predictions, for the pictures.
        trial: What was evaluated.
    """

    title: str
    about: dict[str, str]
    rows: Sequence[Row]
    scenes: Sequence[Scene]
    trial: Trial

    def means(self) -> dict[str, dict[str, float]]:
        """Returns mean scores of all scenes and, if there are several groups, of each."""
        groups: dict[str, list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: row.name):
            groups.setdefault(row.group, []).append(row)
        parts = groups if len(groups) > 1 else {}
        return {name: mean_scores(rows) for name, rows in {"all": self.rows, **parts}.items()}

    def columns(self) -> list[Column]:
        """Returns the columns that have a number in any row."""
        return [
            column
            for column in COLUMNS
            if any(getattr(row, column.field) is not None for row in self.rows)
        ]

    def scene(self, name: str) -> Scene:
        """Returns the scene of a name."""
        return next(scene for scene in self.scenes if scene.name == name)

    def failed(self) -> list[Row]:
        """Returns the rows without a result."""
        return [row for row in self.rows if row.error is not None]


def make_report(
    data_set: str,
    scenes: Sequence[Scene],
    rows: Sequence[Row],
    trial: Trial,
    note: str = "",
    pairing: str = "",
) -> Report:
    """Gathers what a report says.

    Args:
        data_set: Its name.
        scenes: With their predictions.
        rows: As from `evaluate`.
        trial: What was evaluated.
        note: What else the reader must know.
        pairing: What tells which true alpha belongs to which scene, if it must be told.

    Returns:
        The report, dated now.
    """
    failed = sum(row.error is not None for row in rows)
    about = {
        "Data set": f"{data_set}, {len(rows)} scenes" + (f", {failed} failed" if failed else ""),
        **({"Pairing": pairing} if pairing else {}),
        "Method": trial.identity(),
        "Trimaps": TRIMAP_POLICIES[trial.trimaps],
        "Known pixels": _known_pixels(trial),
        "Scores": "of alphas rounded to 8 bits, over the unknown region; SAD, Grad and Conn in "
        "thousands; as Adobe's published MATLAB code computes them; means are over scenes",
        "Time, memory": _measurement(trial),
        "Machine": describe_machine(),
        "Versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
        "Date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    if note:
        about = {"Note": note, **about}
    rows = sorted(rows, key=_worst_first)
    return Report(f"{trial.name} on {data_set}", about, rows, scenes, trial)


def _worst_first(row: Row) -> tuple[bool, float, str]:
    return row.error is not None, -(row.sad or 0), row.name


def _known_pixels(trial: Trial) -> str:
    if trial.method == PREDICTIONS and not trial.clamp:
        return "as stored in the predictions; Grad and Conn look at them too"
    return "set by the trimap before scoring"


def _measurement(trial: Trial) -> str:
    if trial.method == PREDICTIONS:
        return "not measured: predictions were read from files"
    return (
        "of the method alone, its model loaded and compiled before; memory is the process's "
        "highest resident size while it ran, with the model and all libraries"
    )

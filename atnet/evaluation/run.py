"""From what is wanted of an evaluation to its report, in one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from atnet.data.scenes import Scene, find_problems
from atnet.evaluation.data_sets import DataSet
from atnet.evaluation.evaluate import evaluate
from atnet.evaluation.report import Report, make_report, write_report
from atnet.evaluation.rows import Row
from atnet.evaluation.trial import PREDICTIONS, Trial, with_predictions


@dataclass(frozen=True)
class Evaluation:
    """What is wanted.

    Attributes:
        data_set: What the method is evaluated on.
        trial: What is evaluated, and how.
        folder: Where the report, its rows and, if the trial names no other place, computed alphas
            go; made if it is missing. `None` writes no report.
        resume: Go on with the rows that a stopped run left in the folder.
        workers: Processes.
        threads: Threads in each process; by default an equal share of the cores.
    """

    data_set: DataSet
    trial: Trial
    folder: Path | None = None
    resume: bool = False
    workers: int = 1
    threads: int | None = None

    @property
    def rows_file(self) -> Path | None:
        """The journal of rows in the folder."""
        return self.folder and self.folder / "rows.jsonl"

    def scenes(self) -> Sequence[Scene]:
        """Returns what is evaluated, with the predictions where a folder has them.

        Raises:
            ValueError: There is no such folder, or no scene has the trimap that it needs.
        """
        trial, scenes = self.trial, self.data_set.scenes
        if trial.trimaps == "supplied" and scenes and all(s.trimap is None for s in scenes):
            raise ValueError(
                f"{self.data_set.title}: has no trimaps; add them, or let them be made of the true "
                "alphas: --make-trimaps band, or original"
            )
        if trial.method != PREDICTIONS or trial.alphas is None:
            return scenes
        if not trial.alphas.is_dir():
            raise ValueError(
                f"{trial.alphas}: is not a folder; expected alphas named as the scenes"
            )
        return with_predictions(scenes, trial.alphas)


class Outcome(NamedTuple):
    """The report, with all rows, and the files it was written to by their formats."""

    report: Report
    files: dict[str, str]


def run_evaluation(
    wanted: Evaluation,
    *,
    problems: Callable[[Sequence[str]], None] = lambda _: None,
    progress: Callable[[Row], None] = lambda _: None,
) -> Outcome:
    """Evaluates and reports.

    Args:
        wanted: What is wanted.
        problems: Called once, before anything is computed, with what is wrong with the data set,
            one line each; such scenes fail and the others go on.
        progress: Called with each new row.

    Returns:
        The report; `report.failed()` are the scenes without a result.

    Raises:
        ImportError: The method needs a package that is missing.
        ChildProcessError: A worker ended in the middle of its work.
        OSError: The folder cannot be written.
        ValueError: Nothing to evaluate, or rows that would be overwritten.
    """
    trial, folder, scenes = _trial(wanted), wanted.folder, wanted.scenes()
    problems(find_problems(scenes, trial.trimaps))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    rows = evaluate(
        scenes,
        trial,
        wanted.rows_file,
        resume=wanted.resume,
        workers=wanted.workers,
        threads=wanted.threads,
        progress=progress,
    )
    note = wanted.data_set.note(trial.trimaps, sum(row.error is None for row in rows))
    pictured = [
        replace(scene, prediction=trial.target(scene) or scene.prediction) for scene in scenes
    ]
    data_set = wanted.data_set
    report = make_report(data_set.title, pictured, rows, trial, note, data_set.pairing)
    return Outcome(report, {} if folder is None else write_report(report, folder))


def _trial(wanted: Evaluation) -> Trial:
    """Says where computed alphas go: a report shows them."""
    if wanted.folder is None or wanted.trial.alphas or wanted.trial.method == PREDICTIONS:
        return wanted.trial
    return replace(wanted.trial, alphas=wanted.folder / "alphas")

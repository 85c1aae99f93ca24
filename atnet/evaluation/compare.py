"""Several methods on one data set, one after the other, to one report."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from atnet.data.scenes import find_problems
from atnet.evaluation.report import Comparison, write_comparison
from atnet.evaluation.rows import Row, resume_rows
from atnet.evaluation.run import Evaluation, run_evaluation
from atnet.evaluation.trial import PREDICTIONS, Trial
from atnet.matting.presets import PRESETS
from atnet.parallel import usable_cores


class Compared(NamedTuple):
    """The report of all methods, and the files it was written to by their formats."""

    comparison: Comparison
    files: dict[str, str]


def name_trials(trials: Sequence[Trial]) -> dict[str, Trial]:
    """Gives each of several trials a name: as short as tells them apart.

    Args:
        trials: At least one.

    Returns:
        Name to trial: of a model its preset, with its quality if there are several; of predictions
        their folder; of both no more of their path than differs.

    Raises:
        ValueError: Two are the same.

    Example:
        >>> list(name_trials([Trial(), Trial("knn"), Trial(preset="a/x.onnx", quality="best")]))
        ['atnet-vgg16 standard', 'knn', 'x.onnx best']
        >>> list(name_trials([Trial(preset="a/x.onnx"), Trial(preset="b/x.onnx")]))
        ['a/x.onnx', 'b/x.onnx']
    """
    places = [_place(trial) for trial in trials]
    ends = [place[-1] for place in places]
    for length in range(2, max(map(len, places)) + 1):
        if len(set(ends)) == len(set(places)):
            break
        ends = ["/".join(place[-length:]) for place in places]
    several = len({trial.quality for trial in trials if trial.method == "atnet"}) > 1
    names = [
        f"{end} {trial.quality}" if several and trial.method == "atnet" else end
        for end, trial in zip(ends, trials, strict=True)
    ]
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise ValueError(f"{', '.join(twice)}: is asked for twice; name each method once")
    return dict(zip(names, trials, strict=True))


def each_method(wanted: Evaluation, trials: Sequence[Trial]) -> dict[str, Evaluation]:
    """Says what is wanted of each of several methods.

    Args:
        wanted: What is wanted of one; of the others the same.
        trials: What is evaluated.

    Returns:
        Name of each, as from `name_trials`, to what is wanted of it; computed alphas, rows and its
        own report go into a folder of that name in the folders of `wanted` and of the trial.

    Raises:
        ValueError: Two are the same.
    """
    return {name: _alone(wanted, trial, name) for name, trial in name_trials(trials).items()}


def run_comparison(
    wanted: Mapping[str, Evaluation],
    folder: Path | None = None,
    *,
    problems: Callable[[Sequence[str]], None] = lambda _: None,
    progress: Callable[[str, Row], None] = lambda *_: None,
) -> Compared:
    """Evaluates methods one after the other and reports them side by side.

    Args:
        wanted: Name of each method to what is wanted of it, on the same data set.
        folder: Where the report of all goes, as a rule that which holds the methods' own folders;
            made if it is missing. `None` writes none.
        problems: As in `run_evaluation`, called once for all methods.
        progress: Called with the name of the method and each new row.

    Returns:
        The report.

    Raises:
        ImportError: A method needs a package that is missing.
        ChildProcessError: A worker ended in the middle of its work.
        OSError: A folder cannot be written.
        ValueError: Nothing to evaluate, or what would be overwritten; found before any work.
    """
    if folder is not None and (folder / "rows.jsonl").is_file():
        raise ValueError(f"{folder}: holds the report of one method; choose another for several")
    for evaluation in wanted.values():
        evaluation.trial.identity()  # whether all can be loaded
        if evaluation.rows_file is not None and evaluation.rows_file.is_file():
            resume_rows(evaluation.rows_file, lambda _: True, wanted=evaluation.resume)
    problems(_problems(wanted.values()))
    reports = {
        name: run_evaluation(evaluation, progress=lambda row, name=name: progress(name, row)).report
        for name, evaluation in wanted.items()
    }
    comparison = Comparison(next(iter(wanted.values())).data_set.title, reports)
    if folder is None:
        return Compared(comparison, {})
    folder.mkdir(parents=True, exist_ok=True)
    return Compared(comparison, write_comparison(comparison, folder))


def _alone(wanted: Evaluation, trial: Trial, name: str) -> Evaluation:
    folder, threads = wanted.folder and wanted.folder / name, wanted.threads
    if trial.method == PREDICTIONS:
        return replace(wanted, trial=trial, folder=folder)
    if wanted.workers == 1 and threads is None:
        threads = usable_cores()  # in a process of its own, whose peak of memory is its own
    trial = replace(trial, alphas=trial.alphas and trial.alphas / name)
    return replace(wanted, trial=trial, folder=folder, threads=threads)


def _problems(wanted: Iterable[Evaluation]) -> list[str]:
    """Names what is wrong with the scenes once, however many methods meet it."""
    found = (
        problem
        for evaluation in wanted
        for problem in find_problems(evaluation.scenes(), evaluation.trial.trimaps)
    )
    return list(dict.fromkeys(found))


def _place(trial: Trial) -> tuple[str, ...]:
    """Parts of the path of what is evaluated, if it has one."""
    if trial.method == PREDICTIONS and trial.alphas is not None:
        return trial.alphas.resolve().parts[1:]
    if trial.method == "atnet" and trial.preset not in PRESETS:
        return Path(trial.preset).resolve().parts[1:]
    return (trial.name,)

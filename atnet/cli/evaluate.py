"""`atnet score`, `atnet evaluate`."""

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from rich.progress import Progress

from atnet.cli.common import Json, Refine, app, messages, report, results, working
from atnet.matting.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    from atnet.choices import Quality
    from atnet.evaluation.run import Evaluation
    from atnet.evaluation.trial import Trial

Layout = Literal["alphamatting", "composition1k", "folder"]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        help="atnet (the default); closed-form, knn, learning-based, random-walk, large-kernel (by "
        "PyMatting); predictions. Repeatable, as the next three are: all go into one report.",
    ),
]
Predictions = Annotated[
    list[Path] | None, typer.Option(help="Folder of alphas by any method, named as the scenes.")
]
Presets = Annotated[
    list[str] | None,
    typer.Option(
        "--preset",
        help="Of atnet: shipped model, exported .onnx, or training's .npz, .keras or run folder.",
    ),
]
Qualities = Annotated[
    list[str] | None,
    typer.Option(
        "--quality",
        help="Of atnet: fast: the network alone; standard: refined; best: four views, refined.",
    ),
]
Clamp = Annotated[
    bool, typer.Option("--clamp", help="Set known pixels of predictions by the trimap.")
]
TrimapSets = Annotated[
    list[int] | None,
    typer.Option("--trimap-set", help="alphamatting: 1, 2, 3; repeatable. Default: all there are."),
]
TestSet = Annotated[
    bool, typer.Option("--test", help="alphamatting: the test set, which has no truth.")
]
HighResolution = Annotated[
    bool, typer.Option("--highres", help="alphamatting: the full-size scenes.")
]
MakeTrimaps = Annotated[
    Literal["band", "original"] | None,
    typer.Option(help="Make trimaps from the true alpha: both sides, or as the original did."),
]
ReportFolder = Annotated[
    Path | None, typer.Option("--report", help="Write rows and the HTML report here.")
]
SaveAlphas = Annotated[Path | None, typer.Option(help="Write alphas here. Default REPORT/alphas.")]


@app.command("score")
def score_files(
    prediction: Annotated[Path, typer.Argument(help="Predicted alpha (grey).")],
    alpha: Annotated[Path, typer.Argument(help="True alpha (grey).")],
    trimap: Annotated[Path, typer.Argument(help="Black, grey (scored here), white.")],
    as_json: Json = False,
) -> None:
    """Scores one prediction: SAD, MSE, Grad and Conn over the trimap's unknown region.

    As Adobe's published MATLAB code computes them; SAD, Grad and Conn in thousands; known pixels
    count as they are stored.

    Example: `atnet score predicted.png true.png trimap.png`
    """
    from atnet.evaluation.metrics import score
    from atnet.trimaps import read_trimap, unknown_region

    drawn = read_trimap(trimap)
    scores = score(prediction, alpha, drawn)._asdict()
    if not unknown_region(drawn).any():
        warnings.warn(f"{trimap}: has no unknown pixels (128): nothing is scored", stacklevel=1)
    if as_json:
        report(scores, as_json)
    else:
        results.print("\n".join(f"{name:12} {value:.6f}" for name, value in scores.items()))


@app.command()
def evaluate(
    data_set: Annotated[Layout, typer.Argument(help="How the folder is laid out.")],
    folder: Annotated[Path, typer.Argument(help="The data set.")],
    method: Methods = None,
    predictions: Predictions = None,
    preset: Presets = None,
    quality: Qualities = None,
    refine: Refine = None,
    clamp: Clamp = False,
    trimap_set: TrimapSets = None,
    test: TestSet = False,
    highres: HighResolution = False,
    make_trimaps: MakeTrimaps = None,
    report_folder: ReportFolder = None,
    save_alphas: SaveAlphas = None,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Threads in each process.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.")] = False,
    as_json: Json = False,
) -> None:
    """Evaluates methods on a data set, per image and on average; several side by side.

    `alphamatting` has `input_training_lowres`, `trimap_training_lowres/Trimap1`,
    `gt_training_lowres`; `composition1k` has `merged_test`, `mask_test`, `trimap_test`; `folder`
    has `image`, `trimap`, `alpha` with equal file names.

    Example: `atnet evaluate alphamatting data --method atnet --method closed-form --report out`
    """
    from atnet.evaluation.data_sets import read_data_set
    from atnet.evaluation.run import Evaluation
    from atnet.evaluation.trial import Trial

    _require(
        data_set == "alphamatting" or not (trimap_set or test or highres),
        "--trimap-set, --test and --highres are for alphamatting",
    )
    _require(
        data_set != "alphamatting" or make_trimaps is None,
        "--make-trimaps is not for alphamatting, which has trimaps",
    )
    _require(not resume or report_folder is not None, "--resume needs --report: rows are there")
    _require(bool(predictions) or not clamp, "--predictions is missing")
    shared = Trial(
        refine=refine, trimaps=make_trimaps or "supplied", clamp=clamp, alphas=save_alphas
    )
    trials = _trials(shared, method, predictions, preset, quality)
    with working(f"Reading {folder}"):  # minutes, where numbered composites have no list
        found = read_data_set(data_set, folder, trimap_set or (), test=test, highres=highres)
    if found.pairing:
        messages.print(f"atnet: {found.pairing}", markup=False)
    wanted = Evaluation(found, trials[0], report_folder, resume, workers, threads)
    if len(trials) == 1:
        _run(wanted, as_json)
    else:
        _compare(wanted, trials, as_json)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise typer.BadParameter(message)


def _trials(
    shared: "Trial",
    methods: list[str] | None,
    predictions: list[Path] | None,
    presets: list[str] | None,
    qualities: list[str] | None,
) -> "list[Trial]":
    """Returns all that is asked for: every preset in every quality, other methods, predictions."""
    from atnet.evaluation.trial import PREDICTIONS

    chosen = methods or ([] if predictions else ["atnet"])
    _require(bool(predictions) or PREDICTIONS not in chosen, "--predictions is missing")
    _require(
        "atnet" in chosen or not (presets or qualities or shared.refine),
        "--preset, --quality and --refine are for --method atnet",
    )
    trials = []
    for method in chosen:
        if method == "atnet":
            trials += [
                replace(shared, preset=preset, quality=quality)
                for preset in presets or [DEFAULT_PRESET]
                for quality in cast("list[Quality]", qualities or ["standard"])  # checked by it
            ]
        elif method != PREDICTIONS:
            trials.append(replace(shared, method=method))
    _require(bool(trials) or shared.alphas is None, "--save-alphas is for methods that compute")
    read = [replace(shared, method=PREDICTIONS, alphas=folder) for folder in predictions or []]
    return [*trials, *read]


def _run(wanted: "Evaluation", as_json: bool) -> None:
    from atnet.evaluation.report import as_dictionary, as_markdown
    from atnet.evaluation.run import run_evaluation

    with _advancing(len(wanted.data_set.scenes)) as advance:
        made, files = run_evaluation(wanted, problems=_say_problems, progress=advance)
    contents = as_dictionary(made) if as_json else as_markdown(made)
    _show(contents, files, failed=bool(made.failed()))


def _compare(wanted: "Evaluation", trials: "list[Trial]", as_json: bool) -> None:
    from atnet.evaluation.compare import each_method, run_comparison
    from atnet.evaluation.report import comparison_dictionary, comparison_markdown

    methods = each_method(wanted, trials)
    with _advancing(len(methods) * len(wanted.data_set.scenes)) as advance:
        made, files = run_comparison(
            methods, wanted.folder, problems=_say_problems, progress=advance
        )
    contents = comparison_dictionary(made) if as_json else comparison_markdown(made)
    _show(contents, files, failed=bool(made.failed()))


@contextlib.contextmanager
def _advancing(total: int) -> Iterator[Callable[..., None]]:
    """Shows how many rows are done: call what it gives with each."""
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        bar = progress.add_task("Evaluating", total=total)
        yield lambda *_: progress.advance(bar)


def _say_problems(problems: Sequence[str]) -> None:
    if problems:
        plural = "s" if len(problems) > 1 else ""
        messages.print(f"atnet: {len(problems)} problem{plural} of the data set:", markup=False)
    for problem in problems:
        messages.print(f"  {problem}", markup=False)


def _show(contents: dict[str, Any] | str, files: dict[str, str], *, failed: bool) -> None:
    """Prints JSON or Markdown, and where files are."""
    if isinstance(contents, dict):
        report({**contents, "files": files}, as_json=True)
    else:
        results.print(contents, markup=False)
        report(files, as_json=False)
    if failed:
        raise typer.Exit(1)

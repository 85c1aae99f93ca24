"""`atnet score`, `atnet evaluate`."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import Progress

from atnet.cli.common import Json, PresetName, QualityName, Refine, app, messages, report, results
from atnet.matting.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    from atnet.evaluation.run import Evaluation, Outcome

Layout = Literal["alphamatting", "composition1k", "folder"]
MethodName = Annotated[
    str,
    typer.Option(
        "--method",
        help="atnet; closed-form, knn, learning-based, random-walk, large-kernel (by PyMatting); "
        "predictions.",
    ),
]
Predictions = Annotated[
    Path | None, typer.Option(help="Folder of alphas by any method, named as the scenes.")
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
    method: MethodName = "atnet",
    predictions: Predictions = None,
    clamp: Clamp = False,
    trimap_set: TrimapSets = None,
    test: TestSet = False,
    highres: HighResolution = False,
    make_trimaps: MakeTrimaps = None,
    preset: PresetName = DEFAULT_PRESET,
    quality: QualityName = "standard",
    refine: Refine = None,
    report_folder: ReportFolder = None,
    save_alphas: SaveAlphas = None,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Threads in each process.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.")] = False,
    as_json: Json = False,
) -> None:
    """Evaluates a method on a data set, per image and on average.

    `alphamatting` has `input_training_lowres`, `trimap_training_lowres/Trimap1`,
    `gt_training_lowres`; `composition1k` has `merged_test`, `mask_test`, `trimap_test`; `folder`
    has `image`, `trimap`, `alpha` with equal file names.

    Example: `atnet evaluate alphamatting data/alphamatting --method closed-form --report out`
    """
    from atnet.evaluation.data_sets import read_data_set
    from atnet.evaluation.run import Evaluation
    from atnet.evaluation.trial import PREDICTIONS, Trial

    _require(
        data_set == "alphamatting" or not (trimap_set or test or highres),
        "--trimap-set, --test and --highres are for alphamatting",
    )
    _require(
        data_set != "alphamatting" or make_trimaps is None,
        "--make-trimaps is not for alphamatting, which has trimaps",
    )
    _require(not resume or report_folder is not None, "--resume needs --report: rows are there")
    _require(method in ("atnet", PREDICTIONS) or predictions is None, "two methods are given")
    _require(
        predictions is not None or not (clamp or method == PREDICTIONS), "--predictions is missing"
    )
    _require(
        predictions is None or save_alphas is None, "--save-alphas is for methods that compute"
    )
    chosen = method if predictions is None else PREDICTIONS
    trial = Trial(
        method=chosen,
        preset=preset,
        quality=quality,
        refine=refine,
        trimaps=make_trimaps or "supplied",
        clamp=clamp,
        alphas=predictions or save_alphas,
    )
    found = read_data_set(data_set, folder, trimap_set or (), test=test, highres=highres)
    if found.pairing:
        messages.print(f"atnet: {found.pairing}", markup=False)
    _show(_run(Evaluation(found, trial, report_folder, resume, workers, threads)), as_json)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise typer.BadParameter(message)


def _run(wanted: "Evaluation") -> "Outcome":
    from atnet.evaluation.run import run_evaluation

    with Progress(console=messages, transient=True) as progress:
        bar = progress.add_task("Evaluating", total=len(wanted.data_set.scenes))
        return run_evaluation(
            wanted, problems=_say_problems, progress=lambda _: progress.advance(bar)
        )


def _say_problems(problems: Sequence[str]) -> None:
    if problems:
        messages.print(f"atnet: {len(problems)} problems of the data set:", markup=False)
    for problem in problems:
        messages.print(f"  {problem}", markup=False)


def _show(outcome: "Outcome", as_json: bool) -> None:
    from atnet.evaluation.report import as_dictionary, as_markdown

    if as_json:
        report({**as_dictionary(outcome.report), "files": outcome.files}, as_json)
    else:
        results.print(as_markdown(outcome.report), markup=False)
        report(outcome.files, as_json=False)
    if outcome.report.failed():
        raise typer.Exit(1)

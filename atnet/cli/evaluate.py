"""`atnet score`, `atnet evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import Progress

from atnet.cli.common import Json, PresetName, app, messages, report, results
from atnet.matting.presets import DEFAULT_PRESET

if TYPE_CHECKING:
    from atnet.data.scenes import Scene
    from atnet.evaluation.rows import Row
    from atnet.evaluation.run import Run

DataSet = Literal["alphamatting", "composition1k", "folder"]
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
Trimaps = Annotated[
    list[int] | None, typer.Option(help="alphamatting: 1, 2, 3; repeatable. Default 1 and 2.")
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


@app.command()
def score(
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
    from atnet import read_grey, snap_trimap
    from atnet.data.scenes import read_exactly
    from atnet.evaluation import metrics

    drawn = snap_trimap(read_grey(trimap))
    scores = metrics.score(read_exactly(prediction), read_exactly(alpha), drawn)._asdict()
    if as_json:
        report(scores, as_json)
    else:
        results.print("\n".join(f"{name:12} {value:.6f}" for name, value in scores.items()))


@app.command()
def evaluate(
    data_set: Annotated[DataSet, typer.Argument(help="How the folder is laid out.")],
    folder: Annotated[Path, typer.Argument(help="The data set.")],
    method: MethodName = "atnet",
    predictions: Predictions = None,
    clamp: Clamp = False,
    trimap: Trimaps = None,
    test: TestSet = False,
    highres: HighResolution = False,
    make_trimaps: MakeTrimaps = None,
    preset: PresetName = DEFAULT_PRESET,
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
    from atnet.evaluation.run import PREDICTIONS, Run, with_predictions

    _require(
        data_set == "alphamatting" or not (trimap or test or highres),
        "--trimap, --test and --highres are for alphamatting",
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
    scenes = _scenes(data_set, folder, trimap, test=test, highres=highres)
    policy = make_trimaps or "supplied"
    if predictions is not None:
        run = Run(PREDICTIONS, trimaps=policy, clamp=clamp)
        scenes = with_predictions(scenes, predictions)
    else:
        alphas = save_alphas or (report_folder and report_folder / "alphas")
        run = Run(method, preset, policy, alphas=alphas)
    _say_problems(scenes, run)
    rows = _evaluate(scenes, run, report_folder, resume=resume, workers=workers, threads=threads)
    _show(f"{folder.resolve().name} ({data_set})", scenes, rows, run, report_folder, as_json)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise typer.BadParameter(message)


def _scenes(
    data_set: DataSet, folder: Path, trimaps: list[int] | None, *, test: bool, highres: bool
) -> "list[Scene]":
    from atnet.data.composition1k import read_composition1k
    from atnet.data.readers.alphamatting import read_alphamatting
    from atnet.data.readers.folder import read_folder

    if data_set == "composition1k":
        return read_composition1k(folder)
    if data_set == "folder":
        return read_folder(folder)
    resolution = "highres" if highres else "lowres"
    default = (1, 2, 3) if test else (1, 2)
    return read_alphamatting(folder, trimaps or default, test=test, resolution=resolution)


def _say_problems(scenes: "list[Scene]", run: "Run") -> None:
    from atnet.data.scenes import find_problems

    problems = find_problems(scenes, run.trimaps)
    if problems:
        messages.print(f"atnet: {len(problems)} problems of the data set:", markup=False)
    for problem in problems:
        messages.print(f"  {problem}", markup=False)


def _evaluate(
    scenes: "list[Scene]",
    run: "Run",
    folder: Path | None,
    *,
    resume: bool,
    workers: int,
    threads: int | None,
) -> "list[Row]":
    from atnet.evaluation.run import evaluate

    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with Progress(console=messages, transient=True) as progress:
        bar = progress.add_task("Evaluating", total=len(scenes))
        return evaluate(
            scenes,
            run,
            folder and folder / "rows.jsonl",
            resume=resume,
            workers=workers,
            threads=threads,
            progress=lambda _: progress.advance(bar),
        )


def _show(
    name: str,
    scenes: "list[Scene]",
    rows: "list[Row]",
    run: "Run",
    folder: Path | None,
    as_json: bool,
) -> None:
    from atnet.evaluation.report import as_dictionary, as_markdown, make_report, write_report
    from atnet.evaluation.run import with_predictions

    if run.alphas is not None:
        scenes = with_predictions(scenes, run.alphas)
    made = make_report(name, scenes, rows, run)
    files = {} if folder is None else write_report(made, folder)
    if as_json:
        report({**as_dictionary(made), "files": files}, as_json)
    else:
        results.print(as_markdown(made), markup=False)
        report(files, as_json=False)
    if made.failed():
        raise typer.Exit(1)

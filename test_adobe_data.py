"""The original's test run on Composition-1k: `python test_adobe_data.py --data data`.

Reads `data/merged_test`, `data/mask_test` and, where there is one, `data/trimap_test`; tests the
weights that were trained last below `runs`, else the shipped ones; computes at full resolution;
writes alphas to `images/adobe_data`; prints SAD, MSE, Grad and Conn. With `--report` it leaves a
page with pictures too. `atnet evaluate composition1k` has more options.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from atnet.cli.common import QualityName, escape_unprintable
from atnet.data.scenes import TRIMAP_POLICIES
from atnet.evaluation.data_sets import read_data_set
from atnet.evaluation.rows import METRICS, Row
from atnet.evaluation.run import Evaluation, run_evaluation
from atnet.evaluation.trial import Trial
from atnet.matting.presets import DEFAULT_PRESET

RUNS = Path("runs")


def main(
    data: Annotated[Path, typer.Option(help="Folder with merged_test.")] = Path("data"),
    trimaps: Annotated[
        Literal["supplied", "band", "original"] | None,
        typer.Option(help="Default: supplied if there is trimap_test, otherwise band."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for alphas.")] = Path("images/adobe_data"),
    preset: Annotated[
        str | None,
        typer.Option(
            help="Shipped model, exported .onnx, or training's .npz, .keras or run folder. "
            f"Default: the newest finished run below runs, else {DEFAULT_PRESET}."
        ),
    ] = None,
    quality: QualityName = "standard",
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Folder for a report.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the report's run.")] = False,
) -> None:
    """Tests a model on Composition-1k's test set."""
    escape_unprintable()
    data_set = read_data_set("composition1k", data)
    found = None if preset else _trained_last()
    trial = Trial(
        preset=preset or found or DEFAULT_PRESET,
        quality=quality,
        trimaps=trimaps or data_set.trimaps(),
        alphas=out,
    )
    typer.echo(trial.identity())
    if found:
        typer.echo(f"{found} is the newest finished run; --preset names another model")
    typer.echo(data_set.pairing, err=True)
    typer.echo(f"{len(data_set.scenes)} composites; trimaps {TRIMAP_POLICIES[trial.trimaps]}")
    wanted = Evaluation(data_set, trial, report, resume, workers)
    made = run_evaluation(wanted, problems=_say_problems, progress=_say).report
    for name in METRICS:
        typer.echo(f"mean {name:12} {made.means()['all'].get(name, float('nan')):.5f}")
    typer.echo(made.about["Note"])
    raise typer.Exit(bool(made.failed()))


def _trained_last() -> str | None:
    if not RUNS.is_dir():
        return None
    from atnet.training.runs import newest_finished  # noqa: PLC0415  (needs what trains)

    found = newest_finished(RUNS)
    return found and str(found)


def _say_problems(problems: Sequence[str]) -> None:
    for problem in problems:
        typer.echo(f"problem: {problem}", err=True)


def _say(row: Row) -> None:
    scores = ", ".join(f"{name} {getattr(row, name):.5f}" for name in METRICS if not row.error)
    typer.echo(f"{row.name}: {row.error or scores}")


if __name__ == "__main__":
    try:
        typer.run(main)
    except (ValueError, OSError, ImportError, MemoryError) as error:
        raise SystemExit(f"test_adobe_data: error: {error}") from error

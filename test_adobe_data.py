"""The original's test run on Composition-1k: `python test_adobe_data.py --data data`.

Reads `data/merged_test`, `data/mask_test` and, where there is one, `data/trimap_test`; computes at
full resolution; writes alphas to `images/adobe_data`; prints SAD, MSE, Grad and Conn. With
`--report` it leaves a page with pictures too. `atnet evaluate composition1k` has more options.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from atnet.data.composition1k import comparability, read_composition1k
from atnet.data.scenes import TRIMAP_POLICIES, find_problems
from atnet.evaluation.report import make_report, write_report
from atnet.evaluation.rows import METRICS, Row, mean_scores
from atnet.evaluation.run import Run, evaluate, with_predictions
from atnet.matting.presets import DEFAULT_PRESET


def main(
    data: Annotated[Path, typer.Option(help="Folder with merged_test.")] = Path("data"),
    trimaps: Annotated[
        Literal["supplied", "band", "original"] | None,
        typer.Option(help="Default: supplied if there is trimap_test, otherwise band."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for alphas.")] = Path("images/adobe_data"),
    preset: Annotated[str, typer.Option(help="Model, or an exported .onnx file.")] = DEFAULT_PRESET,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Folder for a report.")] = None,
) -> None:
    """Tests a model on Composition-1k's test set."""
    scenes = read_composition1k(data)
    policy = trimaps or ("band" if scenes and scenes[0].trimap is None else "supplied")
    typer.echo(f"{len(scenes)} composites; trimaps {TRIMAP_POLICIES[policy]}")
    for problem in find_problems(scenes, policy):
        typer.echo(f"problem: {problem}", err=True)
    run = Run(preset=preset, trimaps=policy, alphas=out)
    rows = evaluate(scenes, run, workers=workers, progress=_say)
    note = comparability(policy, sum(row.error is None for row in rows))
    means = mean_scores(rows)
    for name in METRICS:
        typer.echo(f"mean {name:12} {means.get(name, float('nan')):.5f}")
    typer.echo(note)
    if report:
        report.mkdir(parents=True, exist_ok=True)
        shown = with_predictions(scenes, out)
        write_report(make_report(data.resolve().name, shown, rows, run, note), report)
    raise typer.Exit(any(row.error is not None for row in rows))


def _say(row: Row) -> None:
    scores = ", ".join(f"{name} {getattr(row, name):.5f}" for name in METRICS if not row.error)
    typer.echo(f"{row.name}: {row.error or scores}")


if __name__ == "__main__":
    try:
        typer.run(main)
    except (ValueError, OSError) as error:
        raise SystemExit(f"test_adobe_data: error: {error}") from error

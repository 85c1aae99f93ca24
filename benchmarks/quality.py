"""Compare our presets with PyMatting's methods and write docs/benchmark.md.

    python benchmarks/quality.py --alphamatting DIR [--composition1k DIR] [--out FOLDER]

Every method works in one process with one thread. A stopped run continues where it was; a report
with pictures for each method is left in the folder. Needs `pip install 'atnet[compare]'`.
"""

import argparse
import datetime
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from atnet.data.composition1k import comparability, read_composition1k
from atnet.data.readers.alphamatting import read_alphamatting
from atnet.data.scenes import TRIMAP_POLICIES, Scene, find_problems
from atnet.evaluation.methods import METHODS, identify_method
from atnet.evaluation.report import Report, make_report, write_report
from atnet.evaluation.report.contents import COLUMNS
from atnet.evaluation.report.tables import markdown_table
from atnet.evaluation.run import Run, evaluate, with_predictions
from atnet.machine import describe_machine, versions
from atnet.matting.presets import PRESETS

PAGE = Path(__file__).parents[1] / "docs" / "benchmark.md"
THREADS = 1
SHOWN = [column for column in COLUMNS if column.field != "unknown"]


def main() -> None:
    """Run what is missing, then write the page."""
    options = parse()
    names = options.methods or [*PRESETS, *(name for name in METHODS if name != "atnet")]
    parts = [introduction(options, names)]
    for title, scenes, policy, note in data_sets(options):
        reports = {
            name: run(name, scenes, policy, options.out / title.split()[0].lower())
            for name in names
        }
        parts.append(f"## {title}\n\n{note} {failures(reports)}\n\n{tables(shared(reports))}")
    options.page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"wrote {options.page}")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--alphamatting", type=Path, help="folder with input_training_lowres")
    parser.add_argument("--composition1k", type=Path, help="folder with merged_test")
    parser.add_argument("--out", type=Path, default=Path("quality"), help="rows, alphas, reports")
    parser.add_argument("--page", type=Path, default=PAGE, help="Markdown page to write")
    parser.add_argument("--remark", default="", help="what readers must know of this run")
    parser.add_argument("--methods", nargs="*", help="presets and PyMatting's methods; default all")
    options = parser.parse_args()
    if not (options.alphamatting or options.composition1k):
        parser.error("give --alphamatting DIR, --composition1k DIR or both")
    return options


def data_sets(options: argparse.Namespace) -> list[tuple[str, Sequence[Scene], str, str]]:
    """Return title, scenes, trimap policy and a note for each data set."""
    found = []
    if options.alphamatting:
        scenes = read_alphamatting(options.alphamatting, (1, 2))
        photographs = len({scene.image for scene in scenes})
        note = (
            f"{photographs} of the 27 training photographs of alphamatting.com (low resolution, "
            "longer side 800 pixels), each with the narrow Trimap1 and the wide Trimap2. "
            "Rhemann et al., CVPR 2009."
        )
        found.append(("alphamatting.com", scenes, "supplied", note))
    if options.composition1k:
        scenes = read_composition1k(options.composition1k)
        supplied = all(scene.trimap is not None for scene in scenes)
        policy = "supplied" if supplied else "band"
        note = (
            f"{len(scenes)} composites in Composition-1k's layout; trimaps "
            f"{TRIMAP_POLICIES[policy]}. {comparability(policy, len(scenes))}"
        )
        found.append(("Composites", scenes, policy, note))
    return found


def run(name: str, scenes: Sequence[Scene], policy: str, folder: Path) -> Report:
    """Evaluate one method, or finish or reuse an earlier run of it."""
    for problem in find_problems(scenes, policy):
        print(f"problem: {problem}")
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    method, preset = ("atnet", name) if name in PRESETS else (name, next(iter(PRESETS)))
    settings = Run(method, preset, policy, alphas=folder / "alphas")
    started = time.monotonic()
    rows = evaluate(
        scenes,
        settings,
        folder / "rows.jsonl",
        resume=True,
        threads=THREADS,
        progress=lambda row: print(
            f"{name} {row.name}: SAD {row.sad} {row.error or ''}", flush=True
        ),
    )
    print(f"{name}: {len(rows)} scenes, {time.monotonic() - started:.0f} s", flush=True)
    pictured = with_predictions(scenes, folder / "alphas")
    report = make_report(folder.parent.name, pictured, rows, settings)
    write_report(report, folder)
    return report


def introduction(options: argparse.Namespace, names: Sequence[str]) -> str:
    """Return how the numbers were made."""
    folders = [
        f"--{name} DIR" for name in ("alphamatting", "composition1k") if getattr(options, name)
    ]
    identities = [
        identify_method("atnet", name) if name in PRESETS else identify_method(name)
        for name in names
    ]
    listed = "\n".join(f"- {identity}" for identity in identities)
    return f"""# Benchmark

Our presets against the classical methods of PyMatting.

- Command: `python benchmarks/quality.py {" ".join(folders)}`
- Date: {datetime.datetime.now(datetime.UTC):%Y-%m-%d}
- Machine: {describe_machine()}; one process with {THREADS} thread for every method
- Versions: {", ".join(f"{name} {version}" for name, version in versions().items())}

Means over scenes of SAD, Grad and Conn in thousands and of MSE times 1000, over the unknown region
of alphas rounded to 8 bits, as Adobe's published MATLAB code computes them; known pixels are set by
the trimap for every method. `s` and `MB` are seconds per image of the method alone, loaded and
compiled before, and the highest resident memory of its process meanwhile, libraries included.
PyMatting's methods run with their default settings. {options.remark}

{listed}"""


def failures(reports: dict[str, Report]) -> str:
    """Return which methods could not compute some scenes, and what follows for the means."""
    failed = {
        name: [row.error for row in report.rows if row.error is not None]
        for name, report in reports.items()
    }
    listed = "; ".join(
        f"{name} {len(errors)} ({', '.join(sorted(set(errors)))})"
        for name, errors in failed.items()
        if errors
    )
    return (
        f"Means are over the scenes that every method computed; failed: {listed}." if listed else ""
    )


def shared(reports: dict[str, Report]) -> dict[str, Report]:
    """Return the reports without the scenes that a method failed on: means of the same things."""
    done = set.intersection(
        *({row.name for row in report.rows if row.error is None} for report in reports.values())
    )
    return {
        name: replace(report, rows=[row for row in report.rows if row.name in done])
        for name, report in reports.items()
    }


def tables(reports: dict[str, Report]) -> str:
    """Return one table for each group of scenes, the best method first."""
    groups = next(iter(reports.values())).means()
    return "\n\n".join(
        f"### {'All' if group == 'all' else group}\n\n{table(reports, group)}" for group in groups
    )


def table(reports: dict[str, Report], group: str) -> str:
    """Return the means of a group by method."""
    means = {name: report.means()[group] for name, report in reports.items()}
    rows = [
        [name, str(part["scenes"]), *(column.text(part.get(column.field)) for column in SHOWN)]
        for name, part in sorted(means.items(), key=lambda item: item[1].get("sad", 1e9))
    ]
    return markdown_table(["method", "scenes", *(column.heading for column in SHOWN)], rows)


if __name__ == "__main__":
    main()

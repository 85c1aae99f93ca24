"""Compare our presets, in each quality, with PyMatting's methods and write docs/benchmark.md.

    python benchmarks/quality.py --alphamatting DIR [--composition1k DIR] [--out FOLDER]

Every method works in one process with one thread. A stopped run continues where it was; a report
with pictures for each method is left in the folder. Needs `pip install 'atnet[compare]'`.
"""

import argparse
import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from atnet.choices import Quality
from atnet.data.scenes import TRIMAP_POLICIES
from atnet.evaluation.compare import run_comparison
from atnet.evaluation.data_sets import DataSet, read_data_set
from atnet.evaluation.methods import METHODS, identify_method
from atnet.evaluation.report.comparison import Comparison, methods_table
from atnet.evaluation.run import Evaluation
from atnet.evaluation.trial import Trial
from atnet.machine import describe_machine, versions
from atnet.matting.presets import DEFAULT_PRESET, PRESETS
from atnet.matting.quality import VIEWS

PAGE = Path(__file__).parents[1] / "docs" / "benchmark.md"
THREADS = 1
OURS: dict[str, tuple[str, Quality]] = {
    f"{preset} {quality}": (preset, quality) for preset in PRESETS for quality in VIEWS
}
"""Preset and quality of our methods, by name."""


def main() -> None:
    """Run what is missing, then write the page."""
    options = parse()
    names = options.methods or [*OURS, *(name for name in METHODS if name != "atnet")]
    parts = [introduction(options, names)]
    for data_set, remark in data_sets(options):
        comparison = run(names, data_set, options.out / data_set.title.lower())
        text = f"{remark} {failures(comparison)}"
        parts.append(f"## {data_set.title}\n\n{text}\n\n{tables(comparison)}")
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
    parser.add_argument(
        "--methods", nargs="*", help="such as 'atnet-vgg16 best' and PyMatting's; default all"
    )
    options = parser.parse_args()
    if not (options.alphamatting or options.composition1k):
        parser.error("give --alphamatting DIR, --composition1k DIR or both")
    return options


def data_sets(options: argparse.Namespace) -> list[tuple[DataSet, str]]:
    """Return each data set with what readers must know of it."""
    found = []
    if options.alphamatting:
        data_set = read_data_set("alphamatting", options.alphamatting)
        photographs = len({scene.image for scene in data_set.scenes})
        remark = (
            f"{photographs} of the 27 training photographs of alphamatting.com (low resolution, "
            "longer side 800 pixels), each with the narrow Trimap1 and the wide Trimap2. "
            "Rhemann et al., CVPR 2009."
        )
        found.append((replace(data_set, title="alphamatting.com"), remark))
    if options.composition1k:
        data_set = read_data_set("composition1k", options.composition1k)
        count, trimaps = len(data_set.scenes), data_set.trimaps()
        remark = (
            f"{count} composites in Composition-1k's layout; trimaps "
            f"{TRIMAP_POLICIES[trimaps]}. {data_set.note(trimaps, count)}"
        )
        found.append((replace(data_set, title="Composites"), remark))
    return found


def run(names: Sequence[str], data_set: DataSet, folder: Path) -> Comparison:
    """Evaluate methods, or finish or reuse an earlier run of them."""
    wanted = {}
    for name in names:
        preset, quality = OURS.get(name, (DEFAULT_PRESET, "standard"))
        trial = Trial(
            "atnet" if name in OURS else name, preset, quality, trimaps=data_set.trimaps()
        )
        wanted[name] = Evaluation(data_set, trial, folder / name, resume=True, threads=THREADS)
    return run_comparison(
        wanted,
        folder,
        problems=lambda problems: print("".join(f"problem: {text}\n" for text in problems), end=""),
        progress=lambda name, row: print(
            f"{name} {row.name}: SAD {row.sad} {row.error or ''}", flush=True
        ),
    ).comparison


def introduction(options: argparse.Namespace, names: Sequence[str]) -> str:
    """Return how the numbers were made."""
    folders = [
        f"--{name} DIR" for name in ("alphamatting", "composition1k") if getattr(options, name)
    ]
    identities = [
        identify_method("atnet", *OURS[name]) if name in OURS else identify_method(name)
        for name in names
    ]
    listed = "\n".join(f"- {identity}" for identity in identities)
    return f"""# Benchmark

Our presets, in each quality, against the classical methods of PyMatting.

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


def failures(comparison: Comparison) -> str:
    """Return which methods could not compute some scenes, and what follows for the means."""
    failed: dict[str, list[str]] = {}
    for name, row in comparison.failed():
        failed.setdefault(name, []).append(row.error or "")
    listed = "; ".join(
        f"{name} {len(errors)} ({', '.join(sorted(set(errors)))})"
        for name, errors in failed.items()
    )
    return (
        f"Means are over the scenes that every method computed; failed: {listed}." if listed else ""
    )


def tables(comparison: Comparison) -> str:
    """Return one table for each group of scenes, the best method first."""
    return "\n\n".join(
        f"### {'All' if group == 'all' else group}\n\n{methods_table(means)}"
        for group, means in comparison.means().items()
    )


if __name__ == "__main__":
    main()

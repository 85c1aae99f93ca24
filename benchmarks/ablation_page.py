"""The page that benchmarks/ablation.py writes: docs/ablation.md and its curves."""

import argparse
import datetime
import math
import statistics
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt

from atnet.evaluation.report.tables import markdown_table
from atnet.machine import describe_machine, versions
from atnet.training.config import Config
from network_costs import HEADING, Cost

BASELINE = "baseline"
HELD_OUT_SIZE = 192
"""Side of the composites that are scored."""
PACKAGES = ("keras", "torch", "numpy", "onnxruntime")


class Figures(NamedTuple):
    """What a run found.

    Attributes:
        seconds: Processor time of a training step, median.
        curve: Steps and validation SAD.
        drawn: Mean `sad`, `mse`, `gradient` of held-out composites of drawings.
        photographs: Likewise of alphamatting.com's scenes, if they were there.
    """

    seconds: float
    curve: list[tuple[int, float]]
    drawn: dict[str, float]
    photographs: dict[str, float] | None


Runs = dict[str, list[Figures]]
"""Variants to their runs, one for each seed."""


def write_page(
    options: argparse.Namespace, runs: Runs, costs: dict[str, Cost], config: Config
) -> None:
    """Write the page and, in `images` beside it, the curves.

    Args:
        options: Of the command.
        runs: Figures of all runs.
        costs: Of the variants' networks.
        config: The baseline's.
    """
    picture = options.page.parent / "images" / "ablation.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw_curves(runs, picture)
    parts = [
        introduction(options, runs, config),
        f"## Errors\n\n{errors_table(runs)}\n\n{verdict(runs)}",
        f"## Costs\n\n{costs_table(runs, costs)}",
        "## Curves\n\nSAD of the validation samples during training, a line for each seed; the "
        f"baseline's are grey.\n\n![Curves of all runs](images/{picture.name})",
    ]
    options.page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def introduction(options: argparse.Namespace, runs: Runs, config: Config) -> str:
    """Return how the figures were made."""
    steps = runs[BASELINE][0].curve[-1][0]
    seeds, data = max(map(len, runs.values())), config.data
    named = ", ".join(f"{name} {version}" for name, version in versions(PACKAGES).items())
    scenes = (
        " *Photographs* are nine scenes of alphamatting.com with their narrow trimaps, at half the "
        "size; nothing is ever trained on them."
        if options.alphamatting
        else ""
    )
    remark = f" {options.remark}" if options.remark else ""
    return f"""# Ablation

What each part of the network, and the perceptual loss, is worth. Written by
`python benchmarks/ablation.py`; [the configuration](../configs/ablation.toml) is the baseline, and
the script names what each variant changes in it.

- Date: {datetime.datetime.now(datetime.UTC):%Y-%m-%d}
- Machine: {describe_machine()}; one thread
- Versions: {named}

Every variant was trained with up to {seeds} seeds, {steps} steps of {data.batch} samples of
{data.size} pixels: {steps * data.batch} samples, where the shipped weights saw hundreds of
thousands. What is told apart here is what a network learns first. Runs of one seed see the same
samples in the same order. The steps are equal, not the time: that of a step is among the
costs.{remark}

*Drawn* are {options.samples} composites of {HELD_OUT_SIZE} pixels from drawings and photographs
that no training saw, the same for all runs.{scenes} The averaged weights of the best epoch are
scored by the network alone, without colour-line refinement: SAD and Grad in thousands, MSE times
1000, over the unknown region; mean ± standard deviation over the seeds."""


def errors_table(runs: Runs) -> str:
    """Return a row for each variant."""
    with_photographs = runs[BASELINE][0].photographs is not None
    heading = ["variant", "runs", "drawn SAD", "difference", "noise", "MSE", "Grad"]
    if with_photographs:
        heading += ["photographs SAD", "difference", "noise"]
    rows = []
    for name, figures in runs.items():
        drawn = {key: [run.drawn[key] for run in figures] for key in figures[0].drawn}
        row = [name, str(len(figures)), spread(drawn["sad"]), *compared(runs, name, "drawn")]
        row += [spread([1000 * value for value in drawn["mse"]], 1), spread(drawn["gradient"])]
        if with_photographs:
            row += [spread(sads(figures, "photographs")), *compared(runs, name, "photographs")]
        rows.append(row)
    return markdown_table(heading, rows)


def sads(figures: list[Figures], pictures: str) -> list[float]:
    """Return the SAD of each run on `drawn` or `photographs`."""
    return [getattr(run, pictures)["sad"] for run in figures]


def spread(values: list[float], digits: int = 2) -> str:
    """Return mean ± standard deviation; of a single value the value alone."""
    mean = f"{statistics.mean(values):.{digits}f}"
    return f"{mean} ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else mean


def compared(runs: Runs, name: str, pictures: str) -> list[str]:
    """Return the difference from the baseline and the noise, the pooled standard deviation."""
    if name == BASELINE:
        return ["", ""]
    change, noise = difference(runs, name, pictures)
    return [f"{change:+.2f}", "" if math.isnan(noise) else f"{noise:.2f}"]


def difference(runs: Runs, name: str, pictures: str) -> tuple[float, float]:
    """Return the difference of the mean SAD from the baseline's, and the pooled deviation."""
    ours, theirs = sads(runs[name], pictures), sads(runs[BASELINE], pictures)
    change = statistics.mean(ours) - statistics.mean(theirs)
    if min(len(ours), len(theirs)) < 2:
        return change, math.nan
    freedom = [len(ours) - 1, len(theirs) - 1]
    variances = [statistics.variance(values) for values in (ours, theirs)]
    pooled = sum(n * v for n, v in zip(freedom, variances, strict=True)) / sum(freedom)
    return change, math.sqrt(pooled)


def verdict(runs: Runs) -> str:
    """Return in words which differences are more than noise."""
    kinds = ["drawn"] + (["photographs"] if runs[BASELINE][0].photographs else [])
    found: dict[str, list[str]] = {}
    for name in runs:
        if name != BASELINE:
            words = [f"{judged(*difference(runs, name, one))} on {one}" for one in kinds]
            found.setdefault(", ".join(words), []).append(name)
    lines = [f"- {words}: {'; '.join(names)}." for words, names in found.items()]
    rule = (
        "A difference smaller than the noise, the standard deviation of the variant's and the "
        "baseline's runs taken together, is called within the noise; a larger one is no proof "
        "either with so few seeds."
    )
    return "\n".join([rule, "", *lines])


def judged(change: float, noise: float) -> str:
    """Return what a difference says."""
    if math.isnan(noise):
        return "not to be told from one seed"
    if abs(change) < noise:
        return "within the noise"
    return f"{'worse' if change > 0 else 'better'} by {abs(change):.2f}"


def costs_table(runs: Runs, costs: dict[str, Cost]) -> str:
    """Return what each variant takes, to train and to run."""
    rows = [
        [name, *costs[name].cells(), f"{statistics.mean(run.seconds for run in figures):.2f}"]
        for name, figures in runs.items()
    ]
    table = markdown_table(["variant", *HEADING, "s / training step"], rows)
    return (
        f"{table}\n\nMACs are those of the convolutions; seconds are processor time on one thread, "
        "of ONNX Runtime a megapixel, of training a step; MB of the exported file."
    )


def draw_curves(runs: Runs, path: Path) -> None:
    """Draw a panel for each variant."""
    columns = 3
    lines = math.ceil(len(runs) / columns)
    # Text stays text, and the same figures give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "atnet", "font.size": 8})
    figure, panels = plt.subplots(
        lines, columns, figsize=(9, 2.2 * lines), sharex=True, sharey=True, squeeze=False
    )
    for panel, name in zip(panels.flat, runs, strict=False):
        for shown, colour in ((BASELINE, "0.7"), (name, "tab:blue")):
            for run in runs[shown]:
                panel.plot(*zip(*run.curve, strict=True), color=colour, linewidth=1)
        panel.set_title(name)
    for panel in panels.flat[len(runs) :]:
        panel.set_visible(False)
    figure.supxlabel("steps")
    figure.supylabel("validation SAD")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)

"""The page that benchmarks/speed.py writes: docs/speed.md and its plots."""

import datetime
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from atnet.evaluation.report.tables import markdown_table
from atnet.machine import describe_machine, versions

PACKAGES = (
    "numpy", "onnxruntime", "openvino", "mnn", "pymatting", "scipy", "torch", "transformers",
)  # fmt: skip
KINDS = ("soft", "clear")
UNKNOWN = 0.2
"""Share that is unknown in the pictures whose sizes are compared."""


class Case(NamedTuple):
    """A picture: its size, the share of it that is unknown, and whether it is clear or soft."""

    megapixels: float
    unknown: float
    kind: str


Found = dict[Case, dict[str, dict[str, float]]]
"""Cases to methods to medians: `seconds`, `megabytes`, our `scale`."""


def write_page(path: Path, rows: Sequence[dict[str, Any]], remark: str) -> None:
    """Write the page and, in `images` beside it, the plots.

    Args:
        path: Of the page.
        rows: What was measured, as `speed.py` keeps it.
        remark: What readers must know of this run.
    """
    found = medians(rows)
    methods = list(dict.fromkeys(method for case in found.values() for method in case))
    picture = path.parent / "images" / "speed.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw(found, methods, picture)
    parts = [
        introduction(remark),
        f"## Seconds\n\n{table(found, methods, 'seconds', 1)}",
        f"## Highest resident memory, MB\n\n{table(found, methods, 'megabytes', 0)}",
        "## Growth\n\nSeconds and memory with 20 % unknown, by size. Dashed: clear pictures.\n\n"
        f"![Seconds and memory by size](images/{picture.name})\n\n{growth_table(found, methods)}",
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def medians(rows: Sequence[dict[str, Any]]) -> Found:
    """Bring runs of the same together, in the order of their cases; those that failed are none."""
    runs: dict[Case, dict[str, list[dict[str, float]]]] = {}
    for row in rows:
        if row["found"]:
            of_case = runs.setdefault(Case(*row["case"]), {})
            of_case.setdefault(row["method"], []).append(row["found"])
    return {
        case: {
            method: {name: statistics.median(run[name] for run in some) for name in some[0]}
            for method, some in runs[case].items()
        }
        for case in sorted(runs)
    }


def introduction(remark: str) -> str:
    """Return how the figures were made."""
    named = ", ".join(f"{name} {version}" for name, version in versions(PACKAGES).items())
    return f"""# Speed and memory

Seconds for one picture on one core, model loaded and warm, and the highest resident memory of the
method's processes, medians. `standard` quality, refinement included; ViTMatte-S has random weights,
which take as long as trained ones. The picture is the bundled photograph: `soft` is enlarged, as if
out of a camera that resolves no more; `clear` is repeated in mirrors, so that every pixel counts.
Unknown is a band along the outline of the enlarged animal. `shown at` is the scale at which our
network sees it.

- Command: `python benchmarks/speed.py`
- Date: {datetime.date.today()}
- Machine: {describe_machine()}
- Versions: {named}
{f"- {remark}" if remark else ""}""".strip()


def table(found: Found, methods: Sequence[str], field: str, digits: int) -> str:
    """Return a row for each picture, a column for each method."""
    rows = []
    for case, of_case in found.items():
        scale = next(iter(of_case.values()))["scale"]
        cells = [f"{case.megapixels:g}", f"{case.unknown:.0%}", case.kind, f"{scale:.2f}"]
        cells += [
            f"{of_case[method][field]:.{digits}f}" if method in of_case else ""
            for method in methods
        ]
        rows.append(cells)
    return markdown_table(["Mpixel", "unknown", "picture", "shown at", *methods], rows)


def growth(found: Found, method: str, kind: str) -> float | None:
    """Fit seconds ~ size ** growth over pictures of one kind; `None` of fewer than three sizes."""
    points = _points(found, method, kind, "seconds")
    if len(points) < 3:
        return None
    sizes, values = np.log(points).T
    return float(np.polyfit(sizes, values, 1)[0])


def growth_table(found: Found, methods: Sequence[str]) -> str:
    """Return the fitted exponents: 1 is as the size, above it worse."""
    rows = []
    for method in methods:
        grown = [growth(found, method, kind) for kind in KINDS]
        if any(grown):
            rows.append([method, *("" if it is None else f"{it:.2f}" for it in grown)])
    return markdown_table(["seconds grow by size to the power of", *KINDS], rows)


def draw(found: Found, methods: Sequence[str], picture: Path) -> None:
    """Draw seconds and memory by size, on logarithmic scales."""
    with mpl.rc_context({"svg.hashsalt": "speed", "svg.fonttype": "none", "font.size": 9}):
        figure, (seconds, memory) = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
        for axes, field, name in (
            (seconds, "seconds", "seconds, one core"),
            (memory, "megabytes", "highest resident memory, MB"),
        ):
            for number, method in enumerate(methods):
                for kind, style in zip(KINDS, ("o-", "s--"), strict=True):
                    points = np.array(_points(found, method, kind, field)).reshape(-1, 2)
                    label = method if kind == KINDS[0] else None
                    axes.plot(*points.T, style, color=f"C{number}", label=label, markersize=4)
            axes.set(xscale="log", yscale="log", xlabel="megapixels", ylabel=name)
            axes.grid(alpha=0.3, which="both")
            sizes = sorted({case.megapixels for case in found if case.unknown == UNKNOWN})
            axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_minor_formatter(NullFormatter())
        handles, labels = seconds.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        figure.savefig(picture, metadata={"Date": None})
        plt.close(figure)


def _points(found: Found, method: str, kind: str, field: str) -> list[tuple[float, float]]:
    """Sizes of pictures and what a method took for each."""
    return [
        (case.megapixels, of_case[method][field])
        for case, of_case in found.items()
        if method in of_case and (case.unknown, case.kind) == (UNKNOWN, kind)
    ]

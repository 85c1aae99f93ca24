"""Reports as one HTML page that needs nothing else: styles, charts and pictures are inside."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from atnet.evaluation.report.charts import error_chart, scene_chart
from atnet.evaluation.report.comparison import (
    Comparison,
    best_first,
    compared_errors,
    comparison_remarks,
    mean_columns,
)
from atnet.evaluation.report.contents import Report
from atnet.evaluation.report.pictures import Pictures, picture_methods, picture_scene
from atnet.evaluation.report.tables import remarks
from atnet.evaluation.rows import METRICS, Row

PICTURED = 100
"""How many scenes, the worst first, are shown with pictures; all are in the table."""
OPEN_ROWS = 40
"""Up to how many scenes the table is open from the start."""
_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGE.filters["percent"] = lambda share, decimals=2: f"{share:.{decimals}%}"
_PAGE.filters["address"] = lambda name: quote(os.fsencode(name))
_PAGE.globals |= {
    "metrics": METRICS,
    "remarks": remarks,
    "scene_chart": scene_chart,
    "error_chart": error_chart,
}


def render_page(report: Report) -> str:
    """Renders the page.

    Args:
        report: What to show.

    Returns:
        HTML.
    """
    means, columns = report.means(), report.columns()
    shown = [row for row in report.rows if row.error is None][:PICTURED]
    return _PAGE.get_template("report.html").render(
        title=report.title,
        about=report.about,
        report=report,
        means=means,
        columns=columns,
        tiles=[column for column in columns if column.field in means["all"]],
        scored=[row for row in report.rows if row.sad is not None],
        highest=max((row.sad or 0 for row in report.rows), default=0) or 1,
        links={row.name: f"#scene-{number}" for number, row in enumerate(shown, 1)},
        shown=[(row, _pictures(report, row)) for row in shown],
        pictured=PICTURED,
        open_rows=OPEN_ROWS,
    )


def render_comparison(comparison: Comparison) -> str:
    """Renders the page of several methods.

    Args:
        comparison: What to show.

    Returns:
        HTML; it links to `<method>/report.html` beside it.
    """
    groups, scenes = comparison.means(), comparison.scenes()
    shown = [name for name in scenes if name in comparison.shared()][:PICTURED]
    return _PAGE.get_template("comparison.html").render(
        title=comparison.title,
        about=comparison.about(),
        methods=list(comparison.reports),
        groups={group: best_first(means) for group, means in groups.items()},
        columns=mean_columns(groups["all"]),
        errors=compared_errors(comparison),
        scenes=scenes,
        remarks=comparison_remarks(comparison),
        links={name: f"#scene-{number}" for number, name in enumerate(shown, 1)},
        shown=[(name, _compared_pictures(comparison, name)) for name in shown],
        pictured=PICTURED,
        open_rows=OPEN_ROWS,
    )


def _pictures(report: Report, row: Row) -> Pictures | str:
    return _or_why_not(lambda: picture_scene(report.scene(row.name), report.trial))


def _compared_pictures(comparison: Comparison, name: str) -> Pictures | str:
    reports = comparison.reports
    shown = {method: (report.scene(name), report.trial) for method, report in reports.items()}
    return _or_why_not(lambda: picture_methods(shown))


def _or_why_not(make: Callable[[], Pictures]) -> Pictures | str:
    """Returns a scene's pictures, or why there are none."""
    try:
        return make()
    except (ValueError, OSError) as error:  # a file vanished since it was scored
        return str(error)

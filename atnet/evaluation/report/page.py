"""A report as one HTML page that needs nothing else: styles, charts and pictures are inside."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from atnet.evaluation.report.charts import error_chart, scene_chart
from atnet.evaluation.report.contents import Report
from atnet.evaluation.report.pictures import Pictures, picture_scene
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
    return _PAGE.get_template("template.html").render(
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


def _pictures(report: Report, row: Row) -> Pictures | str:
    """Returns a scene's pictures, or why there are none."""
    scene = next(scene for scene in report.scenes if scene.name == row.name)
    try:
        return picture_scene(scene, report.trial)
    except (ValueError, OSError) as error:  # a file vanished since it was scored
        return str(error)

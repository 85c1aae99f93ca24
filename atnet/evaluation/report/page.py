"""A report as one HTML page that needs nothing else: styles, charts and pictures are inside."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from atnet.evaluation.report.charts import error_chart, scene_chart
from atnet.evaluation.report.contents import COLUMNS, Column, Report
from atnet.evaluation.report.pictures import Pictures, picture_scene
from atnet.evaluation.report.tables import remarks
from atnet.evaluation.rows import METRICS, Row

PICTURED = 100
"""How many scenes, the worst first, are shown with pictures; all are in the table."""
OPEN_ROWS = 40
_TEMPLATE = Path(__file__).parent / "template.html"
_KEY = (
    '<p class="lead key">Error maps show the unknown region:'
    '<i style="background:#ff9e29"></i>too opaque<i style="background:#54b5ff"></i>too '
    "transparent, brightness as the square root of the error. Frames mark the worst regions, "
    "enlarged below.</p>"
)


def render_page(report: Report) -> str:
    """Renders the page.

    Args:
        report: What to show.

    Returns:
        HTML.
    """
    shown = [row for row in report.rows if row.error is None][:PICTURED]
    links = {row.name: f"#scene-{number}" for number, row in enumerate(shown, 1)}
    parts = [
        _head(report),
        _tiles(report),
        _charts(report, links),
        _problems(report),
        _table(report, links),
        _gallery(report, shown, links),
        _about(report),
    ]
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(title=escape(report.title), body="\n".join(filter(None, parts)))


def _head(report: Report) -> str:
    facts = [report.about["Data set"], f"trimaps {report.about['Trimaps']}", report.about["Date"]]
    note = report.about.get("Note")
    return f'<h1>{escape(report.title)}</h1><p class="lead">{escape(" · ".join(facts))}</p>' + (
        f'<p class="note">{escape(note)}</p>' if note else ""
    )


def _tiles(report: Report) -> str:
    means = report.means()
    columns = [column for column in report.columns() if column.field in means["all"]]
    tiles = "".join(
        f'<div class="tile"><b>{column.text(means["all"][column.field])}</b>'
        f"<span>{_tile_label(column)}</span></div>"
        for column in columns
    )
    if len(means) == 1:
        return f'<div class="tiles">{tiles}</div>'
    rows = (
        [escape(name), *(column.text(part.get(column.field)) for column in columns)]
        for name, part in means.items()
        if name != "all"
    )
    headings = ["mean of", *(column.heading for column in columns)]
    return f'<div class="tiles">{tiles}</div><h2>By group</h2>{_plain_table(headings, rows)}'


def _tile_label(column: Column) -> str:
    return {"seconds": "s per image", "megabytes": "MB peak"}.get(
        column.field, f"mean {column.heading}"
    )


def _plain_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _charts(report: Report, links: dict[str, str]) -> str:
    scored = [row for row in report.rows if row.sad is not None]
    if not scored:
        return ""
    return (
        '<div class="charts"><div class="card"><h3>SAD by scene</h3>'
        f"{scene_chart(scored, links)}</div>"
        '<div class="card"><h3>Errors of the unknown pixels '
        "<small>share by absolute error, logarithmic</small></h3>"
        f"{error_chart(scored)}</div></div>"
    )


def _problems(report: Report) -> str:
    failed = report.failed()
    if not failed:
        return ""
    items = "".join(f"<li>{escape(row.name)}: {escape(row.error or '')}</li>" for row in failed)
    return f'<h2 class="bad">{len(failed)} failed</h2><ul class="bad">{items}</ul>'


def _table(report: Report, links: dict[str, str]) -> str:
    columns = report.columns()
    highest = max((row.sad or 0 for row in report.rows), default=0) or 1
    heads = ['<th class="text"><button>scene</button></th>']
    heads += [
        f"<th{' aria-sort=descending' * (column.field == 'sad')}>"
        f"<button>{column.heading}</button></th>"
        for column in columns
    ]
    rows = "".join(_table_row(row, columns, highest, links) for row in report.rows)
    return (
        f"<details{' open' * (len(report.rows) <= OPEN_ROWS)}>"
        f"<summary>All {len(report.rows)} scenes</summary>"
        f'<div class="wide"><table><thead><tr>{"".join(heads)}<th class="text">'
        f"<button>remarks</button></th></tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _table_row(row: Row, columns: list[Column], highest: float, links: dict[str, str]) -> str:
    name = escape(row.name)
    if row.name in links:
        name = f'<a href="{links[row.name]}">{name}</a>'
    cells = [f"<td>{name}</td>"]
    for column in columns:
        value = getattr(row, column.field)
        meter = ""
        if column.field == "sad" and value is not None:
            meter = f' class="meter" style="--share:{value / highest:.1%}"'
        cells.append(f"<td{meter}>{column.text(value)}</td>")
    return f'<tr>{"".join(cells)}<td class="text">{escape("; ".join(remarks(row)))}</td></tr>'


def _gallery(report: Report, shown: list[Row], links: dict[str, str]) -> str:
    if not shown:
        return ""
    scenes = {scene.name: scene for scene in report.scenes}
    articles = []
    for row in shown:
        try:
            pictures = _pictures(picture_scene(scenes[row.name], report.trial))
        except (ValueError, OSError) as error:  # a file vanished since it was scored
            pictures = f'<p class="bad">{escape(str(error))}</p>'
        identity = links[row.name].removeprefix("#")
        articles.append(f'<article id="{identity}">{_article_head(row)}{pictures}</article>')
    scored = any(row.sad is not None for row in shown)
    number = f"the {len(shown)} worst of {len(report.rows)}" if len(shown) == PICTURED else "all"
    heading = f"<h2>Pictures <small>of {number} scenes, the worst first</small></h2>"
    return heading + (_KEY if scored else "") + "\n".join(articles)


def _article_head(row: Row) -> str:
    scores = "".join(
        f"<span>{column.heading} <b>{column.text(getattr(row, column.field))}</b></span>"
        for column in COLUMNS
        if column.field in METRICS and getattr(row, column.field) is not None
    )
    facts = f"{row.width} &times; {row.height}, {row.unknown or 0:.1%} unknown"
    if row.seconds is not None:
        facts += f", {row.seconds:.1f} s"
    odd = "".join(f'<p class="warn">{escape(text)}</p>' for text in row.warnings)
    return (
        f"<header><h3>{escape(row.name)}</h3>{scores}<span><small>{facts}</small></span></header>"
        f"{odd}"
    )


def _pictures(pictures: Pictures) -> str:
    frames = "".join(
        f'<i data-number="{number}" style="left:{left:.2%};top:{top:.2%};'
        f'width:{width:.2%};height:{height:.2%}"></i>'
        for number, ((left, top, width, height), _) in enumerate(pictures.zooms, 1)
    )
    strips = [_strip(pictures.overview, frames)]
    for number, (_, maps) in enumerate(pictures.zooms, 1):
        strips.append(_strip({f"{number}: {name}": uri for name, uri in maps.items()}, zoom=True))
    return f'<div class="surround">{"".join(strips)}</div>'


def _strip(maps: dict[str, str], frames: str = "", *, zoom: bool = False) -> str:
    figures = "".join(
        f'<figure><figcaption>{caption}</figcaption><div class="frame">'
        f'<img src="{uri}" alt="{caption}" loading="lazy">'
        f"{frames if caption in ('image', 'error') else ''}</div></figure>"
        for caption, uri in maps.items()
    )
    return f'<div class="strip{" zoom" * zoom}" style="--columns:{len(maps)}">{figures}</div>'


def _about(report: Report) -> str:
    entries = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in report.about.items()
    )
    return f"<h2>About</h2><dl>{entries}</dl>"

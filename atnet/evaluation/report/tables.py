"""A report as CSV, JSON and Markdown."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from atnet.evaluation.report.contents import Report
from atnet.evaluation.rows import Row


def as_csv(report: Report) -> str:
    """Returns all rows with full precision, the worst first.

    Args:
        report: What to write.

    Returns:
        CSV with a heading; lists are joined by `; `.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = [field.name for field in fields(Row)]
    writer.writerow(names)
    for row in report.rows:
        writer.writerow([joined(getattr(row, name)) for name in names])
    return file.getvalue()


def as_dictionary(report: Report) -> dict[str, Any]:
    """Returns what JSON has.

    Args:
        report: What to write.

    Returns:
        `title`, `about`, `means` by group, `rows`.
    """
    return {
        "title": report.title,
        "about": report.about,
        "means": report.means(),
        "rows": [asdict(row) for row in report.rows],
    }


def as_markdown(report: Report) -> str:
    """Returns means, scenes sorted by error, problems and circumstances.

    Args:
        report: What to write.

    Returns:
        Markdown.
    """
    parts = [f"# {report.title}", means_table(report), scenes_table(report)]
    problems = [f"- {row.name}: {text}" for row in report.rows for text in remarks(row)]
    if problems:
        parts.append("## Problems\n\n" + "\n".join(problems))
    parts.append("## About\n\n" + "\n".join(f"- {k}: {v}" for k, v in report.about.items()))
    return "\n\n".join(parts) + "\n"


def means_table(report: Report) -> str:
    """Returns mean scores as a Markdown table.

    Args:
        report: What to write.

    Returns:
        Markdown.
    """
    columns = [column for column in report.columns() if column.field != "unknown"]
    rows = (
        [name, str(means["scenes"]), *(column.text(means.get(column.field)) for column in columns)]
        for name, means in report.means().items()
    )
    return markdown_table(["mean of", "scored", *(column.heading for column in columns)], rows)


def scenes_table(report: Report) -> str:
    """Returns the scores of each scene as a Markdown table, the worst first.

    Args:
        report: What to write.

    Returns:
        Markdown.
    """
    columns = report.columns()
    rows = (
        [row.name, *(column.text(getattr(row, column.field)) for column in columns)]
        for row in report.rows
    )
    return markdown_table(["scene", *(column.heading for column in columns)], rows)


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lays a table out in columns of equal width, text left and numbers right.

    Args:
        headings: The first is of text, the others of numbers.
        rows: Cells, as many as headings.

    Returns:
        Markdown.

    Example:
        >>> print(markdown_table(["scene", "SAD"], [["lemur", "1.20"]]))
        | scene |  SAD |
        | ----- | ---: |
        | lemur | 1.20 |
    """
    lines = [list(headings), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(headings))]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(_markdown_line(line, widths) for line in lines)


def remarks(row: Row) -> list[str]:
    """Returns what is wrong or odd about a scene.

    Args:
        row: Of the scene.

    Returns:
        One line each, a failure first.
    """
    return [f"failed: {row.error}"] * (row.error is not None) + list(row.warnings)


def joined(value: Any) -> Any:
    """Returns what a cell of CSV holds: lists joined by `; `, all else as it is."""
    return "; ".join(map(str, value)) if isinstance(value, tuple) else value


def _markdown_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    others = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return f"| {' | '.join([first, *others])} |"

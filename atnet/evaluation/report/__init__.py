"""Reports of evaluations: CSV, JSON, Markdown and one HTML page with pictures."""

import json
from pathlib import Path

from atnet.evaluation.report.comparison import Comparison as Comparison
from atnet.evaluation.report.comparison import comparison_csv as comparison_csv
from atnet.evaluation.report.comparison import comparison_dictionary as comparison_dictionary
from atnet.evaluation.report.comparison import comparison_markdown as comparison_markdown
from atnet.evaluation.report.contents import Report as Report
from atnet.evaluation.report.contents import make_report as make_report
from atnet.evaluation.report.page import render_comparison as render_comparison
from atnet.evaluation.report.page import render_page as render_page
from atnet.evaluation.report.tables import as_csv as as_csv
from atnet.evaluation.report.tables import as_dictionary as as_dictionary
from atnet.evaluation.report.tables import as_markdown as as_markdown
from atnet.files.atomic import write_all


def write_report(report: Report, folder: Path) -> dict[str, str]:
    """Writes a report in all formats.

    Args:
        report: What to write.
        folder: An existing folder.

    Returns:
        Format to file name.

    Raises:
        OSError: A file cannot be written.
    """
    contents = {
        "csv": as_csv(report),
        "json": json.dumps(as_dictionary(report), indent=2) + "\n",
        "md": as_markdown(report),
        "html": render_page(report),
    }
    return _write(contents, folder)


def write_comparison(comparison: Comparison, folder: Path) -> dict[str, str]:
    """Writes a report of several methods in all formats.

    Args:
        comparison: What to write.
        folder: An existing folder.

    Returns:
        Format to file name.

    Raises:
        OSError: A file cannot be written.
    """
    contents = {
        "csv": comparison_csv(comparison),
        "json": json.dumps(comparison_dictionary(comparison), indent=2) + "\n",
        "md": comparison_markdown(comparison),
        "html": render_comparison(comparison),
    }
    return _write(contents, folder)


def _write(contents: dict[str, str], folder: Path) -> dict[str, str]:
    files = {suffix: folder / f"report.{suffix}" for suffix in contents}
    # A file name may hold what UTF-8 cannot: that must not cost the report.
    encoded = {suffix: text.encode(errors="backslashreplace") for suffix, text in contents.items()}
    write_all({files[suffix]: content for suffix, content in encoded.items()})
    return {suffix: str(path) for suffix, path in files.items()}

"""Reports of several methods on one data set, side by side: as CSV, JSON and Markdown."""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from atnet.evaluation.report.contents import COLUMNS, Column, Report
from atnet.evaluation.report.tables import joined, markdown_table, remarks
from atnet.evaluation.rows import METRICS, Row

ERRORS = tuple(column for column in COLUMNS if column.field in METRICS)
"""What is compared scene by scene."""
Means = Mapping[str, Mapping[str, float]]
"""Method to its means, as from `mean_scores`."""


@dataclass(frozen=True)
class Comparison:
    """Methods that were evaluated on the same scenes.

    Attributes:
        data_set: A few words.
        reports: Method to its report, in the order in which they were asked for.
    """

    data_set: str
    reports: Mapping[str, Report]

    @property
    def title(self) -> str:
        """One line."""
        return f"{', '.join(self.reports)} on {self.data_set}"

    def scenes(self) -> dict[str, dict[str, Row]]:
        """Returns the rows of each scene by method, the worst scene of all methods first."""
        rows: dict[str, dict[str, Row]] = {}
        for method, report in self.reports.items():
            for row in report.rows:
                rows.setdefault(row.name, {})[method] = row
        return dict(sorted(rows.items(), key=lambda item: _worst_first(*item)))

    def shared(self) -> set[str]:
        """Returns the names of the scenes on which no method failed."""
        return {
            name
            for name, rows in self.scenes().items()
            if all(row.error is None for row in rows.values())
        }

    def means(self) -> dict[str, dict[str, dict[str, float]]]:
        """Returns means over the shared scenes: of all and of each group, by method."""
        shared = self.shared()
        parts = {
            method: replace(report, rows=[row for row in report.rows if row.name in shared]).means()
            for method, report in self.reports.items()
        }
        groups = dict.fromkeys(group for means in parts.values() for group in means)
        return {
            group: {method: means[group] for method, means in parts.items()} for group in groups
        }

    def failed(self) -> list[tuple[str, Row]]:
        """Returns methods and rows without a result."""
        return [(method, row) for method, report in self.reports.items() for row in report.failed()]

    def about(self) -> dict[str, str]:
        """Returns what a reader must know, label to text: what methods share is said once."""
        abouts = {method: report.about for method, report in self.reports.items()}
        labels = dict.fromkeys(label for about in abouts.values() for label in about)
        said = {
            label: _said_once({method: about.get(label, "-") for method, about in abouts.items()})
            for label in labels
        }
        if self.failed():
            said["Means"] = f"over the {len(self.shared())} scenes that every method computed"
        return {**said, "Date": list(abouts.values())[-1]["Date"]}


def methods_table(means: Means) -> str:
    """Returns the means of methods as a Markdown table, the lowest SAD first.

    Args:
        means: Of one group.

    Returns:
        Markdown.
    """
    columns = mean_columns(means)
    rows = (
        [method, str(part["scenes"]), *(column.text(part.get(column.field)) for column in columns)]
        for method, part in best_first(means)
    )
    return markdown_table(["method", "scored", *(column.heading for column in columns)], rows)


def best_first(means: Means) -> list[tuple[str, Mapping[str, float]]]:
    """Sorts methods by their mean SAD; those without one come last."""
    return sorted(means.items(), key=lambda item: item[1].get("sad", np.inf))


def mean_columns(means: Means) -> list[Column]:
    """Returns the columns of which any method has a mean."""
    return [column for column in COLUMNS if any(column.field in part for part in means.values())]


def compared_errors(comparison: Comparison) -> list[Column]:
    """Returns the errors that any scene has: none without true alphas."""
    rows = [row for rows in comparison.scenes().values() for row in rows.values()]
    return [
        column for column in ERRORS if any(getattr(row, column.field) is not None for row in rows)
    ]


def comparison_csv(comparison: Comparison) -> str:
    """Returns all rows with full precision, those of a scene together.

    Args:
        comparison: What to write.

    Returns:
        CSV with a heading; lists are joined by `; `.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = [field.name for field in fields(Row)]
    writer.writerow(["method", *names])
    for rows in comparison.scenes().values():
        for method, row in rows.items():
            writer.writerow([method, *(joined(getattr(row, name)) for name in names)])
    return file.getvalue()


def comparison_dictionary(comparison: Comparison) -> dict[str, Any]:
    """Returns what JSON has.

    Args:
        comparison: What to write.

    Returns:
        `title`, `about`, `means` by group and method, `rows`, each with its `method`.
    """
    return {
        "title": comparison.title,
        "about": comparison.about(),
        "means": comparison.means(),
        "rows": [
            {"method": method, **asdict(row)}
            for rows in comparison.scenes().values()
            for method, row in rows.items()
        ],
    }


def comparison_markdown(comparison: Comparison) -> str:
    """Returns means by method, each error scene by scene, problems and circumstances.

    Args:
        comparison: What to write.

    Returns:
        Markdown.
    """
    parts = [f"# {comparison.title}"]
    groups = comparison.means()
    for group, means in groups.items():
        heading = [f"## {'All' if group == 'all' else group}"] if len(groups) > 1 else []
        parts += [*heading, methods_table(means)]
    for column in compared_errors(comparison):
        parts += [f"## {column.heading} by scene", _scenes_table(comparison, column)]
    if problems := comparison_remarks(comparison):
        parts.append("## Problems\n\n" + "\n".join(f"- {problem}" for problem in problems))
    about = comparison.about()
    parts.append("## About\n\n" + "\n".join(f"- {label}: {text}" for label, text in about.items()))
    return "\n\n".join(parts) + "\n"


def comparison_remarks(comparison: Comparison) -> list[str]:
    """Returns what is wrong or odd, one line each; what all methods met is said once."""
    said = []
    for name, rows in comparison.scenes().items():
        texts: dict[str, list[str]] = {}
        for method, row in rows.items():
            for text in remarks(row):
                texts.setdefault(text, []).append(method)
        for text, methods in texts.items():
            by = "" if len(methods) == len(rows) else f" ({', '.join(methods)})"
            said.append(f"{name}{by}: {text}")
    return said


def _scenes_table(comparison: Comparison, column: Column) -> str:
    rows = (
        [name, *(column.text(getattr(row, column.field)) for row in rows.values())]
        for name, rows in comparison.scenes().items()
    )
    return markdown_table(["scene", *comparison.reports], rows)


def _worst_first(name: str, rows: Mapping[str, Row]) -> tuple[bool, float, str]:
    errors = [row.sad for row in rows.values() if row.sad is not None]
    return any(row.error for row in rows.values()), -float(np.mean(errors or 0)), name


def _said_once(texts: Mapping[str, str]) -> str:
    methods: dict[str, list[str]] = {}
    for method, text in texts.items():
        methods.setdefault(text, []).append(method)
    if len(methods) == 1:
        return next(iter(methods))
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in methods.items())

"""The charts of a report, as numbers: the page draws them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from atnet.evaluation.rows import Row

_DECADES = 4


class Bar(NamedTuple):
    """A bar of a height from 0 to 1, what it says, and where it leads, if anywhere."""

    height: float
    title: str
    address: str | None = None


class Chart(NamedTuple):
    """Bars side by side, and the labels of the axes by their places from 0 to 1."""

    bars: list[Bar]
    vertical: dict[float, str]
    horizontal: dict[float, str]


def scene_chart(rows: Sequence[Row], links: dict[str, str]) -> Chart:
    """Shows the SAD of each scene as a bar.

    Args:
        rows: With scores, the worst first.
        links: Scene to the address of its pictures.

    Returns:
        The chart.
    """
    values = [row.sad or 0.0 for row in rows]
    highest = _round_up(max(values))
    bars = [
        Bar(value / highest, f"{row.name}: SAD {value:.2f}", links.get(row.name))
        for row, value in zip(rows, values, strict=True)
    ]
    label = f"{len(rows)} scenes, the worst first; median {values[len(values) // 2]:.2f}"
    return Chart(bars, {share: f"{highest * share:g}" for share in (0, 0.5, 1)}, {0.5: label})


def error_chart(rows: Sequence[Row]) -> Chart:
    """Shows how many unknown pixels have which absolute error, on a logarithmic scale.

    Args:
        rows: With histograms.

    Returns:
        The chart.
    """
    counts = [sum(column) for column in zip(*(row.histogram for row in rows), strict=True)]
    total = max(1, sum(counts))
    bars = []
    for number, count in enumerate(counts):
        share = count / total
        height = max(0.0, 1 + math.log10(share) / _DECADES) if share else 0.0
        low, high = number / len(counts), (number + 1) / len(counts)
        bars.append(Bar(height, f"{low:.2f} to {high:.2f}: {share:.3%}"))
    vertical = {1 - n / _DECADES: f"{10.0 ** (2 - n):g} %" for n in range(0, _DECADES + 1, 2)}
    return Chart(bars, vertical, {share: f"{share:g}" for share in (0, 0.25, 0.5, 0.75, 1)})


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value)

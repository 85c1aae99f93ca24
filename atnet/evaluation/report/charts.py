"""The charts of a report, as inline SVG."""

import html
import math
from collections.abc import Sequence

from atnet.evaluation.rows import Row

_WIDTH, _HEIGHT = 640, 190
_LEFT, _BOTTOM, _TOP = 48, 24, 8
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - 6, _HEIGHT - _BOTTOM - _TOP
_DECADES = 4


def scene_chart(rows: Sequence[Row], links: dict[str, str]) -> str:
    """Draws the SAD of each scene as a bar.

    Args:
        rows: With scores, the worst first.
        links: Scene to the address of its pictures.

    Returns:
        SVG.
    """
    values = [row.sad or 0.0 for row in rows]
    highest = _round_up(max(values))
    step = _PLOT_WIDTH / len(rows)
    bars = []
    for number, (row, value) in enumerate(zip(rows, values, strict=True)):
        bar = _bar(number * step, value / highest, step, f"{row.name}: SAD {value:.2f}")
        address = links.get(row.name)
        bars.append(f'<a href="{html.escape(address)}">{bar}</a>' if address else bar)
    ticks = {share: f"{highest * share:g}" for share in (0, 0.5, 1)}
    label = f"{len(rows)} scenes, the worst first; median {values[len(values) // 2]:.2f}"
    return _chart("".join(bars), ticks, {0.5: label})


def error_chart(rows: Sequence[Row]) -> str:
    """Draws how many unknown pixels have which absolute error, on a logarithmic scale.

    Args:
        rows: With histograms.

    Returns:
        SVG.
    """
    counts = [sum(column) for column in zip(*(row.histogram for row in rows), strict=True)]
    total = max(1, sum(counts))
    step = _PLOT_WIDTH / len(counts)
    bars = []
    for number, count in enumerate(counts):
        share = count / total
        height = max(0.0, 1 + math.log10(share) / _DECADES) if share else 0.0
        low, high = number / len(counts), (number + 1) / len(counts)
        bars.append(_bar(number * step, height, step, f"{low:.2f} to {high:.2f}: {share:.3%}"))
    ticks = {1 - n / _DECADES: f"{10.0 ** (2 - n):g} %" for n in range(0, _DECADES + 1, 2)}
    marks = {share: f"{share:g}" for share in (0, 0.25, 0.5, 0.75, 1)}
    return _chart("".join(bars), ticks, marks)


def _bar(left: float, height: float, step: float, title: str) -> str:
    tall = height * _PLOT_HEIGHT
    gap = min(2.0, step / 5)
    return (
        f'<rect class="bar" x="{_LEFT + left + gap / 2:.2f}" y="{_TOP + _PLOT_HEIGHT - tall:.2f}" '
        f'width="{step - gap:.2f}" height="{tall:.2f}"><title>{html.escape(title)}</title></rect>'
    )


def _chart(bars: str, ticks: dict[float, str], marks: dict[float, str]) -> str:
    """Puts axes around bars; ticks and marks are places, from 0 to 1, with their labels."""
    parts = []
    for share, label in ticks.items():
        y = _TOP + (1 - share) * _PLOT_HEIGHT
        parts.append(
            f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - 6}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for share, label in marks.items():
        x = _LEFT + share * _PLOT_WIDTH
        anchor = {0.0: "start", 1.0: "end"}.get(share, "middle")
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 6}" text-anchor="{anchor}">{label}</text>')
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(parts)}{bars}</svg>'


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value)

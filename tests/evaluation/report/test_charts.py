import re
from html import unescape

import pytest

from atnet.evaluation.report.charts import error_chart, scene_chart
from atnet.evaluation.rows import Row

HISTOGRAM = (900, 90, 10, *[0] * 17)


def bars(svg):
    found = re.findall(r'<rect[^>]* height="([^"]+)"><title>(.*?)</title></rect>', svg)
    return [(float(height), unescape(title)) for height, title in found]


def test_bars_are_as_high_as_errors_on_a_round_scale():
    svg = scene_chart([Row("<x>", "f", sad=1.5), Row("y", "f", sad=0.75)], {"y": "#scene-2"})
    (high, title), (low, _) = bars(svg)
    assert high == pytest.approx(2 * low)
    assert title == "<x>: SAD 1.50"
    assert ">2</text>" in svg  # the top of the scale
    assert '<a href="#scene-2">' in svg


def test_errors_are_shown_as_shares_on_a_logarithmic_scale():
    first, second, third, *others = bars(error_chart([Row("x", "f", histogram=HISTOGRAM)] * 2))
    assert first[1] == "0.00 to 0.05: 90.000%"
    assert first[0] - second[0] == pytest.approx(second[0] / 3, rel=0.05)  # decades of four
    assert second[0] > third[0] > 0
    assert {height for height, _ in others} == {0}


@pytest.mark.parametrize("sad", [0.0, None])
def test_perfect_scores_can_be_drawn(sad):
    assert bars(scene_chart([Row("x", "f", sad=sad)], {}))[0][0] == 0


def test_nothing_unknown_can_be_drawn():
    svg = error_chart([Row("x", "f", histogram=(0,) * 20)])
    assert not re.search(r"nan|inf", svg)

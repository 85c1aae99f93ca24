import pytest

from atnet.evaluation.report.charts import error_chart, scene_chart
from atnet.evaluation.rows import Row

HISTOGRAM = (900, 90, 10, *[0] * 17)


def test_bars_are_as_high_as_errors_on_a_round_scale():
    chart = scene_chart([Row("<x>", "f", sad=1.5), Row("y", "f", sad=0.75)], {"y": "#scene-2"})
    first, second = chart.bars
    assert (first.height, second.height) == (0.75, 0.375)  # of 2
    assert chart.vertical == {0: "0", 0.5: "1", 1: "2"}
    assert first.title == "<x>: SAD 1.50"
    assert (first.address, second.address) == (None, "#scene-2")
    assert chart.horizontal == {0.5: "2 scenes, the worst first; median 0.75"}


def test_errors_are_shown_as_shares_on_a_logarithmic_scale():
    chart = error_chart([Row("x", "f", histogram=HISTOGRAM)] * 2)
    first, second, third, *others = chart.bars
    assert first.title == "0.00 to 0.05: 90.000%"
    # Four decades: log10 of 0.9, 0.09 and 0.01 is -0.045757, -1.045757 and -2.
    assert [first.height, second.height, third.height] == pytest.approx(
        [1 - 0.045757 / 4, 1 - 1.045757 / 4, 0.5], rel=1e-6
    )
    assert {bar.height for bar in others} == {0}
    assert chart.vertical == {1: "100 %", 0.5: "1 %", 0: "0.01 %"}


@pytest.mark.parametrize("sad", [0.0, None])
def test_perfect_scores_can_be_drawn(sad):
    assert scene_chart([Row("x", "f", sad=sad)], {}).bars[0].height == 0


def test_nothing_unknown_can_be_drawn():
    bars = error_chart([Row("x", "f", histogram=(0,) * 20)]).bars
    assert {bar.height for bar in bars} == {0}
    assert bars[0].title == "0.00 to 0.05: 0.000%"

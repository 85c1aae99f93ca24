import dataclasses

import pytest

from atnet.evaluation.report.contents import COLUMNS, make_report
from atnet.evaluation.rows import Row
from atnet.evaluation.trial import Trial
from report_files import AWKWARD, small_report


def test_rows_are_sorted_worst_first_and_failures_last(tmp_path):
    report = small_report(tmp_path)
    assert [row.name for row in report.rows] == [AWKWARD, "a/disc", "b/gone"]
    assert [row.name for row in report.failed()] == ["b/gone"]


def test_means_are_of_all_and_of_each_group(tmp_path):
    report = small_report(tmp_path)
    means = report.means()
    assert list(means) == ["all", "a", "b"]
    assert [part["scenes"] for part in means.values()] == [2, 1, 1]
    assert means["all"]["sad"] == pytest.approx((means["a"]["sad"] + means["b"]["sad"]) / 2)
    one = dataclasses.replace(report, rows=[row for row in report.rows if row.group == "a"])
    assert list(one.means()) == ["all"]


def test_columns_without_any_number_are_left_out(tmp_path):
    fields = [column.field for column in small_report(tmp_path).columns()]
    assert fields == ["sad", "mse", "gradient", "connectivity", "unknown"]


@pytest.mark.parametrize(
    ("index", "value", "text"), [(0, 1.235, "1.24"), (1, 0.0123, "12.30"), (4, 0.5, "50.0")]
)
def test_numbers_are_scaled_and_rounded(index, value, text):
    assert COLUMNS[index].text(value) == text
    assert COLUMNS[index].text(None) == "-"


@pytest.mark.parametrize(
    ("trial", "known", "time"),
    [
        (Trial(), "set by the trimap", "of the method alone"),
        (Trial("predictions"), "as stored", "not measured"),
        (Trial("predictions", clamp=True), "set by the trimap", "not measured"),
    ],
)
def test_it_says_how_known_pixels_and_times_came_about(trial, known, time):
    about = make_report("set", [], [Row("x", "f")], trial).about
    assert known in about["Known pixels"]
    assert time in about["Time, memory"]


def test_title_and_method_name_the_model():
    report = make_report("set", [], [Row("x", "f")], Trial())
    assert report.title == "atnet-vgg16 on set"
    assert "SHA-256" in report.about["Method"]

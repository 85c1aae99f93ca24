import csv
import io
import json

import pytest

from atnet.evaluation.report import Report
from atnet.evaluation.report.comparison import (
    Comparison,
    comparison_csv,
    comparison_dictionary,
    comparison_markdown,
    comparison_remarks,
    methods_table,
)
from atnet.evaluation.rows import Row
from atnet.evaluation.trial import Trial


def row(name, sad, **others):
    return Row(name, "f", sad=sad, mse=sad / 1000, gradient=2 * sad, connectivity=sad, **others)


def report(method, rows, **about):
    return Report(method, {"Data set": "set", "Date": "now", **about}, rows, [], Trial())


@pytest.fixture
def comparison():
    """Two methods on three scenes of two groups; the second method fails on one."""
    odd = ("nothing is unknown",)
    ours = [row("b/x", 6), row("a/x", 2, warnings=odd, seconds=3.0), row("a/y", 4)]
    others = [row("a/x", 8, warnings=odd), row("b/x", 3), Row("a/y", "f", "ValueError: no")]
    reports = {
        "ours": report("ours", ours, Method="ours, 1", Machine="this"),
        "theirs": report("theirs", others, Method="theirs, 2", Machine="this", Note="mind"),
    }
    return Comparison("set", reports)


def table(text, heading):
    """Cells of the first table below a heading."""
    lines = text.split(heading, 1)[1].strip().split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_scenes_are_sorted_by_the_mean_of_all_methods_failed_ones_last(comparison):
    # (2 + 8) / 2 = 5 is more than (6 + 3) / 2 = 4.5
    assert list(comparison.scenes()) == ["a/x", "b/x", "a/y"]
    assert list(comparison.scenes()["b/x"]) == ["ours", "theirs"]
    assert [(method, row.name) for method, row in comparison.failed()] == [("theirs", "a/y")]


def test_means_are_of_the_scenes_that_every_method_computed(comparison):
    means = comparison.means()
    assert list(means) == ["all", "a", "b"]
    found = {
        group: [(part["scenes"], part["sad"]) for part in methods.values()]
        for group, methods in means.items()
    }
    assert found == {"all": [(2, 4.0), (2, 5.5)], "a": [(1, 2.0), (1, 8.0)], "b": [(1, 6), (1, 3)]}


def test_where_no_scene_is_shared_there_are_no_means(comparison):
    failed = {"c": report("c", [Row(name, "f", "no") for name in ("a/x", "a/y", "b/x")])}
    alone = Comparison("set", {**comparison.reports, **failed})
    assert alone.means() == {"all": {name: {"scenes": 0} for name in ("ours", "theirs", "c")}}
    assert "| ours   |      0 |" in comparison_markdown(alone)


def test_the_best_method_stands_first_and_one_without_a_score_last():
    text = methods_table(
        {"a": {"scenes": 2, "sad": 2.0}, "b": {"scenes": 2}, "c": {"scenes": 2, "sad": 1.0}}
    )
    assert text == "\n".join(
        [
            "| method | scored |  SAD |",
            "| ------ | -----: | ---: |",
            "| c      |      2 | 1.00 |",
            "| a      |      2 | 2.00 |",
            "| b      |      2 |    - |",
        ]
    )


def test_markdown_has_every_error_of_every_scene_side_by_side(comparison):
    text = comparison_markdown(comparison)
    assert text.startswith("# ours, theirs on set\n\n## All\n")
    assert table(text, "## SAD by scene") == [
        ["scene", "ours", "theirs"],
        ["-----", "---:", "-----:"],
        ["a/x", "2.00", "8.00"],
        ["b/x", "6.00", "3.00"],
        ["a/y", "4.00", "-"],
    ]
    assert table(text, "## Grad by scene")[2] == ["a/x", "4.00", "16.00"]
    assert "## MSE·10³ by scene" in text
    assert "## Conn by scene" in text


def test_one_group_has_no_headings_and_without_truth_there_are_no_errors():
    bare = Comparison("set", {name: report(name, [Row("x", "f", seconds=1)]) for name in "pq"})
    text = comparison_markdown(bare)
    assert "## All" not in text
    assert "by scene" not in text
    assert "| p      |      0 | 1.0 |" in text


def test_what_methods_share_is_said_once(comparison):
    about = comparison.about()
    assert about["Machine"] == "this"
    assert about["Method"] == "ours: ours, 1; theirs: theirs, 2"
    assert about["Note"] == "ours: -; theirs: mind"
    assert about["Means"] == "over the 2 scenes that every method computed"
    assert comparison_remarks(comparison) == [
        "a/x: nothing is unknown",
        "a/y (theirs): failed: ValueError: no",
    ]


def test_csv_and_json_rows_know_their_method(comparison):
    cells = list(csv.DictReader(io.StringIO(comparison_csv(comparison))))
    found = json.loads(json.dumps(comparison_dictionary(comparison)))
    expected = [
        ("ours", "a/x", 2), ("theirs", "a/x", 8), ("ours", "b/x", 6), ("theirs", "b/x", 3),
        ("ours", "a/y", 4), ("theirs", "a/y", None),
    ]  # fmt: skip
    assert [(row["method"], row["name"], row["sad"]) for row in found["rows"]] == expected
    assert [
        (row["method"], row["name"], float(row["sad"]) if row["sad"] else None) for row in cells
    ] == expected
    assert cells[-1]["error"] == "ValueError: no"
    assert found["title"] == "ours, theirs on set"
    assert found["means"]["all"]["theirs"]["sad"] == 5.5

import dataclasses
import re
from html.parser import HTMLParser

import pytest

from atnet.evaluation.evaluate import evaluate
from atnet.evaluation.report import make_report, page
from atnet.evaluation.report.comparison import Comparison
from atnet.evaluation.report.page import render_comparison, render_page
from report_files import TRIAL, small_report

VOID = {"meta", "img", "line", "rect"}


class Elements(HTMLParser):
    """Collects elements, and finds those that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.all, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def find(self, tag):
        return [attributes for name, attributes in self.all if name == tag]


@pytest.fixture
def report(tmp_path):
    return small_report(tmp_path)


def test_the_page_is_well_formed_and_needs_nothing_else(report):
    text = render_page(report)
    elements = Elements(text)
    assert elements.open == []
    sources = [attributes["src"] for attributes in elements.find("img")]
    assert len(sources) == 2 * (5 + 5)  # overview and one region each, as the images are small
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    assert not re.search(r"https?:|url\(|@import|<link", text)
    targets = {attributes["id"] for attributes in elements.find("article")}
    assert {attributes["href"].removeprefix("#") for attributes in elements.find("a")} == targets


def test_names_and_errors_are_escaped_everywhere(report):
    elements = Elements(render_page(report))
    assert not elements.find("b") or all(attributes == {} for attributes in elements.find("b"))
    text = "".join(elements.text)
    assert text.count('b/<b>"&|x') >= 2  # in the table and over its pictures
    assert "gone<i>.png" in text
    assert "tests <set>" in text
    assert "mind & see" in text


def test_it_shows_means_groups_failures_and_circumstances(report):
    text = "".join(Elements(render_page(report)).text)
    assert f"{report.means()['all']['sad']:.2f}" in text
    assert "By group" in text
    assert "1 failed" in text
    assert report.about["Machine"] in text


def test_bars_stand_on_the_axis_side_by_side_and_lead_to_their_pictures(report):
    elements = Elements(render_page(report))
    bars = [
        [float(bar[name]) for name in ("x", "y", "width", "height")]
        for bar in elements.find("rect")
    ]
    assert len(bars) == 2 + 20  # scenes, bins of the histogram
    assert [y + height for _, y, _, height in bars] == [pytest.approx(166, abs=0.011)] * 22
    # The scale of the scenes ends at 0.5: 158 pixels high; two bars share 586, 2 between them.
    for left, row, (x, _, width, height) in zip((48, 341), report.rows, bars, strict=False):
        assert [x, width, height] == pytest.approx([left + 1, 291, 158 * row.sad / 0.5], abs=0.006)
    links = [attributes["href"] for attributes in elements.find("a")]
    assert links == ["#scene-1", "#scene-2"] * 2  # of bars, of the table


def test_frames_mark_the_enlarged_regions(report):
    elements = Elements(render_page(report))
    frames = [found for found in elements.find("i") if "data-number" in found]
    whole = "left:0.00%;top:0.00%;width:100.00%;height:100.00%"  # the images are small
    assert frames == [{"data-number": "1", "style": whole}] * 4  # on image and error of two scenes
    captions = [found["alt"] for found in elements.find("img")][:10]
    maps = ["image", "trimap", "prediction", "truth", "error"]
    assert captions == maps + [f"1: {name}" for name in maps]


def test_only_the_worst_scenes_are_pictured(report, monkeypatch):
    monkeypatch.setattr(page, "PICTURED", 1)
    text = render_page(report)
    assert len(Elements(text).find("article")) == 1
    assert "the 1 worst of 3" in text


def test_a_file_that_vanished_does_not_stop_the_report(report):
    report.scenes[0].prediction.unlink()
    text = render_page(report)
    assert len(Elements(text).find("article")) == 2
    assert "cannot be read" in text


def test_without_truth_there_are_no_charts(report):
    fields = dict.fromkeys(("sad", "mse", "gradient", "connectivity"))
    rows = [dataclasses.replace(row, **fields, histogram=()) for row in report.rows[:2]]
    scenes = [dataclasses.replace(scene, alpha=None) for scene in report.scenes]
    bare = dataclasses.replace(report, rows=rows, scenes=scenes, trial=TRIAL)
    elements = Elements(render_page(bare))
    assert elements.find("svg") == []
    assert len(elements.find("img")) == 2 * 3


@pytest.fixture
def comparison(report):
    """The report's predictions, beside perfect ones; a name that must be escaped."""
    scenes = [dataclasses.replace(scene, prediction=scene.alpha) for scene in report.scenes]
    rows = evaluate(scenes, TRIAL)
    perfect = make_report("tests <set>", scenes, rows, TRIAL, note="mind & see")
    return Comparison("tests <set>", {"half": report, "x/per<fect>": perfect})


def test_methods_stand_side_by_side_with_links_to_their_own_reports(comparison):
    text = render_comparison(comparison)
    elements = Elements(text)
    assert elements.open == []
    assert not re.search(r"https?:|url\(|@import|<link", text)
    links = [attributes["href"] for attributes in elements.find("a")]
    reports = [link for link in links if link.endswith("report.html")]
    assert reports == ["x/per%3Cfect%3E/report.html", "half/report.html"] * 3  # all, two groups
    targets = {attributes["id"] for attributes in elements.find("article")}
    assert {link for link in links if link not in reports} == {f"#{name}" for name in targets}
    assert "tests <set>" in "".join(elements.text)
    assert "gone<i>.png" in "".join(elements.text)


def test_the_least_error_of_each_scene_is_marked(comparison):
    elements = Elements(render_comparison(comparison))
    assert len(elements.find("details")) == 4  # of each error
    marked = re.findall(r"<td><b>([\d.]+)</b></td>", render_comparison(comparison))
    assert marked == ["0.00"] * 2 * 4


def test_predictions_and_errors_of_a_scene_stand_below_one_another(comparison):
    elements = Elements(render_comparison(comparison))
    captions = [found["alt"] for found in elements.find("img")]
    maps = [
        "image", "prediction of half", "prediction of x/per<fect>",
        "truth", "error of half", "error of x/per<fect>",
    ]  # fmt: skip
    assert captions == [*maps, *(f"1: {name}" for name in maps)] * 2
    strips = [found for found in elements.find("div") if "strip" in found.get("class", "")]
    assert {strip["style"] for strip in strips} == {"--columns:3"}
    frames = [found for found in elements.find("i") if "data-number" in found]
    assert len(frames) == 2 * 3  # on the image and two errors of two scenes


def test_a_scene_whose_file_vanished_says_so_in_a_comparison(comparison):
    comparison.reports["half"].scenes[0].prediction.unlink()
    assert "cannot be read" in render_comparison(comparison)

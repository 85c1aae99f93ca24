import dataclasses
import json

import pytest

from atnet.evaluation.report import Comparison, write_comparison, write_report
from report_files import small_report


def test_all_formats_are_written(tmp_path):
    files = write_report(small_report(tmp_path), tmp_path)
    assert files == {
        suffix: str(tmp_path / f"report.{suffix}") for suffix in ("csv", "json", "md", "html")
    }
    assert json.loads((tmp_path / "report.json").read_text())["title"].startswith("predictions")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_comparison_is_written_in_the_same_formats(tmp_path):
    report = small_report(tmp_path)
    files = write_comparison(Comparison("set", {"one": report, "caf\udce9": report}), tmp_path)
    assert list(files) == ["csv", "json", "md", "html"]
    assert json.loads((tmp_path / "report.json").read_text())["title"] == "one, caf\udce9 on set"
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "report.csv").read_text(encoding="utf-8").startswith("method,name,")


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(OSError, match="does not exist"):
        write_report(small_report(tmp_path), tmp_path / "missing")


def test_a_name_that_utf_8_cannot_hold_does_not_cost_the_report(tmp_path):
    report = small_report(tmp_path)
    rows = [dataclasses.replace(report.rows[-1], name="caf\udce9")]
    write_report(dataclasses.replace(report, rows=rows), tmp_path)
    for suffix in ("csv", "md", "html"):
        assert r"caf\udce9" in (tmp_path / f"report.{suffix}").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text())["rows"][0]["name"] == "caf\udce9"

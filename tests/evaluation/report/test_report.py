import json

import pytest

from atnet.evaluation.report import write_report
from report_files import small_report


def test_all_formats_are_written(tmp_path):
    files = write_report(small_report(tmp_path), tmp_path)
    assert files == {
        suffix: str(tmp_path / f"report.{suffix}") for suffix in ("csv", "json", "md", "html")
    }
    assert json.loads((tmp_path / "report.json").read_text())["title"].startswith("predictions")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(OSError, match="does not exist"):
        write_report(small_report(tmp_path), tmp_path / "missing")

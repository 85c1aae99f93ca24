import csv
import io
import json

from atnet.evaluation.report.tables import as_csv, as_dictionary, as_markdown, markdown_table
from report_files import AWKWARD, small_report


def test_csv_holds_every_row_with_full_precision(tmp_path):
    report = small_report(tmp_path)
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert [row["name"] for row in rows] == [AWKWARD, "a/disc", "b/gone"]
    assert float(rows[0]["sad"]) == report.rows[0].sad
    assert rows[2]["sad"] == ""
    assert rows[2]["error"].startswith("ImageError")
    assert rows[0]["histogram"].count("; ") == 19


def test_json_survives_and_holds_everything(tmp_path):
    report = small_report(tmp_path)
    found = json.loads(json.dumps(as_dictionary(report)))
    assert found["means"]["all"]["sad"] == report.means()["all"]["sad"]
    assert found["rows"][1]["mse"] == report.rows[1].mse
    assert found["about"]["Note"] == "mind & see"


def test_markdown_has_means_scenes_problems_and_circumstances(tmp_path):
    text = as_markdown(small_report(tmp_path))
    lines = text.splitlines()
    assert lines[0] == "# predictions on tests <set>"
    assert lines[2].startswith("| mean of | scored |")
    assert any(line.startswith(r'| b/<b>"&\|x |') for line in lines)
    assert any(line.startswith("- b/gone: failed: ImageError") for line in lines)
    assert "- Note: mind & see" in lines


def test_columns_of_a_table_line_up():
    assert markdown_table(["scene", "n"], [["a|b", "10000"], ["long name", "2"]]) == "\n".join(
        [
            r"| scene     |     n |",
            r"| --------- | ----: |",
            r"| a\|b      | 10000 |",
            r"| long name |     2 |",
        ]
    )

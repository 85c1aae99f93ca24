import pytest

from atnet.evaluation.rows import Row, appending_rows, mean_scores, resume_rows

GOOD = Row("a/x", "f", sad=1.0, mse=0.5, gradient=2.0, connectivity=3.0, histogram=(1, 2))
FAILED = Row("a/y", "g", error="ValueError: bad", warnings=("odd", "very odd"))


def test_rows_survive_their_file(tmp_path):
    path = tmp_path / "rows.jsonl"
    with appending_rows(path) as append:
        append(GOOD)
        append(FAILED)
    assert resume_rows(path, lambda _: True, wanted=True) == [GOOD, FAILED]
    assert resume_rows(tmp_path / "missing.jsonl", lambda _: True, wanted=False) == []


def test_rows_that_do_not_hold_leave_the_file(tmp_path):
    path = tmp_path / "rows.jsonl"
    with appending_rows(path) as append:
        append(GOOD)
        append(FAILED)
    assert resume_rows(path, lambda row: row.error is None, wanted=True) == [GOOD]
    assert resume_rows(path, lambda _: True, wanted=True) == [GOOD]


def test_without_a_file_nothing_is_kept():
    with appending_rows(None) as append:
        append(GOOD)


@pytest.mark.parametrize("line", ['{"name": "x"}', '{"warnings": [], "histogram": []}'])
def test_what_is_no_row_is_an_error_and_stays(tmp_path, line):
    path = tmp_path / "rows.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(ValueError, match=r"rows\.jsonl: holds something else than rows"):
        resume_rows(path, lambda _: True, wanted=True)
    assert path.read_text() == line + "\n"


def test_means_are_over_scored_rows():
    other = Row("b/x", "h", sad=3.0, mse=0.0, gradient=0.0, connectivity=0.0, seconds=4.0)
    assert mean_scores([GOOD, FAILED, other]) == {
        "scenes": 2, "sad": 2.0, "mse": 0.25, "gradient": 1.0, "connectivity": 1.5, "seconds": 4.0,
    }  # fmt: skip
    assert mean_scores([FAILED]) == {"scenes": 0}


def test_groups_are_the_folders_of_names():
    assert (GOOD.group, Row("x", "f").group) == ("a", "")

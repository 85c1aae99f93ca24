import pytest

from atnet.evaluation.rows import Row, mean_scores, read_rows, row_appender, write_rows

GOOD = Row("a/x", "f", sad=1.0, mse=0.5, gradient=2.0, connectivity=3.0, histogram=(1, 2))
FAILED = Row("a/y", "g", error="ValueError: bad", warnings=("odd", "very odd"))


def test_rows_survive_their_file(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_rows(path, [GOOD])
    with row_appender(path) as append:
        append(FAILED)
        assert read_rows(path) == [GOOD, FAILED]  # on disk at once
    assert read_rows(tmp_path / "missing.jsonl") == []


@pytest.mark.parametrize("kept", [1, 20, -2])
def test_a_torn_last_line_is_dropped(tmp_path, kept):
    path = tmp_path / "rows.jsonl"
    write_rows(path, [GOOD, FAILED])
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:kept])
    assert read_rows(path) == [GOOD]


@pytest.mark.parametrize("line", ["{", "[1]", '{"name": "x"}', '{"warnings": [], "histogram": []}'])
def test_any_other_damage_is_an_error(tmp_path, line):
    path = tmp_path / "rows.jsonl"
    write_rows(path, [GOOD])
    path.write_bytes(f"{line}\n".encode() + path.read_bytes())
    with pytest.raises(ValueError, match="line 1 is no row"):
        read_rows(path)


def test_means_are_over_scored_rows():
    other = Row("b/x", "h", sad=3.0, mse=0.0, gradient=0.0, connectivity=0.0, seconds=4.0)
    assert mean_scores([GOOD, FAILED, other]) == {
        "scenes": 2, "sad": 2.0, "mse": 0.25, "gradient": 1.0, "connectivity": 1.5, "seconds": 4.0,
    }  # fmt: skip
    assert mean_scores([FAILED]) == {"scenes": 0}


def test_groups_are_the_folders_of_names():
    assert (GOOD.group, Row("x", "f").group) == ("a", "")

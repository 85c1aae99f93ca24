import json

import pytest

from atnet.data.synthesis.dataset import (
    Recipe,
    find_photographs,
    is_done,
    is_test,
    plan,
    write_pair,
)
from atnet.images import read_grey, read_image

RECIPE = Recipe(seed=5, size=64, test_share=0.25)


def test_layout_and_lists(tmp_path):
    for task in plan(tmp_path, 4, RECIPE):
        write_pair(task)
    training = (tmp_path / "train_fg_names.txt").read_text().split()
    test = (tmp_path / "test_fg_names.txt").read_text().split()
    assert [len(training), len(test)] == [3, 1]
    for names, suffix in ((training, ""), (test, "_test")):
        for part in ("fg", "mask"):
            found = sorted(path.name for path in (tmp_path / f"{part}{suffix}").iterdir())
            assert found == names
    assert read_image(tmp_path / "fg" / training[0]).shape == (64, 64, 3)
    assert read_grey(tmp_path / "mask" / training[0]).shape == (64, 64)
    record = json.loads((tmp_path / "synthesis.json").read_text())
    assert (record["seed"], record["count"], sum(record["kinds"].values())) == (5, 4, 4)


def test_a_pair_is_done_when_both_files_exist(tmp_path):
    task = plan(tmp_path, 1, RECIPE)[0]
    assert not is_done(task)
    write_pair(task)
    assert is_done(task)
    task.alpha.unlink()
    assert not is_done(task)


def test_growing_moves_nothing(tmp_path):
    few = plan(tmp_path, 9, RECIPE)
    assert plan(tmp_path, 14, RECIPE)[:9] == few


@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.3, 1])
def test_the_split_keeps_its_share(share):
    assert sum(is_test(index, share) for index in range(100)) == round(100 * share)


@pytest.mark.parametrize(
    ("count", "recipe", "message"),
    [
        (0, RECIPE, "count is 0"),
        (1, RECIPE._replace(test_share=1.5), "test share 1.5"),
        (1, RECIPE._replace(size=8), "size 8"),
        (9, RECIPE._replace(seed=6), "another seed"),
        (9, RECIPE._replace(size=128), "another size"),
        (3, RECIPE, "can only grow"),
    ],
)
def test_refuses_with_one_clear_line(tmp_path, count, recipe, message):
    plan(tmp_path, 9, RECIPE)
    with pytest.raises(ValueError, match=message):
        plan(tmp_path, count, recipe)


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "synthesis.json").write_text("{")
    with pytest.raises(ValueError, match=r"synthesis\.json: is damaged"):
        plan(tmp_path, 1, RECIPE)


def test_photographs_must_exist(tmp_path):
    with pytest.raises(ValueError, match="has no photographs"):
        find_photographs(tmp_path)

import json

import numpy as np
import pytest

from atnet.data.synthesis.dataset import (
    Synthesized,
    find_photographs,
    plan,
    synthesize_data_set,
)
from atnet.data.synthesis.tasks import Recipe, write
from atnet.files.images import read_grey, read_image, write_image
from scene_files import save

RECIPE = Recipe(seed=5, size=64, test_share=0.25)
PARTS = ("bg", "bg_test")


@pytest.fixture
def photographs(tmp_path):
    """Eight grey ones, ever lighter."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for number in range(8):
        write_image(folder / f"{number}.png", np.full((40, 30, 3), 0.1 + number / 10, np.float32))
    return find_photographs(folder)


def test_layout_and_lists(tmp_path):
    for task in plan(tmp_path, 4, RECIPE):
        write(task)
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


def test_only_what_is_missing_is_drawn_and_counted(tmp_path):
    made = synthesize_data_set(tmp_path, 4, RECIPE, 3)
    assert made == Synthesized(tmp_path, training=3, test=1, backgrounds=3, drawn=7, kept=0)
    min((tmp_path / "mask").iterdir()).unlink()
    (tmp_path / "bg" / "000001.jpg").unlink()
    seen = []
    again = synthesize_data_set(tmp_path, 4, RECIPE, 3, progress=lambda *n: seen.append(n))
    assert again == Synthesized(tmp_path, training=3, test=1, backgrounds=3, drawn=2, kept=5)
    assert seen == [(1, 2), (2, 2)]


def test_all_photographs_are_backgrounds_by_default(tmp_path, photographs):
    recipe = RECIPE._replace(photographs=photographs)
    assert synthesize_data_set(tmp_path / "data", 1, recipe).backgrounds == 8


def test_growing_moves_nothing(tmp_path):
    few = plan(tmp_path, 9, RECIPE, 3)
    assert set(plan(tmp_path, 14, RECIPE, 8)) > set(few)


def test_backgrounds_are_split_and_counted(tmp_path):
    tasks = plan(tmp_path, 1, RECIPE, 8)[1:]
    for task in tasks:
        write(task)
    found = {name: sorted(path.name for path in (tmp_path / name).iterdir()) for name in PARTS}
    assert found["bg_test"] == ["000003.jpg", "000007.jpg"]
    assert sorted(found["bg"] + found["bg_test"]) == [f"{index:06d}.jpg" for index in range(8)]
    shapes = {read_image(path).shape for task in tasks for path in task.files()}
    assert shapes == {(64, 85, 3), (85, 64, 3)}
    assert json.loads((tmp_path / "synthesis.json").read_text())["backgrounds"] == 8


def test_without_backgrounds_there_are_no_folders_for_them(tmp_path):
    plan(tmp_path, 1, RECIPE)
    assert not any((tmp_path / name).exists() for name in PARTS)


def test_photographs_are_the_backgrounds_of_one_part_only(tmp_path, photographs):
    for task in plan(tmp_path / "data", 1, RECIPE._replace(photographs=photographs), 100)[1:]:
        write(task)
    greys = {
        name: sorted(read_image(path).mean() for path in (tmp_path / "data" / name).iterdir())
        for name in PARTS
    }
    assert greys["bg"] == pytest.approx([0.1, 0.2, 0.3, 0.5, 0.6, 0.7], abs=0.01)
    assert greys["bg_test"] == pytest.approx([0.4, 0.8], abs=0.01)


def test_a_part_takes_colours_from_its_own_photographs_only(tmp_path, photographs):
    few = RECIPE._replace(photographs=photographs[:3])  # all of them for training

    def foregrounds(name, recipe):
        tasks = plan(tmp_path / name, 4, recipe)
        for task in tasks:
            write(task)
        return [task.files()[0].read_bytes() for task in tasks]

    without, with_some = foregrounds("a", RECIPE), foregrounds("b", few)
    assert with_some[3] == without[3]
    assert with_some[:3] != without[:3]


def test_files_of_another_origin_are_never_mixed_in(tmp_path):
    (tmp_path / "bg").mkdir()
    (tmp_path / "bg" / "holiday.jpg").touch()
    with pytest.raises(ValueError, match=r"holiday\.jpg: is not of this data set"):
        plan(tmp_path, 1, RECIPE, 1)
    assert plan(tmp_path, 1, RECIPE)
    (tmp_path / "fg" / "mine.png").touch()
    with pytest.raises(ValueError, match=r"mine\.png: is not of this data set"):
        plan(tmp_path, 1, RECIPE)


@pytest.mark.parametrize(
    ("count", "recipe", "message"),
    [
        (0, RECIPE, "count is 0"),
        (1, RECIPE._replace(test_share=1.5), "test share 1.5"),
        (1, RECIPE._replace(size=8), "size 8"),
        (9, RECIPE._replace(seed=6), "another seed"),
        (9, RECIPE._replace(size=128), "another size"),
        (3, RECIPE, "has count 9, more than 3; it can only grow"),
    ],
)
def test_refuses_with_one_clear_line(tmp_path, count, recipe, message):
    plan(tmp_path, 9, RECIPE)
    with pytest.raises(ValueError, match=message):
        plan(tmp_path, count, recipe)


def test_backgrounds_only_grow_too(tmp_path):
    plan(tmp_path, 9, RECIPE, 4)
    with pytest.raises(ValueError, match="has backgrounds 4, more than 3; it can only grow"):
        plan(tmp_path, 9, RECIPE, 3)


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "synthesis.json").write_text("{")
    with pytest.raises(ValueError, match=r"synthesis\.json: is damaged"):
        plan(tmp_path, 1, RECIPE)


def test_photographs_are_all_images_of_a_folder_that_can_be_read(tmp_path):
    names = ["a.png", "b.webp", "c.TIF", "d.jpg", "d.png", "sub/e.bmp"]
    for name in [*names, "._a.png", ".cache/f.png"]:
        save(tmp_path / name, np.full((40, 30, 3), 128, np.uint8))
    photographs = find_photographs(tmp_path)
    assert photographs == tuple(tmp_path / name for name in names)
    for task in plan(tmp_path / "data", 1, Recipe(0, 64, photographs=photographs), 6)[1:]:
        write(task)
        assert read_image(task.files()[0]).shape == (40, 30, 3)


def test_photographs_must_exist(tmp_path):
    with pytest.raises(ValueError, match="has no photographs"):
        find_photographs(tmp_path)

import numpy as np
import pytest

from atnet.data.readers.composition1k import comparability, read_composition1k
from atnet.data.scenes import find_problems
from scene_files import save

PIXELS = np.zeros((2, 3), np.uint8)


def write(folder, merged, masks, trimaps=()):
    names = [f"merged_test/{name}.png" for name in merged]
    names += [f"mask_test/{name}.png" for name in masks]
    names += [f"trimap_test/{name}.png" for name in trimaps]
    for name in names:
        save(folder / name, PIXELS)


def alphas(folder):
    scenes = read_composition1k(folder).scenes
    return {scene.name: scene.alpha.stem for scene in scenes if scene.alpha}


def test_official_names_begin_with_the_foreground(tmp_path):
    write(tmp_path, ["cat_10", "cat_2", "dog-1_x_0"], ["cat", "dog-1_x"])
    assert alphas(tmp_path) == {"cat_2": "cat", "cat_10": "cat", "dog-1_x_0": "dog-1_x"}
    assert list(alphas(tmp_path)) == ["cat_2", "cat_10", "dog-1_x_0"]


def test_numbers_are_official_names_if_there_are_such_masks(tmp_path):
    write(tmp_path, ["10_0", "2_1"], ["10", "2"])
    assert alphas(tmp_path) == {"10_0": "10", "2_1": "2"}


def test_the_originals_names_count_in_the_order_of_the_list(tmp_path):
    write(tmp_path, ["0_3", "1_25"], ["dog", "cat"])
    (tmp_path / "test_fg_names.txt").write_text("dog.jpg\ncat.png")  # no last line break
    assert alphas(tmp_path) == {"0_3": "dog", "1_25": "cat"}
    assert "test_fg_names.txt" in read_composition1k(tmp_path).pairing


@pytest.mark.parametrize("merged", ["bird_0", "cat"])
def test_names_of_neither_scheme_are_refused(tmp_path, merged):
    write(tmp_path, [merged], ["ape", "dog"])
    with pytest.raises(ValueError, match=f"{merged}.png: .* is missing"):
        read_composition1k(tmp_path)


def test_what_was_not_composed_yet_is_refused_with_the_command_that_does(tmp_path):
    for role in ("mask", "fg"):
        save(tmp_path / f"{role}_test/cat.png", PIXELS)
    advice = f"`atnet compose --data {tmp_path}` makes composites"
    with pytest.raises(ValueError, match=f"merged_test: is not a folder; {advice}"):
        read_composition1k(tmp_path)
    (tmp_path / "merged_test").mkdir()
    with pytest.raises(ValueError, match=f"merged_test: has no images; {advice}"):
        read_composition1k(tmp_path)


def test_a_folder_of_something_else_is_refused_with_what_is_expected(tmp_path):
    save(tmp_path / "cat_0.png", PIXELS)
    for missing in ("merged_test", "mask_test"):
        with pytest.raises(ValueError, match=f"{missing}: is not a folder; a test set has comp"):
            read_composition1k(tmp_path)
        (tmp_path / missing).mkdir()


def test_missing_trimaps_and_alphas_are_problems(tmp_path):
    write(tmp_path, ["cat_0", "dog_0"], ["cat"], trimaps=["dog_0"])
    assert find_problems(read_composition1k(tmp_path).scenes) == [
        f"cat_0: trimap {tmp_path / 'trimap_test/cat_0.png'} is missing",
        f"dog_0: alpha {tmp_path / 'mask_test/dog.png'} is missing",
    ]


def test_adobes_trimaps_belong_to_the_originals_composites_too(tmp_path):
    """Foreground 1 has composites 20 to 39, which are its numbers 0 to 19."""
    write(tmp_path, ["0_3", "1_20", "1_39"], ["dog", "cat"], ["dog_3", "cat_0", "cat_19", "cat_5"])
    (tmp_path / "test_fg_names.txt").write_text("dog.png\ncat.png")
    scenes, pairing = read_composition1k(tmp_path)
    assert {scene.name: scene.trimap and scene.trimap.stem for scene in scenes} == {
        "0_3": "dog_3", "1_20": "cat_0", "1_39": "cat_19",
    }  # fmt: skip
    assert pairing.endswith("test_fg_names.txt; trimaps have official names")
    save(tmp_path / "trimap_test/0_3.png", PIXELS)  # of the same names as composites
    assert find_problems(read_composition1k(tmp_path).scenes) == [
        f"{name}: trimap {tmp_path / f'trimap_test/{name}.png'} is missing"
        for name in ("1_20", "1_39")
    ]


def test_without_a_folder_of_trimaps_there_are_none(tmp_path):
    write(tmp_path, ["cat_0"], ["cat"])
    assert read_composition1k(tmp_path).scenes[0].trimap is None
    (tmp_path / "trimap_test").mkdir()
    assert read_composition1k(tmp_path).scenes[0].trimap is None


def test_only_all_official_trimaps_compare_with_the_literature():
    assert comparability("supplied", 1000).startswith("Comparable")
    for policy, count in [("supplied", 999), ("band", 1000), ("original", 1000)]:
        assert comparability(policy, count).startswith("NOT comparable")

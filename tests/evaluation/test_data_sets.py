import pytest

from atnet.data.scenes import Scene
from atnet.evaluation.data_sets import DataSet, read_data_set
from scene_files import disc_scene, save, write_folder


@pytest.fixture
def alphamatting(tmp_path):
    """Two training trimaps and three of the test set."""
    image, trimap, alpha = disc_scene()
    for part, numbers in (("_training", (1, 2)), ("", (1, 2, 3))):
        for number in numbers:
            save(tmp_path / f"trimap{part}_lowres/Trimap{number}/troll.png", trimap)
        save(tmp_path / f"input{part}_lowres/troll.png", image)
    save(tmp_path / "gt_training_lowres/troll.png", alpha)
    return tmp_path


def names(data_set):
    return [scene.name for scene in data_set.scenes]


def test_all_trimaps_of_alphamatting_are_taken_unless_some_are_chosen(alphamatting):
    assert names(read_data_set("alphamatting", alphamatting)) == ["Trimap1/troll", "Trimap2/troll"]
    assert len(names(read_data_set("alphamatting", alphamatting, test=True))) == 3
    assert names(read_data_set("alphamatting", alphamatting, [3], test=True)) == ["Trimap3/troll"]
    with pytest.raises(ValueError, match="highres"):
        read_data_set("alphamatting", alphamatting, highres=True)


def test_composition1k_says_what_its_numbers_mean_and_others_say_nothing(tmp_path):
    image, _, alpha = disc_scene()
    save(tmp_path / "set/merged_test/disc_0.png", image)
    save(tmp_path / "set/mask_test/disc.png", alpha)
    composites = read_data_set("composition1k", tmp_path / "set")
    assert composites.title == "set (composition1k)"
    assert "not the official ones" in composites.note("band", 1)
    assert "1 composites were scored" in composites.note("supplied", 1)
    assert read_data_set("folder", write_folder(tmp_path / "other")).note("band", 3) == ""


def test_trimaps_are_made_where_a_scene_has_none(tmp_path):
    drawn = Scene("a", tmp_path, trimap=tmp_path / "a.png")
    assert DataSet("set", [drawn]).trimaps() == "supplied"
    assert DataSet("set", [drawn, Scene("b", tmp_path)]).trimaps() == "band"

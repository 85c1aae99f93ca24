import numpy as np
import pytest

from atnet.data.readers.alphamatting import read_alphamatting
from scene_files import save

PIXELS = np.zeros((2, 3), np.uint8)


def write(folder, *names):
    for name in names:
        save(folder / name, PIXELS)


def test_scenes_are_named_as_the_site_names_submissions(tmp_path):
    write(tmp_path, "input_training_lowres/GT02.png", "input_training_lowres/GT01.png")
    write(tmp_path, "gt_training_lowres/GT01.png", "gt_training_lowres/GT02.png")
    drawn = "trimap_training_lowres"
    write(tmp_path, f"{drawn}/Trimap1/GT01.png", f"{drawn}/Trimap2/GT02.png")
    scenes = read_alphamatting(tmp_path, (2, 1))
    assert [scene.name for scene in scenes] == [
        "Trimap1/GT01",
        "Trimap1/GT02",
        "Trimap2/GT01",
        "Trimap2/GT02",
    ]
    assert scenes[2].files() == {
        "image": tmp_path / "input_training_lowres/GT01.png",
        "trimap": tmp_path / "trimap_training_lowres/Trimap2/GT01.png",  # which is missing
        "alpha": tmp_path / "gt_training_lowres/GT01.png",
    }


def test_the_test_set_has_no_truth(tmp_path):
    write(tmp_path, "input_highres/troll.png", "trimap_highres/Trimap3/troll.png")
    (scene,) = read_alphamatting(tmp_path, (3,), test=True, resolution="highres")
    assert scene.name == "Trimap3/troll"
    assert scene.alpha is None
    assert scene.trimap == tmp_path / "trimap_highres/Trimap3/troll.png"


@pytest.mark.parametrize("trimaps", [(), (0,), (1, 4)])
def test_other_trimaps_are_refused(tmp_path, trimaps):
    with pytest.raises(ValueError, match="allowed are 1, 2 and 3"):
        read_alphamatting(tmp_path, trimaps)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="input_training_lowres: is not a folder"):
        read_alphamatting(tmp_path)

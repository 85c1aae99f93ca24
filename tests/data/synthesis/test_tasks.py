import cv2
import numpy as np
import pytest
from PIL import Image

from atnet.data.synthesis.dataset import find_photographs, plan
from atnet.data.synthesis.tasks import Recipe, is_done, is_test, write
from atnet.files.images import read_image, write_image
from image_files import LINEAR_GREY_PROFILE, RGB_8
from scene_files import save

RECIPE = Recipe(seed=5, size=64, test_share=0.25)


def test_a_pair_is_done_when_both_files_exist(tmp_path):
    task = plan(tmp_path, 1, RECIPE)[0]
    assert not is_done(task)
    write(task)
    assert is_done(task)
    task.files()[1].unlink()
    assert not is_done(task)


def test_what_exists_is_kept_even_if_its_partner_is_missing(tmp_path):
    (task,) = plan(tmp_path, 1, RECIPE)
    write(task)
    colour, alpha = task.files()
    missing = alpha.read_bytes()
    alpha.unlink()
    retouched = save(colour, RGB_8).read_bytes()
    write(task)
    assert colour.read_bytes() == retouched
    assert alpha.read_bytes() == missing


@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.3, 1])
def test_the_split_keeps_its_share(share):
    assert sum(is_test(index, share) for index in range(100)) == round(100 * share)


def test_photographs_are_scaled_down(tmp_path):
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32)[:, None, None], (1, 1, 3))
    write_image(tmp_path / "wide.png", cv2.resize(ramp, (2500, 500)))
    photographs = find_photographs(tmp_path)
    (task,) = plan(tmp_path / "data", 1, Recipe(0, 64, photographs=photographs), 1)[1:]
    write(task)
    with Image.open(task.files()[0]) as written:
        assert written.size == (1024, 205)
    column = read_image(task.files()[0])[:, 512, 0]
    assert np.abs(column - np.linspace(0, 1, 205)).max() < 0.02


def test_profiles_of_photographs_are_applied(tmp_path):
    grey = Image.fromarray(np.full((40, 40), 128, np.uint8))
    grey.save(tmp_path / "linear.png", icc_profile=LINEAR_GREY_PROFILE)
    recipe = Recipe(0, 64, photographs=find_photographs(tmp_path))
    (task,) = plan(tmp_path / "data", 1, recipe, 1)[1:]
    write(task)
    assert np.allclose(read_image(task.files()[0]), 0.735, atol=0.01)  # of linear 0.5 in sRGB

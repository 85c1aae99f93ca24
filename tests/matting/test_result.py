import numpy as np
import pytest

from atnet.arrays import cover
from atnet.foreground import composite, estimate_foreground
from atnet.matting.predictor import Matting
from atnet.matting.result import matte
from scene_files import disc_scene


@pytest.fixture(scope="module")
def result():
    image, trimap, _ = disc_scene()
    return matte(image, trimap)


def test_alpha_is_the_predictors(result):
    image, trimap, _ = disc_scene()
    np.testing.assert_array_equal(result.alpha, Matting().alpha(image, trimap))


def test_colours_and_cutout_belong_to_alpha(result):
    np.testing.assert_array_equal(
        result.foreground, estimate_foreground(result.image, result.alpha)
    )
    np.testing.assert_array_equal(result.cutout, np.dstack([result.foreground, result.alpha]))


def test_a_colour_or_a_picture_lies_behind(result):
    green = result.over((0.0, 1.0, 0.0))
    np.testing.assert_allclose(green[0, 0], [0, 1, 0])
    picture = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    expected = composite(result.foreground, cover(picture, *result.alpha.shape), result.alpha)
    np.testing.assert_array_equal(result.over(picture), expected)


def test_one_predictor_serves_many_calls():
    image, trimap, _ = disc_scene()
    matting = Matting(threads=1)
    first, second = (matte(image, trimap, matting) for _ in range(2))
    np.testing.assert_array_equal(first.alpha, second.alpha)

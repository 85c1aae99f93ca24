import keras
import numpy as np
import pytest

import pyramid_reference
from atnet.training.pyramid import laplacian_pyramid

pytestmark = pytest.mark.backend

IMAGE = np.random.default_rng(0).random((16, 32))


def pyramid(images, levels):
    tensors = laplacian_pyramid(keras.ops.convert_to_tensor(images, dtype="float32"), levels)
    return [np.asarray(keras.ops.convert_to_numpy(tensor)) for tensor in tensors]


@pytest.mark.parametrize("levels", [1, 2, 5])
def test_equals_the_paper(levels):
    computed = pyramid(IMAGE[None, :, :, None], levels)
    for level, expected in zip(computed, pyramid_reference.pyramid(IMAGE, levels), strict=True):
        np.testing.assert_allclose(level[0, ..., 0], expected, atol=1e-6)


def test_images_and_channels_do_not_mix():
    images = np.random.default_rng(1).random((2, 8, 8, 3))
    for level, expected in zip(
        pyramid(images, 3), pyramid_reference.pyramid(images[1, ..., 2], 3), strict=True
    ):
        np.testing.assert_allclose(level[1, ..., 2], expected, atol=1e-6)


def test_nothing_is_lost():
    levels = [level[0, ..., 0] for level in pyramid(IMAGE[None, :, :, None], 5)]
    np.testing.assert_allclose(pyramid_reference.collapse(levels), IMAGE, atol=1e-6)


def test_a_constant_is_all_low_pass():
    *bands, low_pass = pyramid(np.full((1, 16, 16, 1), 0.7), 5)
    for band in bands:
        np.testing.assert_allclose(band, 0, atol=1e-6)
    np.testing.assert_allclose(low_pass, np.full((1, 1, 1, 1), 0.7), atol=1e-6)


def test_one_bright_pixel_by_hand():
    """Reduced, it is (6 / 16)²; expanded again, 6 / 8 of that along each axis."""
    image = np.zeros((1, 8, 8, 1))
    image[0, 4, 4] = 1
    band, low_pass = pyramid(image, 2)
    np.testing.assert_allclose(low_pass[0, 2, 2, 0], 0.140625)
    # Its neighbours at two pixels add 1 / 8 of (1 / 16) on either side: 6/8 * 6/16 + 2/8 * 1/16.
    np.testing.assert_allclose(band[0, 4, 4, 0], 1 - (6 / 8 * 6 / 16 + 2 / 8 * 1 / 16) ** 2)

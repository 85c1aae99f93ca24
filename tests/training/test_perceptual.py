from typing import Any

import keras
import numpy as np
import pytest

from atnet.training.perceptual import RELEASED, PerceptualFeatures

applications: Any = keras.applications  # whose annotations do not know `weights=None`

LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block5_conv3")


def array(values):
    return np.asarray(keras.ops.convert_to_numpy(values))


@pytest.fixture(scope="module")
def donor():
    network = applications.VGG16(include_top=False, weights=None)
    return keras.Model(network.input, [network.get_layer(name).output for name in LAYERS])


@pytest.fixture
def archive(donor, tmp_path):
    path = tmp_path / "vgg16.npz"
    np.savez(path, allow_pickle=False, **{v.path: array(v.value) for v in donor.weights})
    return path


@pytest.mark.backend
def test_features_are_those_of_vgg16_on_its_own_input(donor, archive):
    image = np.random.default_rng(0).random((1, 16, 24, 3), "float32")
    preprocessed = applications.vgg16.preprocess_input(255 * image)
    features = PerceptualFeatures(archive)(keras.ops.convert_to_tensor(image))
    shapes = [(1, 16, 24, 64), (1, 8, 12, 128), (1, 4, 6, 256)]
    for feature, expected, shape in zip(features, donor(preprocessed)[:3], shapes, strict=True):
        assert tuple(feature.shape) == shape
        np.testing.assert_allclose(array(feature), array(expected), rtol=1e-4, atol=1e-3)


def test_released_features_are_those_of_colours_that_vgg16_never_saw(donor, archive):
    """Blue, green, red in [0, 1], neither scaled nor shifted."""
    image = np.random.default_rng(0).random((1, 32, 48, 3), "float32")
    read = PerceptualFeatures(archive, RELEASED, preprocess=False)
    (feature,) = read(keras.ops.convert_to_tensor(image))
    assert tuple(feature.shape) == (1, 2, 3, 512)
    expected = array(donor(image[..., ::-1])[3])
    assert expected.std() > 0
    np.testing.assert_allclose(array(feature), expected, rtol=1e-3, atol=1e-6)


def test_every_missing_or_misshapen_array_is_named(archive):
    with np.load(archive) as arrays:
        content = dict(arrays)
    del content["block1_conv2/bias"]
    content["block3_conv1/kernel"] = np.zeros((3, 3, 3, 3))
    np.savez(archive, **content)
    with pytest.raises(ValueError, match="missing block1_conv2/bias") as error:
        PerceptualFeatures(archive)
    assert "block3_conv1/kernel is (3, 3, 3, 3), expected (3, 3, 128, 256)" in str(error.value)


def test_float32_under_a_policy_of_less():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        features = PerceptualFeatures("random")(keras.ops.ones((1, 4, 4, 3)))
    finally:
        keras.config.set_dtype_policy("float32")
    assert [keras.backend.standardize_dtype(feature.dtype) for feature in features] == [
        "float32"
    ] * 3


def test_published_weights_fit(optional_data):
    features = PerceptualFeatures(optional_data / "weights" / "vgg16_imagenet_float16.npz")
    for feature in features(keras.ops.full((1, 32, 32, 3), 0.5)):
        assert 1 < array(feature).std() < 1000

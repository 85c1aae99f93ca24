from typing import Any

import cv2
import keras
import numpy as np
import pytest
from keras import layers

import lite0_reference
import reference
from atnet.files.images import read_image
from atnet.jobs.photo import ASSETS
from atnet.models.atnet import ATNet
from atnet.models.calibration import noise_images
from atnet.models.encoders import build_encoder
from atnet.models.layers import NetworkInput
from atnet.models.pretrained import (
    assign_arrays,
    donor_arrays,
    load_backbone,
    load_encoder,
    vgg16_arrays,
)
from helpers import randomise, to_numpy

applications: Any = keras.applications  # whose annotations do not know `weights=None`
CALIBRATION = noise_images(1, 32)


def colours(height=32, width=32):
    return np.random.default_rng(1).random((1, height, width, 3), "float32")


def network_input(image):
    return NetworkInput()(image, np.full((*image.shape[:3], 1), 0.5, "float32"))


def feature(network, layer, x):
    """Output of one layer, run without what follows."""
    return to_numpy(keras.Model(network.input, network.get_layer(layer).output)(x))


VGG16_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


def vgg16_archive():
    """Random arrays in the names and shapes of the publication, features as large as VGG16's."""
    rng = np.random.default_rng(2)
    arrays, entering = {}, 3
    for block, (repeats, channels) in enumerate(VGG16_BLOCKS, start=1):
        for conv in range(1, repeats + 1):
            kernel = rng.standard_normal((3, 3, entering, channels), "float32")
            kernel *= np.sqrt(2 / (9 * entering))
            arrays[f"block{block}_conv{conv}/kernel"] = kernel
            arrays[f"block{block}_conv{conv}/bias"] = rng.normal(0, 30, channels)
            entering = channels
    return arrays


def vgg16_features(image, arrays):
    """The last convolution of each block, in plain NumPy, on VGG16's own input."""
    x = 255 * image[..., ::-1].astype("float64") - [103.939, 116.779, 123.68]
    for block, (repeats, _) in enumerate(VGG16_BLOCKS, start=1):
        for conv in range(1, repeats + 1):
            name = f"block{block}_conv{conv}"
            x = np.maximum(reference.conv(x, arrays[f"{name}/kernel"], arrays[f"{name}/bias"]), 0)
        yield x
        batch, height, width, channels = x.shape
        x = x.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory):
    """Random arrays, their archive, and the encoder that has taken them."""
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.npz"
    arrays = vgg16_archive()
    np.savez(path, allow_pickle=False, **arrays)
    network = build_encoder("vgg16")
    load_backbone(network, "vgg16", path, CALIBRATION)
    return arrays, path, network


def test_vgg16_gives_the_published_features_up_to_a_factor(vgg16):
    arrays, _, network = vgg16
    image = colours()
    features = network(network_input(image))
    for level, expected in enumerate(vgg16_features(image, arrays), start=1):
        skip = to_numpy(features[f"level{level}"])
        factor = skip.std() / expected.std()
        np.testing.assert_allclose(skip, factor * expected, atol=1e-4 * skip.std())


def test_vgg16_varies_by_one(vgg16):
    _, _, network = vgg16
    layer = network.get_layer("block1_conv1")
    kernel, bias = map(to_numpy, layer.get_weights())
    assert reference.conv(CALIBRATION, kernel, bias).std() == pytest.approx(1, rel=1e-4)


def test_the_trimap_starts_without_influence(vgg16):
    _, _, network = vgg16
    kernel = to_numpy(network.get_layer("block1_conv1").kernel)
    np.testing.assert_array_equal(kernel[:, :, 3], 0)
    assert np.count_nonzero(kernel[:, :, :3]) > 0


def test_every_wrong_array_is_named_and_nothing_is_loaded(vgg16, tmp_path):
    arrays, _, network = vgg16
    arrays = {**arrays, "block1_conv1/kernel": np.zeros((3, 3, 4, 64))}
    del arrays["block2_conv1/bias"], arrays["block5_conv3/kernel"]
    np.savez(tmp_path / "other.npz", allow_pickle=False, **arrays)
    before = network.get_weights()
    with pytest.raises(ValueError, match="does not fit") as error:
        load_backbone(network, "vgg16", tmp_path / "other.npz", CALIBRATION)
    assert "missing block2_conv1/bias" in str(error.value)
    assert "missing block5_conv3/kernel" in str(error.value)
    assert "block1_conv1/kernel is (3, 3, 4, 64), expected (3, 3, 3, 64)" in str(error.value)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_calibration_of_another_shape_is_refused(vgg16):
    _, path, network = vgg16
    with pytest.raises(ValueError, match="calibration is"):
        load_backbone(network, "vgg16", path, np.zeros((1, 32, 32, 3)))


def test_imagenet_comes_from_keras_applications(monkeypatch):
    inputs = keras.Input((2,))
    donor = keras.Model(inputs, layers.Dense(3, name="dense")(inputs))
    asked = []
    monkeypatch.setattr(keras.applications, "VGG16", lambda **kwargs: asked.append(kwargs) or donor)
    arrays = vgg16_arrays("imagenet")
    assert asked == [{"include_top": False, "weights": "imagenet"}]
    assert sorted(arrays) == ["dense/bias", "dense/kernel"]
    np.testing.assert_array_equal(arrays["dense/kernel"], donor.get_weights()[0])


def test_a_failed_fetch_is_one_clear_line(monkeypatch):
    def unreachable(**_):
        raise Exception("URL fetch failure on https://example.org/vgg16.h5: None")  # noqa: TRY002

    monkeypatch.setattr(keras.applications, "VGG16", unreachable)
    with pytest.raises(ConnectionError, match=r"vgg16 cannot be fetched .*archive$") as error:
        vgg16_arrays("imagenet")
    assert "\n" not in str(error.value)


def test_assignment_leaves_other_arrays_out():
    layer = keras.layers.Dense(2, name="dense")
    layer.build((None, 1))
    values = {"dense/kernel": np.array([[1, 2]]), "dense/bias": np.array([3, 4])}
    assign_arrays(layer.weights, {**values, "other": np.zeros(1)}, "here")
    np.testing.assert_array_equal(layer.get_weights()[0], [[1, 2]])
    with pytest.raises(ValueError, match="here does not fit this encoder: missing dense/kernel"):
        assign_arrays(layer.weights, {"dense/bias": np.array([3, 4])}, "here")


def stem(channels, convolution, normalisation, biased):
    """The first layers of a backbone, which alone see the network's input, and a projection."""
    x = inputs = keras.Input((None, None, channels))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=biased, name=convolution)(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=normalisation)(x)
    return keras.Model(inputs, [x, layers.Conv2D(2, 1, name="project1")(x)])


@pytest.mark.backend
@pytest.mark.parametrize(
    ("name", "module", "stem_layers"),
    [
        ("resnet50", applications.resnet50, ("conv1_conv", "conv1_bn", True)),
        ("mobilenet_v2", applications.mobilenet_v2, ("Conv1", "bn_Conv1", False)),
    ],
)
def test_stems_with_normalisation_give_their_donors_features(name, module, stem_layers, tmp_path):
    donor, network = stem(3, *stem_layers), stem(4, *stem_layers)
    randomise(donor)
    np.savez(tmp_path / "donor.npz", allow_pickle=False, **donor_arrays(donor))
    projection = donor_arrays(network)["project1/kernel"]
    load_backbone(network, name, tmp_path / "donor.npz")
    np.testing.assert_array_equal(donor_arrays(network)["project1/kernel"], projection)

    image = colours()
    expected = to_numpy(donor(module.preprocess_input(255 * image))[0])
    converted = to_numpy(network(network_input(image))[0])
    # The outermost pixels see the padding, which is of another colour for MobileNetV2.
    np.testing.assert_allclose(
        converted[:, :-1, :-1], expected[:, :-1, :-1], atol=1e-4 * expected.std()
    )


# === EfficientNet-Lite0 ===


@pytest.fixture(scope="module")
def lite0(tmp_path_factory):
    """Random arrays, their archive, and the network that has taken its encoder from it."""
    path = tmp_path_factory.mktemp("lite0") / "lite0.npz"
    arrays = lite0_reference.archive()
    np.savez(path, allow_pickle=False, **arrays)
    network = build_encoder("efficientnet_lite0")
    load_backbone(network, "efficientnet_lite0", path)
    return arrays, path, network


@pytest.mark.backend
def test_lite0_equals_its_formula(lite0):
    arrays, _, network = lite0
    image = colours(32, 64)
    x = lite0_reference.convolution(
        (255 * image.astype("float64") - 127) / 128, arrays["_conv_stem.weight"], 2
    )
    x = np.clip(lite0_reference.normalisation(x, arrays, "_bn0"), 0, 6)
    first = lite0_reference.block(x, arrays, "_blocks.0", stride=1)
    second = lite0_reference.block(first, arrays, "_blocks.1", stride=2)
    inputs = network_input(image)
    # What lies within reach of the padding, which is of another colour, is left out.
    for layer, expected in (("block0_0_project_bn", first), ("block1_0_project_bn", second)):
        computed = feature(network, layer, inputs)
        assert computed.shape == expected.shape
        np.testing.assert_allclose(computed[:, :-2, :-2], expected[:, :-2, :-2], atol=1e-4)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("block1_1_expand_bn/gamma", "_blocks.2._bn0.weight"),
        ("block2_0_depthwise_bn/moving_variance", "_blocks.3._bn1.running_var"),
        ("block4_2_project_bn/beta", "_blocks.10._bn2.bias"),
        ("block6_0_project_bn/moving_mean", "_blocks.15._bn2.running_mean"),
    ],
)
def test_lite0_blocks_are_numbered_through(lite0, path, name):
    arrays, _, network = lite0
    np.testing.assert_array_equal(donor_arrays(network)[path], arrays[name])


def test_lite0_kernels_are_transposed(lite0):
    arrays, _, network = lite0
    taken = donor_arrays(network)
    full, depthwise = "_blocks.12._expand_conv.weight", "_blocks.12._depthwise_conv.weight"
    assert taken["block5_1_expand/kernel"][0, 0, 7, 9] == arrays[full][9, 7, 0, 0]
    assert taken["block5_1_depthwise/kernel"][3, 1, 9, 0] == arrays[depthwise][9, 0, 3, 1]


def test_lite0_errors_speak_of_the_archives_own_names(lite0, tmp_path):
    arrays, _, network = lite0
    arrays = {**arrays, "_blocks.4._depthwise_conv.weight": np.zeros((240, 1, 3, 3))}
    del arrays["_bn0.running_mean"]
    np.savez(tmp_path / "other.npz", allow_pickle=False, **arrays)
    with pytest.raises(ValueError, match=r"missing _bn0\.running_mean") as error:
        load_backbone(network, "efficientnet_lite0", tmp_path / "other.npz")
    wrong = "_blocks.4._depthwise_conv.weight is (240, 1, 3, 3), expected (240, 1, 5, 5)"
    assert wrong in str(error.value)


def test_an_archive_for_another_encoder_is_refused(lite0, vgg16):
    with pytest.raises(ValueError, match=r"missing _conv_stem\.weight"):
        load_backbone(lite0[2], "efficientnet_lite0", vgg16[1])
    with pytest.raises(ValueError, match="missing block1_conv1/kernel"):
        load_backbone(vgg16[2], "vgg16", lite0[1])


def test_imagenet_is_refused_where_there_is_none(lite0):
    with pytest.raises(ValueError, match=r"no efficientnet_lite0: pass the path of an \.npz"):
        load_backbone(lite0[2], "efficientnet_lite0", "imagenet")


# === Published weights ===


def photograph(size=224):
    image = read_image(ASSETS / "lemur.png")[:, 120:560]
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)[None]


def test_published_lite0_recognises_a_lemur(optional_data):
    path = optional_data / "weights" / "efficientnet_lite0_imagenet.npz"
    network: Any = build_encoder("efficientnet_lite0")
    load_backbone(network, "efficientnet_lite0", path)
    with np.load(path) as archive:
        arrays = dict(archive)
    x = to_numpy(network(network_input(photograph()))["bottom"])
    x = lite0_reference.normalisation(
        lite0_reference.convolution(x, arrays["_conv_head.weight"]), arrays, "_bn1"
    )
    pooled = np.clip(x, 0, 6).mean(axis=(1, 2))
    scores = pooled @ arrays["_fc.weight"].T.astype("float64") + arrays["_fc.bias"]
    assert np.argmax(scores) in {383, 384}  # ImageNet's two lemurs: ring-tailed and indri


def test_published_vgg16_is_of_moderate_size(optional_data):
    model = ATNet("vgg16", refinement=False)
    load_encoder(model, optional_data / "weights" / "vgg16_imagenet_float16.npz")
    network: Any = model.get_layer("encoder")
    for name, skip in network(network_input(photograph(96))).items():
        assert 0.05 < to_numpy(skip).std() < 2, name


def test_the_released_input_is_not_converted_to():
    network = ATNet("mobilenet_v2", decoder="original", fusion="released", refinement=False)
    with pytest.raises(ValueError, match="take fusion 'winner', or load the released weights"):
        load_encoder(network, "imagenet")

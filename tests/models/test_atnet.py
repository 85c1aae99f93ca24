import json
import zipfile
from typing import Any

import keras
import numpy as np
import pytest

import small_encoder
from atnet.models.atnet import ATNet
from helpers import example_inputs, gradients, randomise


@pytest.fixture(scope="module")
def model():
    network = ATNet(small_encoder.NAME, width="half")
    randomise(network)
    return network


@pytest.mark.parametrize(
    ("arguments", "with_refinement", "without"),
    [
        ({}, 23_332_071, 23_254_694),
        ({"decoder": "original"}, 24_400_513 + 77_569, 24_400_513),
        ({"encoder": "resnet50", "decoder": "original"}, 35_804_801 + 77_569, 35_804_801),
        ({"encoder": "mobilenet_v2", "decoder": "original"}, 11_657_249 + 77_569, 11_657_249),
        ({"encoder": "efficientnet_lite0", "width": "half"}, 5_266_519, 5_246_262),
        # Channel gates: 512, 128, 64, 32, 64 channels to 512, 512, 256, 128, 64, and biases.
        ({"attention": "spatial"}, 23_332_071 - 353_728, 23_254_694 - 353_728),
        # Spatial gates: 3 x 3 of 512, 128, 64, 32, 64 channels to 1, and biases.
        ({"attention": "channel"}, 23_332_071 - 7_205, 23_254_694 - 7_205),
        ({"attention": "none"}, 23_332_071 - 360_933, 23_254_694 - 360_933),
        # 512 to 2048, 512 to 512, 256 to 256, 128 to 128, 64 to 256 channels, or a quarter of that,
        # or four times as much.
        ({"upsampling": "bilinear"}, 23_332_071 - 1_056_768, 23_254_694 - 1_056_768),
        ({"upsampling": "transposed"}, 23_332_071 + 4_227_072, 23_254_694 + 4_227_072),
    ],
)
def test_parameter_counts_are_the_published_ones(arguments, with_refinement, without):
    with keras.StatelessScope():  # shapes are enough: no weight gets a value
        network = ATNet(**arguments)
    assert network.count_params() == with_refinement
    assert with_refinement - network.get_layer("refinement").count_params() == without


@pytest.mark.parametrize(
    "arguments",
    [
        {"encoder": "mobilenet_v2"},
        {"encoder": "efficientnet_lite0", "width": "half"},
        {"encoder": "mobilenet_v2", "decoder": "original"},
    ],
)
def test_alpha_has_the_image_size_and_lies_in_0_1(arguments):
    outputs = ATNet(**arguments).predict_on_batch(example_inputs(64, 32))
    for name in ("coarse_alpha", "alpha"):
        alpha = outputs[name]
        assert alpha.shape == (1, 64, 32, 1)
        assert alpha.min() >= 0
        assert alpha.max() <= 1


def test_refinement_starts_as_the_identity():
    outputs = ATNet(small_encoder.NAME, width="half").predict_on_batch(example_inputs())
    np.testing.assert_allclose(outputs["alpha"], outputs["coarse_alpha"])


def test_without_refinement_alpha_is_the_coarse_alpha():
    outputs = ATNet(small_encoder.NAME, width="half", refinement=False).predict_on_batch(
        example_inputs()
    )
    np.testing.assert_array_equal(outputs["alpha"], outputs["coarse_alpha"])


def untaught(**arguments):
    network = ATNet(small_encoder.NAME, **arguments)
    randomise(network)
    slopes = gradients(network, example_inputs(32, 32, batch=2))
    return [path for path, slope in slopes.items() if not np.abs(slope).max() > 0]


@pytest.mark.backend
@pytest.mark.parametrize(
    "parts",
    [
        {"decoder": "attention_transfer"},
        {"decoder": "original"},
        {"width": "half", "attention": "channel", "upsampling": "bilinear"},
        {"width": "half", "attention": "spatial", "upsampling": "transposed"},
    ],
    ids=lambda parts: " ".join(parts.values()),
)
def test_gradient_reaches_every_weight(parts):
    assert untaught(**parts) == []


@pytest.mark.parametrize("fusion", ["winner", "released"])
def test_the_released_fusion_never_teaches_its_gates(fusion):
    """What the test above is there to catch: a comparison passes no gradient."""
    paths = untaught(decoder="original", fusion=fusion)
    gates = [path for path in paths if "/gate/" in path]
    assert len(gates) == 5 * 4  # kernel, bias, gamma, beta on five levels
    assert {path.split("/")[0] for path in paths if path not in gates} <= {
        f"project{level}"
        for level in range(1, 6)  # the skips learn nothing either
    }


def test_config_round_trip(model):
    clone = ATNet.from_config(model.get_config())
    assert clone.get_config() == model.get_config()
    assert clone.count_params() == model.count_params()


def test_a_saved_network_comes_back_the_same(tmp_path):
    network = ATNet(small_encoder.NAME, width="half")
    randomise(network)
    network.save(tmp_path / "network.keras")
    restored = keras.saving.load_model(tmp_path / "network.keras")
    assert type(restored) is ATNet
    inputs = example_inputs()
    np.testing.assert_array_equal(
        restored.predict_on_batch(inputs)["alpha"], network.predict_on_batch(inputs)["alpha"]
    )


FORMER_NAMES = [
    ("light", {"decoder": "attention_transfer", "width": "half", "fusion": "add"}),
    ("original_winner", {"decoder": "original", "width": "full", "fusion": "winner"}),
    ("original", {"decoder": "original", "width": "full", "fusion": "add"}),
]


def with_former_config(path, decoder):
    """Rewrites a `.keras` file to what was saved before width and fusion had names."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    content = json.loads(members["config.json"])
    names = ("name", "trainable", "encoder", "refinement")
    kept = {name: content["config"][name] for name in names}
    content["config"] = {**kept, "decoder": decoder}
    members["config.json"] = json.dumps(content).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)


@pytest.mark.parametrize(("former", "parts"), FORMER_NAMES)
def test_files_with_former_names_come_back_the_same(former, parts, tmp_path):
    network = ATNet(small_encoder.NAME, **parts)
    randomise(network)
    network.save(tmp_path / "network.keras")
    with_former_config(tmp_path / "network.keras", former)
    restored: Any = keras.saving.load_model(tmp_path / "network.keras")
    assert {part: getattr(restored, part) for part in parts} == parts
    for old, new in zip(network.get_weights(), restored.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def policies(network):
    layers = [layer for layer in network._flatten_layers() if layer is not network]
    return [network.dtype_policy.name, *((layer.name, layer.dtype_policy.name) for layer in layers)]


@pytest.mark.parametrize("parts", [{"width": "half"}, {"decoder": "original"}])
def test_a_network_comes_back_in_its_own_precision(parts, tmp_path):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = ATNet(small_encoder.NAME, **parts, name="mine", trainable=False)
    finally:
        keras.config.set_dtype_policy(policy)
    randomise(network)
    network.save(tmp_path / "network.keras")
    restored: Any = keras.saving.load_model(tmp_path / "network.keras")
    rebuilt = ATNet.from_config(network.get_config())
    rebuilt.set_weights(network.get_weights())
    expected = network.predict_on_batch(example_inputs())["alpha"]
    assert keras.backend.standardize_dtype(expected.dtype) == "float32"
    for copy in (restored, rebuilt):
        assert policies(copy) == policies(network)
        assert (copy.name, copy.trainable) == ("mine", False)
        np.testing.assert_array_equal(copy.predict_on_batch(example_inputs())["alpha"], expected)
    assert keras.config.dtype_policy() == policy


@pytest.mark.backend
def test_bfloat16_computes_and_answers_in_float32():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = ATNet(small_encoder.NAME, width="half")
        half = network.predict_on_batch(example_inputs())["alpha"]
    finally:
        keras.config.set_dtype_policy(policy)
    assert keras.backend.standardize_dtype(half.dtype) == "float32"
    assert keras.backend.standardize_dtype(network.weights[0].dtype) == "float32"
    full = ATNet(small_encoder.NAME, width="half")
    full.set_weights(network.get_weights())
    np.testing.assert_allclose(half, full.predict_on_batch(example_inputs())["alpha"], atol=0.05)


@pytest.mark.backend
def test_a_batch_equals_its_images_one_by_one(model):
    first, second = example_inputs(seed=1), example_inputs(seed=2)
    both = {key: np.concatenate([first[key], second[key]]) for key in first}
    separate = np.concatenate([model.predict_on_batch(x)["alpha"] for x in (first, second)])
    np.testing.assert_allclose(model.predict_on_batch(both)["alpha"], separate, atol=1e-5)


def test_sizes_that_are_no_multiple_of_32_are_refused(model):
    with pytest.raises(ValueError, match="height 40; allowed are multiples of 32"):
        model(example_inputs(40, 64))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"encoder": "vgg"}, "encoder is 'vgg'; allowed are vgg16"),
        ({"decoder": "unet"}, "decoder is 'unet'; allowed are attention_transfer, original$"),
        ({"decoder": "light"}, "decoder is 'light'; allowed are attention_transfer, original$"),
        ({"width": "narrow"}, "width is 'narrow'; allowed are full, half$"),
        ({"fusion": "max"}, "fusion is 'max'; allowed are add, winner, released$"),
        (
            {"fusion": "winner"},
            "fusion is 'winner', which decoder 'attention_transfer' does not have: "
            "leave it 'add', or take decoder 'original'$",
        ),
        (
            {"decoder": "original", "width": "half"},
            "width is 'half', which decoder 'original' does not have: "
            "leave it 'full', or take decoder 'attention_transfer'$",
        ),
        ({"attention": "some"}, "attention is 'some'; allowed are full, channel, spatial, none$"),
        (
            {"upsampling": "nearest"},
            "upsampling is 'nearest'; allowed are scale_transfer, bilinear, transposed$",
        ),
        (
            {"decoder": "original", "attention": "none"},
            "attention is 'none', which decoder 'original' does not have: "
            "leave it 'full', or take decoder 'attention_transfer'$",
        ),
        (
            {"decoder": "original", "upsampling": "bilinear"},
            "upsampling is 'bilinear', which decoder 'original' does not have: "
            "leave it 'scale_transfer', or take decoder 'attention_transfer'$",
        ),
    ],
)
def test_parts_that_do_not_exist_or_go_together_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        ATNet(**arguments)


def test_a_misspelt_argument_is_no_other_network():
    with pytest.raises(TypeError, match="ATNet takes no widht"):
        ATNet("mobilenet_v2", widht="half")

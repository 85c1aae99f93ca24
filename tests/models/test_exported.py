from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from atnet.matting.presets import PRESETS, PresetError, read_model
from atnet.models.atnet import ATNet
from atnet.models.exported import Convolution, _check_alike, match_weights, read_graph
from atnet.models.loading import load_network
from atnet.models.normalisation import normalisations
from atnet.models.weights import load_weights, save_weights

LIGHT = "atnet-lite"


@pytest.fixture(scope="module")
def light():
    return load_network(LIGHT)


def test_a_shipped_model_comes_back_with_its_golden_values(light, golden_folder):
    with np.load(golden_folder / f"{LIGHT}.npz") as golden:
        image, levels, expected = (golden[name] for name in ("image", "trimap", "alpha"))
    alpha = light.predict_on_batch({"image": image, "trimap": levels})["alpha"]
    # Golden values come from float32 weights, the file holds float16.
    assert np.abs(np.ravel(alpha) - np.ravel(expected)).mean() < 2e-3


@pytest.mark.parametrize("preset", PRESETS)
def test_no_kernel_of_a_shipped_file_is_left_over(preset):
    convolutions, said = read_graph(read_model(preset))
    kernels = sum(one.kernel.size for one in convolutions)
    biases = sum(one.bias.size for one in convolutions if one.bias is not None)
    assert said["multiple"] == "32"
    # A channel's four numbers of normalisation became one.
    network: dict[str, Any] = {**PRESETS[preset].network}
    folded = sum(layer.gamma.shape[0] for layer in normalisations(ATNet(**network)))
    assert kernels + biases == PRESETS[preset].parameters - 3 * folded


def test_what_was_read_can_be_saved_and_loaded(light, tmp_path):
    save_weights(light, tmp_path / "light.npz")
    other = ATNet("efficientnet_lite0", width="half")
    load_weights(other, tmp_path / "light.npz")
    for one, expected in zip(other.get_weights(), light.get_weights(), strict=True):
        np.testing.assert_array_equal(one, expected)


def test_normalisation_comes_back_as_a_shift(light):
    for layer in normalisations(light):
        x = np.random.default_rng(0).normal(size=(1, 2, 2, layer.gamma.shape[0])).astype("float32")
        expected = x + layer.beta.numpy()
        np.testing.assert_allclose(layer(x, training=False), expected, rtol=1e-5, atol=1e-5)


def test_a_preset_of_another_network_is_refused():
    line = "atnet-lite: it is of encoder efficientnet_lite0, which does not fit encoder vgg16"
    with pytest.raises(ValueError, match=line):
        load_network(LIGHT, encoder="vgg16")


def test_files_that_are_no_models_are_refused_by_name(tmp_path):
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ValueError, match=r"text\.onnx: is no ONNX file with weights"):
        load_network(tmp_path / "text.onnx")
    with pytest.raises(PresetError, match=r"missing\.onnx: cannot be read"):
        load_network(tmp_path / "missing.onnx")


def test_convolutions_of_one_shape_keep_their_order():
    first, second = (
        Convolution(np.full((1, 1, 2, 2), value, np.float32), np.full(2, value, np.float32))
        for value in (1, 2)
    )
    other = Convolution(np.zeros((3, 3, 2, 1), np.float32), None)
    shapes = {
        "spatial/kernel": (3, 3, 2, 1),
        "spatial/bias": (1,),
        "a/kernel": (1, 1, 2, 2),
        "a_bn/gamma": (2,),
        "a_bn/beta": (2,),
        "a_bn/moving_mean": (2,),
        "a_bn/moving_variance": (2,),
        "b/kernel": (1, 1, 2, 2),
    }
    found = match_weights([first, other, second], shapes)
    assert {name: float(values.max()) for name, values in found.items()} == {
        "spatial/kernel": 0,
        "spatial/bias": 0,
        "a/kernel": 1,
        "a_bn/gamma": 1,
        "a_bn/beta": 1,
        "a_bn/moving_mean": 0,
        "a_bn/moving_variance": 1,
        "b/kernel": 2,
    }


def test_what_is_missing_and_what_is_left_is_named():
    one = Convolution(np.zeros((1, 1, 2, 2), np.float32), None)
    with pytest.raises(ValueError, match=r"no convolution of \(1, 1, 2, 3\) for fuse/kernel"):
        match_weights([one], {"fuse/kernel": (1, 1, 2, 3)})
    with pytest.raises(ValueError, match="has 1 convolutions more than this network"):
        match_weights([one, one._replace(bias=np.zeros(2))], {"fuse/kernel": (1, 1, 2, 2)})
    with pytest.raises(ValueError, match="begins with normalisation"):
        match_weights([one], {"bn/gamma": (2,)})


def graph(*nodes, **constants):
    """A model of these nodes; kernels have ONNX' axes: out, in, height, width."""
    tensors = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, None, None, None])
    made = helper.make_graph(list(nodes), "made", [image], [], tensors)
    return helper.make_model(made).SerializeToString()


def test_kernels_are_read_in_keras_order_of_axes():
    """Of a plain and of a depthwise convolution, stored in half precision behind a cast."""
    plain = np.arange(2 * 3 * 1 * 2, dtype=np.float16).reshape(2, 3, 1, 2)  # out, in, height, width
    depthwise = np.arange(4 * 1 * 3 * 3, dtype=np.float32).reshape(4, 1, 3, 3)
    model = graph(
        helper.make_node("Cast", ["half"], ["kernel"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["x", "kernel", "bias"], ["y"]),
        helper.make_node("Conv", ["y", "depthwise"], ["z"], group=4),
        half=plain,
        bias=np.array([5, 6], np.float32),
        depthwise=depthwise,
    )
    (first, second), said = read_graph(model)
    assert first.kernel.shape == (1, 2, 3, 2)
    assert first.kernel[0, 1, 2, 0] == plain[0, 2, 0, 1]
    np.testing.assert_array_equal(first.bias, [5, 6])
    assert second.kernel.shape == (3, 3, 4, 1)
    assert second.kernel[0, 2, 3, 0] == depthwise[3, 0, 0, 2]
    assert second.bias is None
    assert said == {}


@pytest.mark.parametrize("behind", [True, False], ids=["behind a transpose", "at once"])
def test_a_bias_that_is_added_later_is_found(behind):
    nodes = [helper.make_node("Conv", ["x", "kernel"], ["y"])]
    nodes += [helper.make_node("Transpose", ["y"], ["t"], perm=[0, 2, 3, 1])] if behind else []
    nodes += [helper.make_node("Add", ["t" if behind else "y", "bias"], ["z"])]
    model = graph(
        *nodes, kernel=np.zeros((1, 2, 3, 3), np.float32), bias=np.full((1, 1, 1, 1), 7, np.float32)
    )
    ((convolution,), _) = read_graph(model)
    np.testing.assert_array_equal(convolution.bias, [7])


def test_a_file_says_which_network_it_is_of(tmp_path):
    parsed = onnx.load_model_from_string(read_model(LIGHT))
    said = {"encoder": "efficientnet_lite0", "width": "half"}
    helper.set_model_props(parsed, {f"atnet.{name}": value for name, value in said.items()})
    onnx.save(parsed, tmp_path / "mine.onnx")
    assert load_network(tmp_path / "mine.onnx").width == "half"
    with pytest.raises(ValueError, match="it is of width half, which does not fit width full"):
        load_network(tmp_path / "mine.onnx", width="full")


def test_a_network_that_computes_something_else_is_refused(light):
    weights = light.get_weights()
    try:
        light.get_layer("head").logit.bias.assign([1.0])
        with pytest.raises(ValueError, match="it computes another alpha"):
            _check_alike(light, read_model(LIGHT))
    finally:
        light.set_weights(weights)
    _check_alike(light, read_model(LIGHT))

"""Runs with PyTorch alone: `KERAS_BACKEND=torch pytest -m torch`."""

import keras
import numpy as np
import pytest

from atnet.matting.predictor import Matting
from atnet.matting.runtime import Network
from atnet.models.atnet import ATNet
from helpers import example_inputs, randomise

pytestmark = pytest.mark.torch

SIZES = [(32, 32), (32, 1024), (1024, 32), (96, 128), (160, 96), (224, 224), (512, 736)]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    network = ATNet()
    for part in ("decoder", "head", "refinement"):
        randomise(network.get_layer(part), scale=0.3)  # as well conditioned as trained weights
    return network


@pytest.fixture(scope="module")
def full_precision(model, tmp_path_factory):
    from atnet.models.export import export_onnx

    path = tmp_path_factory.mktemp("export") / "model.onnx"
    export_onnx(model, path, half_storage=False)
    return path


@pytest.fixture(scope="module", params=["float32", "float16"])
def exported(request, full_precision):
    """Tracing takes most of the time, so the float16 file is made from the float32 one."""
    if request.param == "float32":
        return request.param, full_precision
    import onnx

    from atnet.models.export import store_as_float16

    graph = onnx.load(full_precision)
    store_as_float16(graph)
    path = full_precision.with_name("half.onnx")
    onnx.save(graph, path)
    return request.param, path


@pytest.fixture(scope="module")
def session(exported):
    import onnxruntime

    return onnxruntime.InferenceSession(exported[1], providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_onnx_equals_keras_at_every_size(model, exported, session, height, width):
    inputs = example_inputs(height, width, seed=height + width)
    expected = model.predict_on_batch(inputs)["alpha"]
    difference = np.abs(session.run(["alpha"], inputs)[0] - expected)
    if exported[0] == "float32":
        assert difference.max() <= 1e-5
    else:
        assert difference.mean() <= 2e-4
        assert difference.max() <= 5e-3


def test_normalisation_is_folded_and_operators_are_standard(exported):
    import onnx

    graph = onnx.load(exported[1])
    operators = {node.op_type for node in graph.graph.node}
    assert "BatchNormalization" not in operators
    assert "DepthToSpace" in operators
    assert [opset.domain for opset in graph.opset_import] == [""]
    convolutions = [node for node in graph.graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 39  # 13 encoder, 5 x 4 decoder, 2 head, 4 refinement


def test_height_and_width_are_symbolic(exported):
    import onnx

    for tensor in onnx.load(exported[1]).graph.input:
        sizes = tensor.type.tensor_type.shape.dim
        assert [size.dim_param for size in sizes[1:3]] == ["32*h", "32*w"]


def test_float16_storage_halves_the_file(exported):
    megabytes = exported[1].stat().st_size / 1e6
    assert megabytes == pytest.approx(46.7 if exported[0] == "float16" else 93.3, abs=0.2)


def test_nothing_of_the_exporting_machine_is_in_the_file(exported):
    content = exported[1].read_bytes()
    for trace in (b"site-packages", b".py", b"pkg.torch", b"stack_trace"):
        assert trace not in content


def test_the_file_says_what_the_predictor_must_know(exported):
    """VGG16 was measured to need about 1200 bytes a pixel by other means."""
    network = Network(exported[1])
    assert network.bytes_per_pixel == pytest.approx(1200, rel=0.25)
    assert (network.multiple, network.context) == (32, 128)


def test_a_network_of_half_precision_is_exported_in_float32():
    from atnet.models.export import _in_float32

    trained = ATNet("mobilenet_v2", width="half", dtype="mixed_bfloat16")
    copy = _in_float32(trained)
    assert copy.dtype_policy.compute_dtype == "float32"
    for one, other in zip(trained.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    full = ATNet("mobilenet_v2", width="half")
    assert _in_float32(full) is full


def test_the_predictor_takes_an_exported_file(exported):
    trimap = np.full((40, 50), 128, np.uint8)
    trimap[:10] = 0
    assert Matting(exported[1]).alpha(np.zeros((40, 50, 3), np.uint8), trimap).shape == (40, 50)


def test_another_encoder_exports_alike(tmp_path):
    import onnx
    import onnxruntime

    from atnet.models.export import export_onnx

    network = ATNet("efficientnet_lite0", width="half")
    path = tmp_path / "model.onnx"
    export_onnx(network, path, half_storage=False)
    inputs = example_inputs(64, 160)
    (alpha,) = onnxruntime.InferenceSession(path).run(["alpha"], inputs)
    np.testing.assert_allclose(
        np.asarray(alpha), network.predict_on_batch(inputs)["alpha"], atol=1e-5
    )
    operators = [node.op_type for node in onnx.load(path).graph.node]
    # Normalisation would show as a subtraction each; two belong to the network's input.
    assert operators.count("Sub") == 2


def small_network(channels=3):
    """A convolution with a bias, normalised: ResNet-50 is made of such, and slow to trace."""
    image = keras.Input((None, None, channels), name="image")
    trimap = keras.Input((None, None, 1), name="trimap")
    x = keras.layers.Concatenate()([image, trimap])
    x = keras.layers.Conv2D(4, 3, padding="same", bias_initializer="ones")(x)
    x = keras.layers.BatchNormalization()(x)
    alpha = keras.layers.Conv2D(2, 1, use_bias=False)(keras.layers.ReLU()(x))
    network = keras.Model({"image": image, "trimap": trimap}, {"alpha": alpha})
    randomise(network)
    return network


def test_biased_convolutions_take_their_normalisation_in(tmp_path):
    import onnx
    import onnxruntime

    from atnet.models.export import export_onnx

    network, path, inputs = small_network(), tmp_path / "model.onnx", example_inputs(64, 96)
    export_onnx(network, path, half_storage=False)
    (alpha,) = onnxruntime.InferenceSession(path).run(["alpha"], inputs)
    np.testing.assert_allclose(
        np.asarray(alpha), network.predict_on_batch(inputs)["alpha"], atol=1e-5
    )
    operators = {node.op_type for node in onnx.load(path).graph.node}
    assert operators == {"Concat", "Conv", "Relu", "Transpose"}


def test_a_target_is_refused_before_minutes_of_work(tmp_path):
    from atnet.models.export import export_onnx

    weights = tmp_path / "best.npz"
    weights.write_bytes(b"weights")
    with pytest.raises(ValueError, match=r"best\.npz: give a name that ends in \.onnx"):
        export_onnx(small_network(), weights)
    with pytest.raises(OSError, match="does not exist"):
        export_onnx(small_network(), tmp_path / "new" / "model.onnx")
    assert weights.read_bytes() == b"weights"


def test_a_failed_export_leaves_the_old_file(tmp_path):
    from atnet.models.export import export_onnx

    target = tmp_path / "model.onnx"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError):
        export_onnx(small_network(channels=5), target)  # what is traced has three
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_published_weights_export_to_the_shipped_file(optional_data, tmp_path):
    from atnet.matting.presets import PRESETS
    from atnet.models.export import export_onnx
    from atnet.models.weights import load_network

    network = load_network(optional_data / "bootstrap" / "atnet_vgg16_float16.npz")
    export_onnx(network, tmp_path / "model.onnx")
    trimap = np.full((64, 64), 128, np.uint8)
    trimap[:8] = 0
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    np.testing.assert_allclose(
        Matting(tmp_path / "model.onnx").alpha(image, trimap),
        Matting(PRESETS["atnet-vgg16"].path).alpha(image, trimap),
        atol=1e-6,
    )

"""One export, looked at closely; with PyTorch alone: `KERAS_BACKEND=torch pytest -m torch`."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest

from atnet.matting.about import read_about
from atnet.matting.predictor import Matting
from atnet.matting.runtime import Network
from atnet.models.atnet import ATNet
from atnet.models.loading import load_network
from helpers import example_inputs, randomise

pytestmark = pytest.mark.torch

PUBLISHED = "bootstrap/atnet_vgg16_float16.npz"
SIZES = [(32, 32), (32, 1024), (1024, 32), (96, 128), (160, 96), (224, 224), (512, 736)]


@pytest.fixture(scope="module")
def model():
    """The published network, or, without the optional data, one that is as well conditioned."""
    if folder := os.environ.get("ATNET_DATA"):
        return load_network(Path(folder) / PUBLISHED)
    keras.utils.set_random_seed(0)
    network = ATNet()
    for part in ("decoder", "head", "refinement"):
        randomise(network.get_layer(part), scale=0.3)
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
    assert (network.multiple, network.context) == (32, 64)
    about = read_about(exported[1])
    assert (about["encoder"], about["width"], about["attention"]) == ("vgg16", "full", "full")


def test_the_predictor_takes_an_exported_file(exported):
    trimap = np.full((40, 50), 128, np.uint8)
    trimap[:10] = 0
    assert Matting(exported[1]).alpha(np.zeros((40, 50, 3), np.uint8), trimap).shape == (40, 50)


def test_an_exported_file_gives_the_values_of_another_implementation(exported, optional_data):
    with np.load(optional_data / "bootstrap" / "golden.npz") as golden:
        image, levels, expected = (golden[name] for name in ("image", "trimap", "alpha"))
    alpha = Network(exported[1])(image[0], levels[0, ..., 0])
    bound = 1e-5 if exported[0] == "float32" else 5e-3
    np.testing.assert_allclose(alpha, expected[0, ..., 0], rtol=0, atol=bound)

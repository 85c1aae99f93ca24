"""Exports of other networks, and what is refused: `KERAS_BACKEND=torch pytest -m torch`."""

import keras
import numpy as np
import pytest

from atnet.models.atnet import ATNet
from atnet.models.encoders import build_encoder
from helpers import example_inputs, randomise

pytestmark = pytest.mark.torch


def test_a_network_of_half_precision_is_exported_in_float32():
    from atnet.models.export import _in_float32

    trained = ATNet("mobilenet_v2", width="half", dtype="mixed_bfloat16")
    copy = _in_float32(trained)
    assert copy.dtype_policy.compute_dtype == "float32"
    for one, other in zip(trained.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    full = ATNet("mobilenet_v2", width="half")
    assert _in_float32(full) is full


def test_another_encoder_exports_alike(tmp_path):
    import onnx
    import onnxruntime

    from atnet.models.export import export_onnx

    network = ATNet("efficientnet_lite0")
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


def test_resnet50_takes_its_normalisation_into_biased_convolutions(tmp_path):
    """Its stem, its first block, and the first that halves: the others repeat these for minutes."""
    import onnx
    import onnxruntime

    from atnet.models.export import export_onnx

    encoder = build_encoder("resnet50")
    randomise(encoder, scale=0.3)
    ends = ("conv2_block1_out", "conv2_block3_out", "conv3_block1_out")
    first, before, last = (encoder.get_layer(name).output for name in ends)
    blocks = [keras.Model(encoder.input, first), keras.Model(before, last)]
    network = with_named_inputs([*blocks, keras.layers.Conv2D(4, 1, use_bias=False)])
    path, inputs = tmp_path / "model.onnx", example_inputs(64, 96)
    export_onnx(network, path, half_storage=False)
    (alpha,) = onnxruntime.InferenceSession(path).run(["alpha"], inputs)
    expected = network.predict_on_batch(inputs)["alpha"]
    assert expected.shape == (1, 8, 12, 4)
    np.testing.assert_allclose(np.asarray(alpha), expected, atol=1e-5 * np.abs(expected).max())
    operators = [node.op_type for node in onnx.load(path).graph.node]
    assert operators.count("Conv") == 1 + 2 * (3 + 1) + 1  # two blocks with shortcuts
    assert not {"Sub", "Mul", "BatchNormalization"} & set(operators)


def with_named_inputs(parts, channels=3):
    """Makes of what takes one tensor, an image and its trimap, what the exporter takes."""
    image = keras.Input((None, None, channels), name="image")
    trimap = keras.Input((None, None, 1), name="trimap")
    alpha = keras.layers.Concatenate()([image, trimap])
    for part in parts:
        alpha = part(alpha)
    return keras.Model({"image": image, "trimap": trimap}, {"alpha": alpha})


def small_network(channels=3):
    parts = [
        keras.layers.Conv2D(4, 3, padding="same"),
        keras.layers.BatchNormalization(),
        keras.layers.ReLU(),
        keras.layers.Conv2D(2, 1, use_bias=False),
    ]
    return with_named_inputs(parts, channels)


def test_kernels_are_stored_in_half_precision_unless_told_otherwise(tmp_path):
    import onnx

    from atnet.models.export import export_onnx

    export_onnx(small_network(), tmp_path / "model.onnx")
    stored = onnx.load(tmp_path / "model.onnx").graph.initializer
    kernels = [tensor.data_type for tensor in stored if len(tensor.dims) == 4]
    assert kernels == [onnx.TensorProto.FLOAT16] * 2


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

import io
import re

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from atnet.arrays import network_trimap
from atnet.files.images import read_image
from atnet.jobs.photo import ASSETS
from atnet.matting.blocks import load_onnx_runtime
from atnet.matting.engines import OnnxRuntime
from atnet.matting.low_rank import Space, read_spaces, split_convolutions, write_spaces
from atnet.matting.presets import PRESETS
from atnet.trimaps import read_trimap
from onnx_files import save_network

RNG = np.random.default_rng(0)
SPLIT = [preset for preset in PRESETS.values() if preset.spaces_sha256]


def feature(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def run(model, **inputs):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, inputs)[0])


def small_network(path, kernel, bias=None, half=False):
    """A convolution with a stride and uneven padding, and a `Relu` behind it."""
    stored = {"kernel16" if half else "kernel": kernel.astype(np.float16 if half else np.float32)}
    names = ["kernel"] if bias is None else ["kernel", "bias"]
    nodes = [helper.make_node("Cast", ["kernel16"], ["kernel"], to=TensorProto.FLOAT)] * half
    nodes += [
        helper.make_node("Conv", ["x", *names], ["conv"], strides=[2, 1], pads=[0, 1, 2, 1]),
        helper.make_node("Relu", ["conv"], ["y"]),
    ]
    shape = [1, kernel.shape[1], None, None]
    constants = stored | ({} if bias is None else {"bias": bias})
    save_network(path, nodes, {"x": shape}, {"y": [1, None, None, None]}, constants)
    return path.read_bytes()


@pytest.mark.parametrize(("half", "tolerance"), [(False, 1e-5), (True, 5e-3)])
def test_outputs_within_their_space_stay_as_they_are(tmp_path, half, tolerance):
    basis, _ = np.linalg.qr(feature(6, 2))
    kernel, bias = np.tensordot(basis, feature(2, 3, 3, 3), axes=1), feature(6)
    model = small_network(tmp_path / "model.onnx", kernel, bias, half)
    split = split_convolutions(model, {"conv": Space(basis, bias - basis @ (basis.T @ bias))})
    onnx.checker.check_model(split, full_check=True)
    x = feature(1, 3, 9, 8)
    np.testing.assert_allclose(run(split, x=x), run(model, x=x), atol=tolerance)


def test_what_leaves_the_space_is_lost(tmp_path):
    """One pixel, two channels: outputs 3 and 4; the first is kept, the second is always 5."""
    kernel = np.zeros((2, 1, 3, 3), np.float32)
    kernel[:, 0, 0, 1] = 3, 4
    model = small_network(tmp_path / "model.onnx", kernel)
    split = split_convolutions(model, {"conv": Space(np.array([[1.0], [0]]), np.array([0.0, 5]))})
    x = np.ones((1, 1, 1, 1), np.float32)
    assert run(model, x=x).ravel().tolist() == [3, 4]
    assert run(split, x=x).ravel().tolist() == [3, 5]


def test_nothing_is_stored_that_is_not_needed(tmp_path):
    model = small_network(tmp_path / "model.onnx", feature(64, 64, 3, 3), feature(64), half=True)
    split = split_convolutions(model, {"conv": Space(feature(64, 8), feature(64))})
    sizes = {one.name: one.dims for one in onnx.load_from_string(split).graph.initializer}
    assert sorted(np.prod(dims) for dims in sizes.values()) == [8, 64, 64 * 8, 8 * 64 * 9]


def test_a_convolution_that_is_not_there_is_named(tmp_path):
    model = small_network(tmp_path / "model.onnx", feature(4, 4, 3, 3))
    for name in ("other", "y"):
        space = Space(feature(4, 2), feature(4))
        with pytest.raises(RuntimeError, match=re.escape(f"has no convolution {name}")):
            split_convolutions(model, {name: space})


def test_spaces_come_back_from_their_file():
    spaces = {name: Space(feature(5, 2), feature(5)) for name in ("first/one", "second")}
    found = read_spaces(write_spaces(spaces))
    assert list(found) == list(spaces)
    for name, space in spaces.items():
        np.testing.assert_allclose(found[name].basis, space.basis, rtol=1e-3, atol=1e-6)
        np.testing.assert_array_equal(found[name].offset, space.offset)


def test_what_a_file_would_run_is_not_run():
    file = io.BytesIO()
    np.savez(file, **{"conv/basis": np.array({"a": 1}, object), "conv/offset": np.zeros(1)})
    with pytest.raises(ValueError, match="allow_pickle"):
        read_spaces(file.getvalue())


@pytest.mark.parametrize("preset", SPLIT, ids=lambda preset: preset.name)
def test_shipped_spaces_hardly_change_alpha(preset):
    """And the network can still be run in blocks."""
    part = np.s_[96:352, 128:384]
    image = read_image(ASSETS / "lemur.png")[part]
    trimap = network_trimap(read_trimap(ASSETS / "lemur_trimap.png"))[part]
    spaces = read_spaces(preset.read_spaces())
    split = split_convolutions(preset.read(), spaces)
    unknown = trimap == 0.5
    before, after = (OnnxRuntime(model)(image, trimap)[unknown] for model in (preset.read(), split))
    assert np.abs(after - before).mean() < 0.01
    in_blocks = load_onnx_runtime(split)(image, trimap)[unknown]
    np.testing.assert_allclose(in_blocks, after, atol=1e-4)
    for space in spaces.values():
        assert np.allclose(space.basis.T @ space.basis, np.eye(space.basis.shape[1]), atol=2e-3)

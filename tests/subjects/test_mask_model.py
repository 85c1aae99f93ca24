"""A network of one convolution, whose answers can be computed by hand."""

import numpy as np
import pytest
from onnx import helper

from atnet.subjects.mask_model import MaskModel, MaskModelError
from atnet.subjects.mask_settings import MaskSettings
from onnx_files import save_network

RED = np.array([1, 0, 0], np.float32).reshape(1, 3, 1, 1)
PLAIN = MaskSettings((8, 8))


def red_of(path, shape=(1, 3, "h", "w"), weights=RED, **saving):
    """A network that answers with the red channel of what it is fed, and with its negative."""
    nodes = [
        helper.make_node("Conv", ["picture", "weights"], ["mask"]),
        helper.make_node("Neg", ["mask"], ["negative"]),
    ]
    answer = [shape[0], len(weights), *shape[2:]]
    outputs = {"mask": answer, "negative": answer}
    return save_network(path, nodes, {"picture": shape}, outputs, {"weights": weights}, **saving)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return red_of(tmp_path_factory.mktemp("models") / "red.onnx")


@pytest.fixture
def image():
    """The right half is red 0.8, the left 0.2; 24 x 16 pixels."""
    image = np.zeros((16, 24, 3), np.float32)
    image[..., 0] = np.where(np.arange(24) < 12, 0.2, 0.8)
    return image


def test_the_mask_has_the_pictures_size_and_the_networks_values(network, image):
    mask = MaskModel(network, PLAIN).mask(image)
    assert mask.shape == (16, 24)
    assert mask.dtype == np.float32
    np.testing.assert_allclose(mask[:, [2, 21]], [[0.2, 0.8]] * 16, atol=0.03)
    bytes_mask = MaskModel(network, PLAIN).mask(np.round(image * 255).astype(np.uint8))
    np.testing.assert_allclose(bytes_mask, mask, atol=0.003)


@pytest.mark.parametrize(
    ("settings", "left", "right"),
    [
        (MaskSettings((8, 8), mean=(0.2, 0, 0), std=(0.6, 1, 1)), 0, 1),
        (MaskSettings((8, 8), by_maximum=True), 0.25, 1),
        (MaskSettings((8, 8), sigmoid=True), 1 / (1 + np.exp(-0.2)), 1 / (1 + np.exp(-0.8))),
        (MaskSettings((8, 8), stretch=True), 0, 1),
        (MaskSettings((8, 8), stretch=True, output="negative"), 1, 0),
    ],
)
def test_settings_do_what_they_say(network, image, settings, left, right):
    mask = MaskModel(network, settings).mask(image)
    np.testing.assert_allclose(mask[8, [1, 22]], [left, right], atol=1e-5)


def test_a_size_that_the_file_fixes_goes_before_the_settings(tmp_path, image):
    fixed = red_of(tmp_path / "fixed.onnx", (1, 3, 4, 6))
    assert MaskModel(fixed, MaskSettings((512, 512))).mask(image).shape == (16, 24)
    assert MaskModel(fixed, MaskSettings()).mask(image).shape == (16, 24)


def test_settings_lie_beside_the_file(tmp_path, image):
    model = red_of(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="nothing says how"):
        MaskModel(model)
    (tmp_path / "net.toml").write_text("size = 8\nstretch = true\n")
    assert MaskModel(model).mask(image)[0, -1] == 1


def test_a_constant_answer_is_no_division_by_zero(network):
    black = np.zeros((8, 8, 3), np.float32)
    assert MaskModel(network, MaskSettings((8, 8), stretch=True)).mask(black).max() == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b"no network"), "is no ONNX model that can run here"),
        (
            lambda path: save_network(
                path, [helper.make_node("Neg", ["a"], ["b"])],
                {"a": [3, "h", "w"]}, {"b": [3, "h", "w"]},
            ),
            r"takes the shape \[3, 'h', 'w'\]",
        ),
        (
            lambda path: red_of(path, (1, 4, "h", "w"), np.ones((1, 4, 1, 1), np.float32)),
            r"takes the shape .* a mask model takes \(1, 3, height, width\)",
        ),
        (
            lambda path: save_network(
                path, [helper.make_node("Add", ["a", "b"], ["c"])],
                {"a": [1, 3, 8, 8], "b": [1, 3, 8, 8]}, {"c": [1, 3, 8, 8]},
            ),
            r"takes 2 inputs \['a', 'b'\]; a mask model takes one image",
        ),
        (
            lambda path: red_of(
                path, save_as_external_data=True, size_threshold=0, location="weights.bin"
            ),
            "keeps its weights in another file; put them inside",
        ),
    ],
)  # fmt: skip
def test_files_that_are_no_mask_models_are_refused(tmp_path, monkeypatch, make, message):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "net.onnx")
    with pytest.raises(MaskModelError, match=message) as caught:
        MaskModel(tmp_path / "net.onnx", PLAIN)
    assert "net.onnx: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (MaskSettings(), "takes pictures of any size: give one in its settings"),
        (MaskSettings((8, 8), output="d1"), "has no output 'd1'; it has mask, negative"),
    ],
)
def test_settings_that_do_not_fit_are_refused(network, settings, message):
    with pytest.raises(MaskModelError, match=message):
        MaskModel(network, settings)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.full((2, 3, 1, 1), 1, np.float32), r"shape \(1, 2, 8, 8\); a mask has one channel"),
        (RED * np.float32(np.nan), "answers with values that are no numbers"),
        (RED * 9, "answers with 1.8 to 7.2, not 0 to 1: .* sigmoid = true"),
    ],
)
def test_answers_that_are_no_mask_are_refused(tmp_path, image, weights, message):
    model = MaskModel(red_of(tmp_path / "net.onnx", weights=weights), PLAIN)
    with pytest.raises(MaskModelError, match=message):
        model.mask(image)


def test_a_network_that_fails_is_one_error_of_ours(tmp_path, image):
    """It says that it takes any size, and then does not."""
    nodes = [helper.make_node("Add", ["picture", "weights"], ["mask"])]
    weights = {"weights": np.zeros((1, 3, 5, 5), np.float32)}
    shape = [1, 3, "h", "w"]
    path = save_network(tmp_path / "n.onnx", nodes, {"picture": shape}, {"mask": shape}, weights)
    with pytest.raises(MaskModelError, match="fails on this picture"):
        MaskModel(path, PLAIN).mask(image)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match=r"net\.onnx: cannot be read"):
        MaskModel(tmp_path / "net.onnx", PLAIN)

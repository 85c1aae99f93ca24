from importlib import metadata

import numpy as np
import pytest

from atnet.evaluation.methods import METHODS, clamp, identify_method, load_method
from atnet.matting.predictor import Matting
from scene_files import disc_scene

CLASSICAL = [name for name in METHODS if name != "atnet"]


def test_known_pixels_are_set_in_any_type():
    trimap = np.array([[0, 128, 255]], np.uint8)
    assert clamp(np.array([[9, 9, 9]], np.uint8), trimap).tolist() == [[0, 9, 255]]
    result = clamp(np.array([[0.5, 0.25, 0.5]], np.float32), trimap)
    assert result.dtype == np.float32
    assert result.tolist() == [[0, 0.25, 1]]


def test_our_method_is_the_predictor():
    image, trimap, _ = disc_scene()
    expected = Matting().alpha(image, trimap)
    np.testing.assert_allclose(load_method("atnet")(image / np.float32(255), trimap), expected)


@pytest.mark.parametrize("name", CLASSICAL)
def test_classical_methods_solve_an_easy_scene_and_keep_known_pixels(name):
    pytest.importorskip("pymatting", reason="PyMatting is in the extra compare")
    image, trimap, alpha = disc_scene()
    predicted = load_method(name)(image / np.float32(255), trimap)
    known = trimap != 128
    np.testing.assert_array_equal(predicted[known], trimap[known] / 255)
    always_half = np.abs(0.5 - alpha[~known] / 255).mean()
    assert np.abs(predicted - alpha / 255)[~known].mean() < always_half / 2


def test_unknown_methods_are_refused_with_the_allowed_ones():
    with pytest.raises(ValueError, match="'magic'; allowed are atnet, closed-form, knn"):
        load_method("magic")


def test_identities_tell_models_and_versions_apart(tmp_path):
    for content in (b"one", b"two"):
        (tmp_path / f"{content.decode()}.onnx").write_bytes(content)
    one, two = (identify_method("atnet", str(tmp_path / f"{name}.onnx")) for name in ("one", "two"))
    assert one.split()[-1] != two.split()[-1]


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(ImportError, match=r"pip install 'atnet\[compare\]'"):
        identify_method("knn")

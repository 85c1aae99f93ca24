from importlib import metadata

import numpy as np
import pytest

from atnet.evaluation.methods import identify_method, load_method
from atnet.matting.classical import load_classical
from atnet.matting.predictor import Matting
from atnet.matting.presets import find
from scene_files import disc_scene


def test_our_method_is_the_predictor():
    image, trimap, _ = disc_scene()
    expected = Matting().alpha(image, trimap)
    np.testing.assert_allclose(load_method("atnet")(image / np.float32(255), trimap), expected)


def test_a_classical_method_is_what_its_name_says():
    pytest.importorskip("pymatting", reason="PyMatting is in the extra compare")
    image, trimap, _ = disc_scene()
    image = image / np.float32(255)
    expected = load_classical("closed-form")(image, trimap)
    np.testing.assert_array_equal(load_method("closed-form")(image, trimap), expected)


def test_unknown_methods_are_refused_with_the_allowed_ones():
    with pytest.raises(ValueError, match="'magic'; allowed are atnet, closed-form, knn"):
        load_method("magic")


def test_identities_tell_models_and_versions_apart(tmp_path):
    for content in (b"one", b"two"):
        (tmp_path / f"{content.decode()}.onnx").write_bytes(content)
    one, two = (identify_method("atnet", str(tmp_path / f"{name}.onnx")) for name in ("one", "two"))
    assert one.split()[-1] != two.split()[-1]
    preset = find("atnet-vgg16")
    models = preset.name, str(preset.path)
    by_name, by_file = (identify_method("atnet", model) for model in models)
    assert by_name.split()[-3:] == [f"{preset.sha256},", "spaces", preset.spaces_sha256]
    assert by_file.split()[-1] == preset.sha256  # runs as trained: another alpha
    assert "quality best, refinement colour-lines" in identify_method("atnet", quality="best")
    assert "refinement none" in identify_method("atnet", quality="best", refine="none")
    assert identify_method("knn") == f"knn, PyMatting {metadata.version('pymatting')}"

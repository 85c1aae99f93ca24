import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import helper

from atnet.matting.about import read_about
from atnet.matting.presets import PRESETS, PresetError, read_model

TRAINED = {"stage": "joint", "figures": {"val_sad": 1.5}}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_shipped_model_tells_its_network_and_digest(preset):
    about = read_about(preset)
    assert about["sha256"] == PRESETS[preset].sha256
    assert about["encoder"] == PRESETS[preset].network["encoder"]
    assert about["context"] == "64"


def test_an_exported_file_tells_how_it_was_trained(tmp_path):
    model = onnx.load_model_from_string(read_model("atnet-lite"))
    said = {"atnet.width": "half", "atnet.training": json.dumps(TRAINED), "another.key": "kept out"}
    helper.set_model_props(model, said)
    onnx.save(model, tmp_path / "mine.onnx")
    about = read_about(tmp_path / "mine.onnx")
    content = (tmp_path / "mine.onnx").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert about == {"sha256": digest, "width": "half", "training": TRAINED}


def test_a_runs_folder_tells_what_its_best_weights_do(tmp_path):
    np.savez(
        tmp_path / "best.npz",
        architecture=np.array(["vgg16", "attention_transfer"]),
        training=np.array(json.dumps(TRAINED)),
        kernel=np.zeros(3),
    )
    about = read_about(tmp_path)
    assert about["network"] == "vgg16, attention_transfer"
    assert about["training"] == TRAINED
    assert set(about) == {"sha256", "network", "training"}


@pytest.mark.parametrize("name", ["broken.onnx", "broken.npz"])
@pytest.mark.parametrize("content", [b"", b"no model"])
def test_files_that_are_no_models_are_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PresetError, match=rf"{name}: is no model that can be read"):
        read_about(tmp_path / name)


def test_a_description_that_is_no_json_is_refused(tmp_path):
    np.savez(tmp_path / "odd.npz", training=np.array("{"))
    with pytest.raises(PresetError, match=r"odd\.npz: is no model that can be read"):
        read_about(tmp_path / "odd.npz")

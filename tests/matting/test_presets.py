import hashlib
import os
from pathlib import Path

import pytest

from atnet.matting import presets
from atnet.matting.presets import PRESETS, PresetError, find, find_model, read_model


@pytest.fixture(params=PRESETS.values(), ids=list(PRESETS))
def preset(request):
    return request.param


def test_the_shipped_file_is_the_registered_one(preset):
    content = preset.path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == preset.sha256
    assert len(content) / 10**6 == pytest.approx(preset.megabytes, abs=0.05)
    assert read_model(preset.name) == content


def test_the_card_tells_what_a_user_must_know(preset):
    for heading in ("## Data", "## Training", "## Licence", "## Measured quality", "## Limits"):
        assert heading in preset.card
    assert preset.sha256 in preset.card
    assert f"{preset.parameters:,}" in preset.card


def test_a_damaged_file_is_refused_by_name(preset, tmp_path, monkeypatch):
    content = bytearray(preset.path.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / preset.path.name).write_bytes(content)
    monkeypatch.setattr(presets, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(PresetError, match=rf"{preset.path.name} is damaged.*reinstall") as error:
        read_model(preset.name)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_refused_by_name(preset, tmp_path, monkeypatch):
    monkeypatch.setattr(presets, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(PresetError, match=rf"{preset.path.name}.*cannot be read.*reinstall"):
        read_model(preset.name)


def test_a_damaged_file_of_spaces_is_refused_by_name(tmp_path, monkeypatch):
    """As a model is: its convolutions would be split along other directions."""
    (preset,) = (preset for preset in PRESETS.values() if preset.spaces_sha256)
    content = preset.read_spaces()
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == preset.spaces_sha256
    monkeypatch.setattr(presets, "WEIGHTS_FOLDER", tmp_path)
    name = f"{preset.name}-spaces.npz"
    with pytest.raises(PresetError, match=rf"{name}.*cannot be read.*reinstall"):
        preset.read_spaces()
    (tmp_path / name).write_bytes(content[:-1])
    with pytest.raises(PresetError, match=rf"{name} is damaged.*reinstall"):
        preset.read_spaces()


@pytest.mark.parametrize("name", ["", "resnet", "../weights/atnet-vgg16", "model.pt"])
def test_unknown_names_are_refused(name):
    with pytest.raises(PresetError, match="allowed are atnet-vgg16"):
        read_model(name)
    with pytest.raises(PresetError, match="allowed are atnet-vgg16"):
        find(name)


def test_a_runs_folder_stands_for_its_best_weights(tmp_path):
    """Of a run of several stages, for those of the stage that was trained last."""
    stage = tmp_path / "runs" / "refinement"
    stage.mkdir(parents=True)
    with pytest.raises(PresetError, match=r"refinement', which holds no best\.npz; allowed are"):
        find_model(stage)
    for number, name in enumerate(("joint", "refinement", "encoder-decoder")):
        (tmp_path / "runs" / name).mkdir(exist_ok=True)
        best = tmp_path / "runs" / name / "best.npz"
        best.write_bytes(name.encode())
        os.utime(best, ns=(10**18 - number, 10**18 - number))
    assert find_model(stage) == stage / "best.npz"
    assert read_model(tmp_path / "runs") == b"joint"


@pytest.mark.parametrize("name", ["best.npz", "network.keras", "mine.onnx"])
def test_files_are_found_as_they_are_named(name):
    assert find_model(name) == Path(name)


def test_any_exported_file_can_be_read(tmp_path):
    path = tmp_path / "own.onnx"
    path.write_bytes(b"content")
    assert read_model(path) == b"content"
    with pytest.raises(PresetError, match=r"missing\.onnx: cannot be read"):
        read_model(tmp_path / "missing.onnx")

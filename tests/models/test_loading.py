import numpy as np
import pytest

import small_encoder
from atnet.models.atnet import ATNet
from atnet.models.loading import load_network
from atnet.models.weights import (
    load_weights,
    save_weights,
)
from helpers import example_inputs, randomise

ABLATED = {"width": "half", "attention": "spatial", "upsampling": "bilinear", "refinement": False}


@pytest.fixture(scope="module")
def model():
    network = ATNet(small_encoder.NAME)
    randomise(network)
    return network


@pytest.fixture
def archive(model, tmp_path):
    path = tmp_path / "weights.npz"
    save_weights(model, path)
    return path


def altered(archive, **changes):
    with np.load(archive) as arrays:
        content = {**arrays, **changes}
    np.savez(archive, **{name: value for name, value in content.items() if value is not None})
    return archive


@pytest.mark.backend
def test_a_round_trip_keeps_every_value(model, archive):
    network = load_network(archive)
    inputs = example_inputs()
    np.testing.assert_array_equal(
        network.predict_on_batch(inputs)["alpha"], model.predict_on_batch(inputs)["alpha"]
    )


def test_an_archive_may_not_name_its_network(archive):
    altered(archive, architecture=None)
    assert load_network(archive, encoder=small_encoder.NAME).encoder == small_encoder.NAME
    with pytest.raises(ValueError, match="missing encoder/block1_conv1/kernel"):
        load_network(archive)


def test_weights_of_another_network_are_refused_in_few_words(archive):
    line = "npz is of encoder small, which does not fit encoder vgg16$"
    with pytest.raises(ValueError, match=line):
        load_network(archive, encoder="vgg16")
    line = "npz is of encoder small, width full, which does not fit encoder vgg16, width half$"
    with pytest.raises(ValueError, match=line):
        load_weights(ATNet("vgg16", width="half"), archive)


@pytest.mark.parametrize("name", ["network.npz", "network.keras"])
def test_files_of_ablated_networks_say_what_they_lack(name, tmp_path):
    network, path = ATNet(small_encoder.NAME, **ABLATED), tmp_path / name
    randomise(network)
    save_weights(network, path) if path.suffix == ".npz" else network.save(path)
    restored = load_network(path)
    assert {part: getattr(restored, part) for part in ABLATED} == ABLATED
    inputs = example_inputs()
    np.testing.assert_array_equal(
        restored.predict_on_batch(inputs)["alpha"], network.predict_on_batch(inputs)["alpha"]
    )
    line = (
        "is of attention spatial, refinement False, which does not fit attention full, refinement"
    )
    with pytest.raises(ValueError, match=line):
        load_network(path, attention="full", refinement=True)


def test_an_archive_that_names_four_parts_has_the_others_in_full(model, archive):
    """As all archives do that were written before there was a choice."""
    altered(
        archive, architecture=np.array([small_encoder.NAME, "attention_transfer", "full", "add"])
    )
    restored = load_network(archive)
    assert restored.get_config() | {"name": model.name} == model.get_config()


@pytest.mark.parametrize(
    ("former", "parts"),
    [
        ("attention_transfer", {"decoder": "attention_transfer", "width": "full"}),
        ("light", {"decoder": "attention_transfer", "width": "half"}),
        ("original", {"decoder": "original", "fusion": "add"}),
        ("original_winner", {"decoder": "original", "fusion": "winner"}),
    ],
)
def test_archives_with_former_names_still_load(former, parts, tmp_path):
    network, path = ATNet(small_encoder.NAME, **parts), tmp_path / "former.npz"
    randomise(network)
    save_weights(network, path)
    altered(path, architecture=np.array([small_encoder.NAME, former]))
    restored = load_network(path)
    assert restored.get_config() | {"name": network.name} == network.get_config()
    for old, new in zip(network.get_weights(), restored.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_what_a_file_names_is_not_overruled(model, tmp_path):
    """Two fusions have weights of the same shapes: a wrong one would load without a word."""
    path = tmp_path / "former.npz"
    np.savez(path, architecture=np.array(["vgg16", "original"]))
    with pytest.raises(ValueError, match="is of fusion add, which does not fit fusion winner"):
        load_network(path, fusion="winner")
    model.save(tmp_path / "whole.keras")
    with pytest.raises(ValueError, match="is of width full, which does not fit width half"):
        load_network(tmp_path / "whole.keras", width="half")
    assert load_network(tmp_path / "whole.keras", width="full").width == "full"


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("missing.npz", FileNotFoundError, "no such file"),
        ("missing.keras", FileNotFoundError, "no such file"),
        ("network.h5", ValueError, r"allowed are .*\.npz, \.keras"),
    ],
)
def test_missing_and_foreign_files(tmp_path, name, error, message):
    with pytest.raises(error, match=message):
        load_network(tmp_path / name)


@pytest.mark.backend
def test_weights_of_another_implementation_give_its_values(optional_data):
    folder = optional_data / "bootstrap"
    network = load_network(folder / "atnet_vgg16_float16.npz")
    with np.load(folder / "golden.npz") as golden:
        outputs = network.predict_on_batch({"image": golden["image"], "trimap": golden["trimap"]})
        for name in ("coarse_alpha", "alpha"):
            np.testing.assert_allclose(outputs[name], golden[name], atol=1e-5)

import shutil

import keras
import numpy as np
import pytest

import small_encoder
from atnet.models.atnet import ATNet
from atnet.models.loading import load_network
from atnet.models.weights import (
    average_archives,
    load_weights,
    save_weights,
    variable_names,
)
from helpers import example_inputs, randomise


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


def test_names_are_those_of_the_published_archive():
    with keras.StatelessScope():  # shapes are enough: no weight gets a value
        names = variable_names(ATNet())
    assert len(names) == 91
    assert tuple(names["encoder/block1_conv1/kernel"].shape) == (3, 3, 4, 64)
    assert tuple(names["decoder/level5/channel_gate/bias"].shape) == (512,)
    assert tuple(names["refinement/residual/kernel"].shape) == (3, 3, 64, 1)


@pytest.mark.backend
def test_a_round_trip_keeps_every_value(model, archive):
    network = load_network(archive)
    inputs = example_inputs()
    np.testing.assert_array_equal(
        network.predict_on_batch(inputs)["alpha"], model.predict_on_batch(inputs)["alpha"]
    )


def test_float16_halves_the_file(model, archive, tmp_path):
    save_weights(model, tmp_path / "half.npz", dtype="float16")
    ratio = (tmp_path / "half.npz").stat().st_size / archive.stat().st_size
    assert 0.49 < ratio < 0.52


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


def test_an_archive_names_all_parts_of_its_network(archive):
    with np.load(archive) as arrays:
        named = arrays["architecture"].tolist()
    assert named == [
        *(small_encoder.NAME, "attention_transfer", "full", "add", "full", "scale_transfer"),
    ]


ABLATED = {"width": "half", "attention": "spatial", "upsampling": "bilinear", "refinement": False}


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


def test_an_archive_that_cannot_be_written_leaves_the_old_one(model, archive, tmp_path):
    before = archive.read_bytes()
    with pytest.raises(TypeError):
        save_weights(model, archive, dtype="no such type")
    assert archive.read_bytes() == before
    with pytest.raises(OSError, match="does not exist"):
        save_weights(model, tmp_path / "missing" / "weights.npz")
    assert list(tmp_path.iterdir()) == [archive]


def test_every_difference_is_named_and_nothing_is_loaded(model, archive):
    before = model.get_weights()
    altered(
        archive,
        **{
            "head/logit/bias": None,
            "head/logit/kernel": np.zeros((3, 3, 64, 2)),
            "tail/kernel": np.zeros(1),
        },
    )
    with pytest.raises(ValueError, match="does not fit") as error:
        load_weights(model, archive)
    assert "missing head/logit/bias" in str(error.value)
    assert "unexpected tail/kernel" in str(error.value)
    assert "head/logit/kernel is (3, 3, 64, 2), expected (3, 3, 64, 1)" in str(error.value)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_pickled_objects_are_refused(model, archive):
    altered(archive, **{"head/logit/bias": np.array([{}], dtype=object)})
    with pytest.raises(ValueError, match="not a readable"):
        load_weights(model, archive)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_other_files_are_refused_by_name(model, tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.npz: not a readable"):
        load_weights(model, path)


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


def test_an_average_lies_on_the_way_from_one_archive_to_another(model, archive, tmp_path):
    randomise(model, seed=1)
    save_weights(model, tmp_path / "later.npz")
    average_archives(archive, tmp_path / "later.npz", 0.25, tmp_path / "average.npz")
    first, later, average = (
        variable_names(load_network(path))
        for path in (archive, tmp_path / "later.npz", tmp_path / "average.npz")
    )
    for name, variable in average.items():
        expected = 0.75 * first[name].numpy() + 0.25 * later[name].numpy()
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-3, atol=1e-6)


def test_an_average_begins_and_ends_with_its_archives(archive, tmp_path):
    later = altered(shutil.copy(archive, tmp_path / "later.npz"), **{"head/bn/beta": np.ones(64)})
    for share, expected in ((0, archive), (1, later)):
        average_archives(archive, later, share, tmp_path / "average.npz")
        with np.load(expected) as wanted, np.load(tmp_path / "average.npz") as found:
            assert wanted.keys() == found.keys()
            np.testing.assert_allclose(found["head/bn/beta"], wanted["head/bn/beta"], rtol=1e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": np.array(["vgg16", "attention_transfer", "full", "add"])}, "encoder"),
        ({"head/bn/beta": None}, "missing head/bn/beta"),
        ({"head/bn/beta": np.ones(3)}, r"head/bn/beta is \(3,\), expected \(64,\)"),
        ({"tail": np.ones(3)}, "unexpected tail"),
    ],
    ids=["another network", "missing", "shape", "unexpected"],
)
def test_archives_that_do_not_fit_have_no_average(archive, tmp_path, changes, message):
    other = altered(shutil.copy(archive, tmp_path / "other.npz"), **changes)
    with pytest.raises(ValueError, match=message):
        average_archives(other, archive, 0.5, tmp_path / "average.npz")
    assert not (tmp_path / "average.npz").exists()


def test_an_average_needs_a_share(archive, tmp_path):
    with pytest.raises(ValueError, match=r"share is 1\.5; it must be within 0 and 1"):
        average_archives(archive, archive, 1.5, tmp_path / "average.npz")

import shutil

import keras
import numpy as np
import pytest

import small_encoder
from atnet.matting.about import read_about
from atnet.models.atnet import ATNet
from atnet.models.loading import load_network
from atnet.models.weights import (
    average_archives,
    load_weights,
    save_weights,
    variable_names,
)
from helpers import randomise


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


def test_float16_halves_the_file(model, archive, tmp_path):
    save_weights(model, tmp_path / "half.npz", dtype="float16")
    ratio = (tmp_path / "half.npz").stat().st_size / archive.stat().st_size
    assert 0.49 < ratio < 0.52


def test_an_archive_names_all_parts_of_its_network(archive):
    with np.load(archive) as arrays:
        named = arrays["architecture"].tolist()
    assert named == [
        *(small_encoder.NAME, "attention_transfer", "full", "add", "full", "scale_transfer"),
    ]


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


def test_how_weights_were_trained_is_kept_but_not_by_averages(model, tmp_path):
    for name in ("first", "second"):
        save_weights(model, tmp_path / f"{name}.npz", training={"stage": name})
    assert read_about(tmp_path / "second.npz")["training"] == {"stage": "second"}
    load_weights(model, tmp_path / "second.npz")
    target = tmp_path / "average.npz"
    average_archives(tmp_path / "first.npz", tmp_path / "second.npz", 0.5, target)
    assert "training" not in read_about(target)


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

import resource
import signal
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import keras
import numpy as np
import pytest

from atnet.training import checkpoints
from atnet.version import __version__


def small_model(width=3):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(width), keras.layers.Dense(1)])
    model.compile(keras.optimizers.AdamW(1e-2, use_ema=True), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def learn(model, seed):
    rng = np.random.default_rng(seed)
    model.train_on_batch(rng.random((4, 2)), rng.random((4, 1)))


@pytest.fixture(scope="module")
def model():
    made = small_model()
    learn(made, 0)
    return made


@pytest.mark.backend
def test_a_restored_model_goes_on_as_the_saved_one(model, tmp_path):
    path = checkpoints.save(tmp_path, model, 7, [{"step": 7.0}], {"data": {"seed": 1}})
    assert checkpoints.step_of(path) == 7
    found, other = checkpoints.latest(tmp_path), small_model()
    assert found is not None
    assert (found.step, found.history, found.config) == (7, [{"step": 7.0}], {"data": {"seed": 1}})
    assert found.versions["keras"] == keras.__version__
    checkpoints.restore(other, found)
    learn(other, 1)
    twin = small_model()
    checkpoints.restore(twin, found)
    learn(twin, 1)
    expected = checkpoints.variable_arrays(twin)
    for name, values in checkpoints.variable_arrays(other).items():
        np.testing.assert_array_equal(values, expected[name])
        assert name in found.arrays


@pytest.mark.backend
def test_weights_optimiser_and_average_are_in_it(model):
    arrays = checkpoints.variable_arrays(model)
    weights, moments = 4, 2 * 4
    counters = 2  # iterations and learning rate
    assert len(arrays) == weights + moments + weights + counters


def test_another_network_is_refused_and_left_alone(model, tmp_path):
    checkpoints.save(tmp_path, model, 1, [], {})
    other = small_model(width=4)
    before = checkpoints.variable_arrays(other)
    found = checkpoints.latest(tmp_path)
    assert found is not None
    with pytest.raises(ValueError, match="step 1 is of another network"):
        checkpoints.restore(other, found)
    for name, values in checkpoints.variable_arrays(other).items():
        np.testing.assert_array_equal(values, before[name])


def test_a_damaged_checkpoint_is_passed_over_with_a_warning(model, tmp_path):
    checkpoints.save(tmp_path, model, 1, [], {})
    damaged = checkpoints.save(tmp_path, model, 2, [], {})
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 255
    damaged.write_bytes(content)
    with pytest.warns(UserWarning, match=r"step-00000002\.npz is damaged"):
        found = checkpoints.latest(tmp_path)
    assert found is not None
    assert found.step == 1


def test_what_a_file_would_run_is_not_run(model, tmp_path):
    """A pickled object may name any function; reading it would call that."""
    checkpoints.save(tmp_path, model, 1, [], {})
    np.savez(tmp_path / "step-00000002.npz", meta=np.array(Trap(tmp_path / "sprung"), object))
    with pytest.warns(UserWarning, match=r"step-00000002\.npz is damaged"):
        checkpoints.latest(tmp_path)
    checkpoints.describe_latest(tmp_path)
    assert not (tmp_path / "sprung").exists()


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_the_last_ones_and_the_best_are_kept(model, tmp_path):
    for step in (1, 2, 3, 4, 5):
        checkpoints.save(tmp_path, model, step, [], {})
    checkpoints.prune(tmp_path, keep=2, best=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"step-0000000{step}.npz" for step in (1, 4, 5)
    ]


def test_the_version_is_known_whatever_the_distribution_is_called(model, tmp_path, monkeypatch):
    def version(name):
        if name == "atnet":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(checkpoints, "version", version)
    checkpoints.save(tmp_path, model, 1, [], {})
    found = checkpoints.latest(tmp_path)
    assert found is not None
    assert found.versions["atnet"] == __version__


def test_a_checkpoint_that_cannot_be_written_leaves_nothing(model, tmp_path, monkeypatch):
    def full(file, **arrays):
        del arrays
        file.write(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space"):
        checkpoints.save(tmp_path, model, 1, [], {})
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_has_none(tmp_path):
    assert checkpoints.latest(tmp_path / "nothing") is None


def test_a_full_disk_leaves_the_checkpoint_before(model, tmp_path):
    path = checkpoints.save(tmp_path, model, 1, [], {})
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            checkpoints.save(tmp_path, model, 1, [], {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_it_says_is_read_without_its_arrays(model, tmp_path):
    assert checkpoints.describe_latest(tmp_path) is None
    checkpoints.save(tmp_path, model, 4, [{"step": 4}], {"data": {"seed": 1}})
    newest = checkpoints.save(tmp_path, model, 6, [{"step": 6}], {"data": {"seed": 1}})
    about = checkpoints.describe_latest(tmp_path)
    assert about is not None
    assert (about["step"], about["config"]) == (6, {"data": {"seed": 1}})
    newest.write_bytes(newest.read_bytes()[:1000])
    about = checkpoints.describe_latest(tmp_path)
    assert about is not None
    assert about["step"] == 4

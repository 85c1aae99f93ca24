import os

import keras
import pytest

from atnet.training import checkpoints
from atnet.training.config import Config, Schedule, as_dictionary
from atnet.training.runs import newest_finished


@pytest.fixture(scope="module")
def model():
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer="adam")
    model.optimizer.build(model.trainable_variables)
    return model


def write_stage(folder, model, step, age):
    """A stage of 1000 steps, stopped at one of them, with weights that old."""
    config = Config(refinement=Schedule(steps=1000), joint=Schedule(steps=1000))
    (folder / "checkpoints").mkdir(parents=True)
    checkpoints.save(folder / "checkpoints", model, step, [], as_dictionary(config))
    (folder / "best.npz").write_bytes(b"weights")
    os.utime(folder / "best.npz", (10**9 - age, 10**9 - age))


def test_the_newest_stage_that_has_ended_counts(tmp_path, model):
    write_stage(tmp_path / "old" / "joint", model, step=1000, age=9)
    write_stage(tmp_path / "refinement", model, step=1000, age=5)
    write_stage(tmp_path / "new" / "refinement", model, step=500, age=1)
    assert newest_finished(tmp_path) == tmp_path / "refinement"


def test_what_has_not_ended_or_is_no_run_does_not_count(tmp_path, model):
    write_stage(tmp_path / "joint", model, step=999, age=1)
    write_stage(tmp_path / "elsewhere", model, step=1000, age=1)
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "best.npz").write_bytes(b"weights")
    assert newest_finished(tmp_path) is None

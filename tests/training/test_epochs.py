from typing import Any

import keras
import numpy as np
import pytest

from atnet.data.training.pipeline import PipelineSettings, batches
from atnet.training.epochs import (
    DivergedError,
    Feed,
    RunFolder,
    Validation,
    averaged_weights,
    refuse_nan,
)
from training_files import write_training_set


@pytest.fixture
def settings(tmp_path):
    return PipelineSettings(write_training_set(tmp_path, count=2, size=(40, 40)), size=32, batch=2)


def test_feed_hands_on_what_it_gets():
    feed = Feed(iter([1, 2, 3]))
    handed = feed.batches()
    assert [next(handed) for _ in range(3)] == [1, 2, 3]
    assert feed.waited > 0


def test_validation_samples_are_the_first_of_the_pipeline(settings):
    validation = Validation.draw(settings, samples=3)
    source = batches(settings)
    expected = [next(source) for _ in range(2)]  # whole batches
    for side, found in enumerate((validation.inputs, validation.targets)):
        for name, values in found.items():
            together = np.concatenate([batch[side][name] for batch in expected])
            np.testing.assert_array_equal(values, together)
    assert validation.batch == 2


def test_a_run_keeps_its_files_together(tmp_path):
    folder = RunFolder(tmp_path)
    assert {folder.weights.parent, folder.checkpoints.parent} == {tmp_path}


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path):
    kept = [tmp_path / name for name in ("best.npz", "checkpoints/step-00000002.npz")]
    leftovers = [
        tmp_path / name for name in (".ab.part", "checkpoints/.cd.part", "sheets/.ef.part")
    ]
    for path in (*kept, *leftovers):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    RunFolder(tmp_path).remove_leftovers()
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(kept)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_no_number_is_refused_with_the_step(loss):
    with pytest.raises(DivergedError, match=f"the loss is {loss} at step 12"):
        refuse_nan(loss, 12)
    refuse_nan(0.5, 12)


@pytest.mark.backend
def value_of(weight):
    return np.asarray(keras.ops.convert_to_numpy(weight.value))[0, 0]


def test_averages_stand_in_for_the_weights_for_a_while():
    """One weight is moved by 1 twice; by halves, its average is (1 + 2) / 2."""
    model: Any = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5))
    (weight,) = model.trainable_variables
    weight.assign([[0.0]])
    model.optimizer.build([weight])
    for _ in range(2):
        model.optimizer.apply([keras.ops.convert_to_tensor([[-1.0]])])
    with averaged_weights(model):
        assert value_of(weight) == 1.5
    assert value_of(weight) == 2
    with pytest.raises(KeyError), averaged_weights(model):
        raise KeyError
    assert value_of(weight) == 2

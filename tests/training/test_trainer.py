import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from atnet.cli import app
from atnet.data.training.pipeline import PipelineSettings
from atnet.matting.about import read_about
from atnet.models.loading import load_network
from atnet.models.weights import variable_names
from atnet.training import checkpoints
from atnet.training.config import read_config
from atnet.training.epochs import Validation
from atnet.training.stages import SILENT, STAGES
from atnet.training.trainer import build, train, train_stages
from small_run import run, write_config
from training_files import write_training_set

STAGE = "encoder-decoder"
ON_JAX = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="other backends train on one device"
)


class Reports(keras.callbacks.Callback):
    """Notes which threads report steps."""

    async_safe = True

    def __init__(self):
        super().__init__()
        self.threads = set()

    def on_train_batch_end(self, batch, logs=None):
        del batch, logs
        self.threads.add(threading.current_thread())


@pytest.fixture(scope="module")
def reports():
    return Reports()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, reports):
    """A data set, and in `runs` a run that nothing disturbed."""
    path = tmp_path_factory.mktemp("training")
    for suffix in ("", "_test"):
        write_training_set(path / "data", count=3, size=(40, 40), suffix=suffix)
    run(STAGE, write_config(path), callbacks=[reports])
    return path


def begin(folder, runs, *place, **environment):
    """Starts training in a process of its own."""
    script = Path(__file__).with_name("small_run.py")
    return subprocess.Popen(
        [sys.executable, script, STAGE, folder / f"{runs}.toml", *place],
        env={**os.environ, "PYTHONPATH": str(script.parents[1]), **environment},
    )


def kill_when(process, condition):
    while not condition():
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


def final_arrays(folder, runs):
    checkpoint = checkpoints.latest(folder / runs / STAGE / "checkpoints")
    assert checkpoint is not None
    assert checkpoint.step == 6
    return checkpoint.arrays


@pytest.mark.backend
def test_a_run_killed_at_any_moment_ends_with_the_same_weights(folder):
    write_config(folder, "killed")
    written = folder / "killed" / STAGE / "checkpoints"
    after_a_checkpoint = (written / "step-00000002.npz").exists
    between_files = (folder / "killed" / STAGE / "sheets" / "step-00000004.jpg").exists
    for moment in (after_a_checkpoint, between_files):
        kill_when(begin(folder, "killed"), moment)
    leftovers = set(written.glob("*.part"))
    kill_when(begin(folder, "killed"), lambda: set(written.glob("*.part")) - leftovers)
    assert begin(folder, "killed").wait() == 0
    assert not list((folder / "killed").rglob("*.part*"))
    undisturbed = final_arrays(folder, "runs")
    resumed = final_arrays(folder, "killed")
    assert undisturbed.keys() == resumed.keys()
    for name, values in undisturbed.items():
        np.testing.assert_array_equal(resumed[name], values, err_msg=name)


@pytest.mark.usefixtures("folder")
def test_the_next_step_does_not_wait_for_the_figures_of_the_last(reports):
    """Or the device would idle while the loss travels: another thread waits for it."""
    assert reports.threads
    assert threading.main_thread() not in reports.threads


@pytest.mark.parametrize("names", [["refinement"], ["joint"], [STAGE, "refinement"]])
def test_stages_without_a_network_to_train_are_refused_by_name(folder, names):
    text = write_config(folder, "unrefined").read_text()
    (folder / "unrefined.toml").write_text(
        text.replace("[network]", "[network]\nrefinement = false")
    )
    config = read_config(folder / "unrefined.toml")
    with pytest.raises(ValueError, match=rf"refinement is false, and stage {names[-1]} trains"):
        train_stages(names, config)
    assert not (folder / "unrefined").exists()


TWO_DEVICES = "--xla_force_host_platform_device_count=2"


@ON_JAX
def test_two_devices_learn_what_one_does(folder):
    write_config(folder, "two")
    assert begin(folder, "two", XLA_FLAGS=f"{os.environ['XLA_FLAGS']} {TWO_DEVICES}").wait() == 0
    assert_same_curves(folder, "two")


@ON_JAX
def test_two_hosts_of_two_devices_learn_what_one_device_does(folder):
    write_config(folder, "hosts")
    with socket.create_server(("localhost", 0)) as server:
        coordinator = f"localhost:{server.getsockname()[1]}"
    flags = f"{os.environ['XLA_FLAGS']} {TWO_DEVICES}"
    hosts = [
        begin(folder, "hosts", str(index), "2", coordinator, XLA_FLAGS=flags) for index in (0, 1)
    ]
    assert [host.wait() for host in hosts] == [0, 0]
    assert_same_curves(folder, "hosts")


def assert_same_curves(folder, runs):
    one, several = (rows(folder / name / STAGE) for name in ("runs", runs))
    for name in ("loss", "val_loss", "val_sad"):
        np.testing.assert_allclose([r[name] for r in several], [r[name] for r in one], rtol=1e-3)


def rows(folder):
    with (folder / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.mark.backend
def test_a_run_leaves_figures_pictures_weights_and_checkpoints(folder):
    run_folder = folder / "runs" / STAGE
    history = rows(run_folder)
    assert [row["step"] for row in history] == [2, 4, 6]
    assert all(0 <= row["waiting"] <= 1 and row["images_per_second"] > 0 for row in history)
    assert history[-1]["learning_rate"] == pytest.approx(0.02 * 1e-3)
    assert len(list((run_folder / "sheets").glob("*.jpg"))) == 3
    assert list((run_folder / "tensorboard").iterdir())
    best = min(history, key=lambda row: row["val_sad"])["step"]
    kept = {
        checkpoints.step_of(path)
        for path in checkpoints.list_checkpoints(run_folder / "checkpoints")
    }
    assert kept == {4, 6, best}
    about = read_about(run_folder)["training"]
    assert (about["stage"], about["figures"]["step"]) == (STAGE, best)
    assert load_network(run_folder / "best.npz").encoder == "small"


def test_a_stage_that_has_ended_can_be_made_longer(folder):
    path = write_config(folder, "longer")
    path.write_text(path.read_text().replace("steps = 6", "steps = 8"))
    shutil.copytree(folder / "runs" / STAGE, folder / "longer" / STAGE)
    line = r"encoder_decoder\.steps grew from 6 to 8: from step 6 on, the learning rate follows"
    with pytest.warns(UserWarning, match=line):
        run(STAGE, path)
    before, after = (rows(folder / name / STAGE) for name in ("runs", "longer"))
    assert after[:3] == before
    assert [row["step"] for row in after] == [2, 4, 6, 8]
    assert after[3]["learning_rate"] == pytest.approx(0.02 * 1e-3)
    run(STAGE, path)  # has ended again: there is nothing to do, or to say
    with pytest.raises(ValueError, match=r"was begun with another encoder_decoder\.steps"):
        run(STAGE, write_config(folder, "longer"))


@pytest.mark.backend
def test_the_best_weights_are_averages_and_were_validated(folder, tmp_path):
    path, place = write_config(folder, "best"), folder / "runs" / STAGE
    best = min(rows(place), key=lambda row: row["val_sad"])
    name_weights(path, place / "best.npz")
    model = build(STAGE, read_config(path))
    settings = PipelineSettings(folder / "data", size=32, batch=4, part="test")
    samples = Validation.draw(settings, 4)
    figures: Any = model.evaluate(
        samples.inputs, samples.targets, batch_size=4, verbose=SILENT, return_dict=True
    )
    assert figures["sad"] == pytest.approx(best["val_sad"], rel=1e-5)
    written = arrays(model.trainable_variables)
    shutil.copy(place / "checkpoints" / f"step-{int(best['step']):08d}.npz", tmp_path)
    checkpoint = checkpoints.latest(tmp_path)
    assert checkpoint is not None
    checkpoints.restore(model, checkpoint)
    averages = [v for v in model.optimizer.variables if v.path.endswith("_average")]
    for average, values in zip(arrays(averages), written, strict=True):
        np.testing.assert_array_equal(average, values)
    last = arrays(model.trainable_variables)
    assert not all(np.array_equal(*pair) for pair in zip(last, written, strict=True))


def arrays(variables):
    return [np.asarray(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


@pytest.fixture(scope="module")
def untrained(folder):
    """A model whose optimiser has yet to make its steps: 12, and 4 of them warm up."""
    path = write_config(folder, "untrained")
    text = path.read_text().replace("average = 0.5", "average = 0.5\nweight_decay = 0.5")
    path.write_text(text.replace("6\nwarmup = 1\nlearning_rate = 1e-3", SCHEDULE))
    return build(STAGE, read_config(path))


SCHEDULE = "12\nwarmup = 4\nlearning_rate = 0.1"


@pytest.mark.backend
@pytest.mark.parametrize(
    ("step", "share"), [(0, 0), (1, 0.25), (2, 0.5), (4, 1), (8, 0.51), (12, 0.02)]
)
def test_the_rate_warms_up_and_falls_along_half_a_cosine(untrained, step, share):
    """Half-way down, at step 8, it is the mean of 1 and 0.02."""
    untrained.optimizer.iterations.assign(step)
    assert float(untrained.optimizer.learning_rate) == pytest.approx(share * 0.1, abs=1e-8)


@pytest.mark.backend
def test_kernels_alone_decay(untrained):
    """By rate times decay, where no gradient moves them: 0.1 x 0.5 at the end of the warm-up."""
    one_of_each = {variable.name: variable for variable in untrained.trainable_variables}
    for variable in one_of_each.values():
        variable.assign(keras.ops.ones(variable.shape))
    still = [keras.ops.zeros(variable.shape) for variable in one_of_each.values()]
    untrained.optimizer.iterations.assign(4)
    untrained.optimizer.apply(still, list(one_of_each.values()))
    left = dict(zip(one_of_each, arrays(one_of_each.values()), strict=True))
    assert left.keys() == {"kernel", "bias", "gamma", "beta"}
    for name, values in left.items():
        np.testing.assert_allclose(values, 0.95 if name == "kernel" else 1)


def name_weights(path, weights):
    path.write_text(path.read_text().replace("[network]", f'[network]\nweights = "{weights}"'))


def test_a_stage_starts_from_named_weights_where_none_came_before(folder):
    path = write_config(folder, "alone")
    named = folder / "runs" / STAGE / "best.npz"
    name_weights(path, named)
    network = build("joint", read_config(path)).network
    for name, values in weights_of(named).items():
        np.testing.assert_array_equal(variable_names(network)[name], values, err_msg=name)


def lacks_bfloat16():
    """Without AVX-512, PyTorch fails in the gradient of a convolution in bfloat16."""
    if keras.backend.backend() != "torch":
        return False
    import torch

    return not torch.ops.mkldnn._is_mkldnn_bf16_supported()


@pytest.fixture(scope="module")
def all_stages(folder):
    """What the command says of a run of all stages in half the precision, and its folder."""
    path = write_config(folder, "all")
    path.write_text(path.read_text().replace("steps = 6", "steps = 2"))
    if not lacks_bfloat16():
        path.write_text(
            path.read_text().replace("[network]", '[network]\nprecision = "mixed_bfloat16"')
        )
    trained = CliRunner().invoke(app, ["train", "all", "--config", str(path), "--json"])
    assert trained.exit_code == 0, trained.output
    command = f"atnet evaluate composition1k {folder / 'data'} --preset {folder / 'all' / 'joint'}"
    assert f"To test these weights: {command}\n" in trained.stderr
    return json.loads(trained.stdout), folder / "all"


def weights_of(archive):
    describing = ("architecture", "training")
    return {name: values for name, values in np.load(archive).items() if name not in describing}


def test_all_stages_train_in_turn_in_half_the_precision(all_stages):
    reported, place = all_stages
    assert list(reported) == list(STAGES)
    for stage, figures in reported.items():
        assert figures["weights"] == str(place / stage / "best.npz")
        assert figures["val_sad"] == min(row["val_sad"] for row in rows(place / stage))
        assert np.isfinite([row["loss"] for row in rows(place / stage)]).all()
        assert {w.dtype for w in weights_of(figures["weights"]).values()} == {np.dtype("float32")}


def test_refinement_starts_from_the_first_stage_and_leaves_it_alone(all_stages):
    _, place = all_stages
    first, second = (weights_of(place / stage / "best.npz") for stage in (STAGE, "refinement"))
    changed = {
        name.split("/")[0] for name in first if not np.array_equal(first[name], second[name])
    }
    assert changed == {"refinement"}


def test_a_finished_stage_is_not_overwritten(folder):
    with pytest.raises(ValueError, match="holds a run of 6 steps; --resume goes on with it"):
        train(STAGE, read_config(folder / "runs.toml"))


def test_what_a_later_stage_would_overwrite_is_found_before_the_first_begins(folder):
    path = write_config(folder, "late")
    shutil.copytree(folder / "runs" / STAGE, folder / "late" / "joint")
    with pytest.raises(ValueError, match=r"late/joint: holds a run of 6 steps; --resume"):
        train_stages(list(STAGES), read_config(path))
    assert [stage.name for stage in (folder / "late").iterdir()] == ["joint"]


def test_a_run_goes_on_with_its_own_configuration_only(folder):
    path = write_config(folder)
    path.write_text(path.read_text().replace("average = 0.5", "average = 0.9"))
    with pytest.raises(ValueError, match=r"was begun with another optimizer\.average"):
        run(STAGE, path)
    write_config(folder)


def test_the_schedule_of_another_stage_may_change(folder):
    path = write_config(folder)
    path.write_text(path.read_text().replace("[joint]\nsteps = 2", "[joint]\nsteps = 4"))
    best = run(STAGE, path)
    assert best["weights"] == str(folder / "runs" / STAGE / "best.npz")
    write_config(folder)


def test_refinement_without_a_first_stage_says_what_to_do(folder):
    with pytest.raises(ValueError, match=r"train encoder-decoder first, or name weights"):
        run("refinement", write_config(folder, "nothing"))


def test_without_a_test_part_a_share_of_the_training_set_validates(tmp_path):
    write_training_set(tmp_path / "data", count=3, size=(40, 40))
    path = write_config(tmp_path)
    with pytest.raises(
        ValueError, match=r"fg_test: is not a folder; validation needs .*validation_share"
    ):
        run(STAGE, path)
    assert not (tmp_path / "runs").exists()
    path.write_text(path.read_text().replace("workers = 0", "workers = 0\nvalidation_share = 0.3"))
    assert run(STAGE, path)["val_sad"] > 0


@pytest.mark.backend
def test_a_loss_that_is_no_number_stops_the_run(folder):
    path = write_config(folder, "diverged")
    path.write_text(path.read_text().replace("learning_rate = 1e-3", "learning_rate = 1e35"))
    with pytest.raises(
        ValueError, match=r"the loss is (nan|inf) at step .* Lower the learning rate"
    ):
        run(STAGE, path)


def test_an_exported_network_is_trained_on_with_its_own_normalisation(folder):
    settings = read_config(write_config(folder, "on"))
    changes = {"encoder": "efficientnet_lite0", "weights": "atnet-lite", "normalisation": "stored"}
    network = settings.network.model_copy(update=changes)
    model = build("joint", settings.model_copy(update={"network": network}))
    trained = {variable.path for variable in model.trainable_variables}
    assert "decoder/level1/fuse/kernel" in trained
    assert not [path for path in trained if path.endswith(("gamma", "beta"))]

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from atnet.models.loading import load_network
from atnet.models.weights import save_weights
from atnet.training import checkpoints
from atnet.training.config import Config, as_dictionary
from scene_files import save, write_composites

SCRIPT = Path(__file__).parents[1] / "test_adobe_data.py"


@pytest.fixture
def data(tmp_path):
    return write_composites(tmp_path / "data")


def run(folder, *options, **environment):
    command = [sys.executable, str(SCRIPT), *options]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_supplied_trimaps_are_used_and_alphas_written(data):
    result = run(data.parent, "--report", "report")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert re.fullmatch(
        "atnet-vgg16, quality standard, refinement colour-lines, SHA-256 [0-9a-f]{64}, "
        "spaces [0-9a-f]{64}",
        lines[0],
    )
    assert lines[1] == "2 composites; trimaps supplied with the data set"
    assert lines[2].startswith("disc_0: sad ")
    assert [line.split()[1] for line in lines[4:8]] == ["sad", "mse", "gradient", "connectivity"]
    assert lines[8].startswith("NOT comparable")
    assert "2 composites were scored" in lines[8]
    assert (data.parent / "images/adobe_data/disc_1.png").is_file()
    assert "NOT comparable" in (data.parent / "report/report.html").read_text()


def test_made_trimaps_are_said_to_be_made(data):
    for path in (data / "trimap_test").iterdir():
        path.unlink()
    (data / "trimap_test").rmdir()
    result = run(data.parent)
    assert result.returncode == 0, result.stderr
    assert "both sides eroded by 10 pixels" in result.stdout.splitlines()[1]
    assert "not the official ones" in result.stdout.splitlines()[-1]


def test_the_originals_policy_can_be_chosen(data):
    result = run(data.parent, "--trimaps", "original")
    assert "dilated 20 times by a 3 x 3 cross" in result.stdout


def test_failures_show_in_the_exit_code(data):
    save(data / "trimap_test/disc_0.png", np.zeros((3, 3), np.uint8))
    result = run(data.parent)
    assert result.returncode == 1
    assert "problem: disc_0: sizes differ" in result.stderr
    assert "disc_0: TrimapError" in result.stdout


def test_names_that_standard_output_cannot_encode_are_escaped(data):
    (data / "mask_test/disc.png").rename(data / "mask_test/dilsł.png")
    for path in [*data.glob("merged_test/*"), *data.glob("trimap_test/*")]:
        path.rename(path.with_name(path.name.replace("disc", "dilsł")))
    result = run(data.parent, PYTHONIOENCODING="latin-1")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[2].startswith(r"dils\u0142_0: sad ")


def test_a_stopped_run_goes_on(data):
    assert run(data.parent, "--report", "report").returncode == 0
    refused = run(data.parent, "--report", "report")
    assert refused.returncode == 1
    assert "has 2 rows; continue with --resume" in refused.stderr
    resumed = run(data.parent, "--report", "report", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "disc_0: sad" not in resumed.stdout
    assert "mean sad" in resumed.stdout


def test_a_missing_folder_is_one_line(tmp_path):
    result = run(tmp_path, "--data", "nowhere")
    assert result.returncode == 1
    assert (
        result.stderr == f"test_adobe_data: error: {Path('nowhere/merged_test')}: is not a folder\n"
    )


def finish_run(folder):
    """What a stage leaves that has ended: the light weights, and a checkpoint of its last step."""
    network = load_network("atnet-lite")
    save_weights(network, folder / "best.npz")
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd")
    (folder / "checkpoints").mkdir()
    last = Config().refinement.steps
    checkpoints.save(folder / "checkpoints", model, last, [], as_dictionary(Config()))


def test_what_was_trained_last_is_tested(data):
    best = Path("runs/refinement")
    (data.parent / best).mkdir(parents=True)
    finish_run(data.parent / best)
    result = run(data.parent)
    assert result.returncode == 0, result.stderr
    model, chosen, *_ = result.stdout.splitlines()
    digest = hashlib.sha256((data.parent / best / "best.npz").read_bytes()).hexdigest()
    assert model == f"{best}, quality standard, refinement colour-lines, SHA-256 {digest}"
    assert chosen == f"{best} is the newest finished run; --preset names another model"
    named = run(data.parent, "--preset", "atnet-lite")
    assert named.stdout.startswith("atnet-lite, quality standard")
    assert "newest" not in named.stdout


def test_runs_that_have_not_ended_are_passed_over(data):
    (data.parent / "runs" / "joint").mkdir(parents=True)
    (data.parent / "runs" / "joint" / "best.npz").write_bytes(b"of a run that was killed")
    result = run(data.parent)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("atnet-vgg16")

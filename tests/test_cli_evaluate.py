import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from atnet.cli import app
from atnet.evaluation.metrics import score
from scene_files import disc_scene, save, write_folder

UNSTEADY = ("seconds", "megabytes")


def atnet(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def process(*arguments, **environment):
    command = [sys.executable, "-m", "atnet", *map(str, arguments)]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, check=False)


@pytest.fixture
def files(tmp_path):
    _, trimap, alpha = disc_scene()
    arrays = {"prediction": alpha // 2, "alpha": alpha, "trimap": trimap}
    return [save(tmp_path / f"{name}.png", pixels) for name, pixels in arrays.items()], arrays


def steady(folder):
    """What a report says, without what no two runs share."""
    found = json.loads((folder / "report.json").read_text())
    for part in (*found["rows"], *found["means"].values()):
        for name in UNSTEADY:
            part.pop(name, None)
    return found["means"], found["rows"]


def test_score_prints_the_four_errors_exactly(files):
    paths, arrays = files
    result = atnet("score", *paths, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == score(**arrays)._asdict()
    assert f"sad          {score(**arrays).sad:.6f}" in atnet("score", *paths).stdout


def test_score_snaps_trimaps_with_a_warning(files):
    (prediction, alpha, trimap), arrays = files
    save(trimap, np.where(arrays["trimap"] == 128, 127, arrays["trimap"]).astype(np.uint8))
    result = atnet("score", prediction, alpha, trimap, "--json")
    assert json.loads(result.stdout) == score(**arrays)._asdict()
    assert "warning: trimap:" in result.stderr


def test_score_refuses_other_sizes(files, tmp_path):
    (_, alpha, trimap), _ = files
    small = save(tmp_path / "small.png", np.zeros((3, 4), np.uint8))
    result = atnet("score", small, alpha, trimap)
    assert result.exit_code == 1
    assert result.stderr.startswith("atnet: error: prediction, alpha and trimap must be")
    assert result.stderr.count("\n") == 1


def test_evaluate_prints_and_reports(tmp_path):
    folder = write_folder(tmp_path / "set")
    result = atnet("evaluate", "folder", folder, "--report", tmp_path / "out")
    assert result.exit_code == 0
    assert "| scene2 |" in result.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "alphas", "report.csv", "report.html", "report.json", "report.md", "rows.jsonl",
    ]  # fmt: skip
    assert str(tmp_path / "out" / "report.html") in result.stderr
    again = atnet("evaluate", "folder", folder, "--report", tmp_path / "out")
    assert again.exit_code == 1
    assert "--resume" in again.stderr


def test_evaluate_scores_predictions_as_json(tmp_path):
    folder = write_folder(tmp_path)
    result = atnet("evaluate", "folder", folder, "--predictions", folder / "alpha", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["means"]["all"] == {
        "scenes": 3, "sad": 0, "mse": 0, "gradient": 0, "connectivity": 0,
    }  # fmt: skip


def test_evaluate_names_all_problems_first_and_exits_with_1(tmp_path):
    folder = write_folder(tmp_path)
    (folder / "trimap" / "scene0.png").unlink()
    save(folder / "alpha" / "scene1.png", np.zeros((3, 4), np.uint8))
    result = atnet("evaluate", "folder", folder, "--json")
    assert result.exit_code == 1
    first, second, third = result.stderr.splitlines()[:3]
    assert first == "atnet: 2 problems of the data set:"
    assert second.endswith("scene0.png is missing")
    assert third == "  scene1: sizes differ: image 72 x 64, trimap 72 x 64, alpha 4 x 3"
    rows = {row["name"]: row["error"] for row in json.loads(result.stdout)["rows"]}
    assert rows["scene2"] is None
    assert None not in (rows["scene0"], rows["scene1"])


def test_evaluate_composition1k_says_whether_numbers_compare(tmp_path):
    image, trimap, alpha = disc_scene()
    save(tmp_path / "merged_test/disc_0.png", image)
    save(tmp_path / "mask_test/disc.png", alpha)
    save(tmp_path / "trimap_test/disc_0.png", trimap)
    result = atnet("evaluate", "composition1k", tmp_path, "--report", tmp_path / "out", "--json")
    assert result.exit_code == 0
    about = json.loads(result.stdout)["about"]
    assert about.get("Note", "").startswith("NOT comparable with the literature's numbers: 1 comp")
    for suffix in ("html", "md", "json"):
        assert "NOT comparable" in (tmp_path / f"out/report.{suffix}").read_text(encoding="utf-8")


def test_json_alone_is_on_standard_output(tmp_path, files):
    paths, arrays = files
    save(paths[2], np.where(arrays["trimap"] == 128, 127, arrays["trimap"]).astype(np.uint8))
    folder = write_folder(tmp_path / "set")
    (folder / "trimap/scene0.png").unlink()
    for command in (["score", *paths], ["evaluate", "folder", folder, "--report", tmp_path / "o"]):
        result = process(*command, "--json")
        assert isinstance(json.loads(result.stdout), dict)
        assert result.stderr.startswith(b"atnet: ")


@pytest.mark.parametrize("encoding", ["ascii", "ascii:surrogateescape"])
def test_letters_that_standard_output_cannot_encode_cost_no_scores(tmp_path, encoding):
    folder = write_folder(tmp_path / "set")
    result = process("evaluate", "folder", folder, PYTHONIOENCODING=encoding)
    assert result.returncode == 0, result.stderr
    assert rb"| MSE\xb710\xb3 |" in result.stdout
    assert b"| scene2 |" in result.stdout


def test_evaluate_alphamatting_takes_several_trimaps_and_saves_a_submission(tmp_path):
    image, trimap, _ = disc_scene()
    for number in (1, 3):
        save(tmp_path / f"trimap_lowres/Trimap{number}/troll.png", trimap)
    save(tmp_path / "input_lowres/troll.png", image)
    result = atnet(
        "evaluate", "alphamatting", tmp_path, "--test", "--trimap-set", 1, "--trimap-set", 3,
        "--save-alphas", tmp_path / "out",
    )  # fmt: skip
    assert result.exit_code == 0
    assert (tmp_path / "out/Trimap1/troll.png").is_file()
    assert (tmp_path / "out/Trimap3/troll.png").is_file()


def test_methods_and_predictions_are_compared_in_one_report(tmp_path):
    folder, out = write_folder(tmp_path / "set", count=2), tmp_path / "out"
    command = [
        "evaluate", "folder", folder, "--method", "atnet", "--quality", "fast",
        "--predictions", folder / "alpha", "--predictions", folder / "trimap", "--report", out,
    ]  # fmt: skip
    result = atnet(*command)
    assert result.exit_code == 0
    names = ["atnet-vgg16", "alpha", "trimap"]
    assert result.stdout.startswith(f"# {', '.join(names)} on set (folder)\n")
    assert "| scene1 |" in result.stdout
    assert str(out / "report.html") in result.stderr
    first = json.loads((out / "report.json").read_text())
    assert sorted(first["means"]["all"]) == sorted(names)
    assert first["means"]["all"]["alpha"]["sad"] == 0
    assert [row["method"] for row in first["rows"]] == names * 2

    refused = atnet(*command)
    assert refused.exit_code == 1
    assert "has 2 rows; continue with --resume" in refused.stderr
    assert refused.stderr.count("\n") == 1
    (out / "atnet-vgg16/alphas/scene1.png").unlink()
    resumed = atnet(*command, "--resume", "--json")
    assert resumed.exit_code == 0
    found = json.loads(resumed.stdout)
    assert found["files"]["json"] == str(out / "report.json")
    seconds = [
        {(row["method"], row["name"]): row["seconds"] for row in rows["rows"]}
        for rows in (first, found)
    ]
    computed = {key for key in seconds[0] if seconds[0][key] != seconds[1][key]}
    assert computed == {("atnet-vgg16", "scene1")}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--method", "atnet", "--method", "atnet"], "atnet-vgg16: is asked for twice"),
        (["--quality", "best", "--quality", "best"], "atnet-vgg16: is asked for twice"),
        (["--method", "atnet", "--method", "magic"], "method is 'magic'; allowed are atnet"),
        (["--preset", "atnet-vgg16", "--preset", "magic"], "preset is 'magic'; allowed are"),
        (["--quality", "fast", "--quality", "magic"], "quality is 'magic'; allowed are"),
        (["--method", "atnet", "--predictions", "gone"], "gone: is not a folder"),
        (["--predictions", "gone"], "gone: is not a folder"),
    ],
)
def test_methods_that_cannot_be_meant_are_refused_before_any_work(tmp_path, options, said):
    folder, out = write_folder(tmp_path / "set", count=1), tmp_path / "out"
    result = atnet("evaluate", "folder", folder, *options, "--report", out)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"atnet: error: {said}")
    assert result.stderr.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--resume"],
        ["--method", "predictions"],
        ["--clamp"],
        ["--method", "knn", "--quality", "best"],
        ["--predictions", "x", "--preset", "atnet-lite"],
        ["--method", "knn", "--method", "predictions"],
        ["--trimap-set", "1"],
        ["--predictions", "x", "--save-alphas", "y"],
        ["--make-trimaps", "magic"],
    ],
)
def test_bad_usage_exits_with_2(tmp_path, options):
    assert atnet("evaluate", "folder", tmp_path, *options).exit_code == 2


def test_made_trimaps_are_not_for_alphamatting(tmp_path):
    assert atnet("evaluate", "alphamatting", tmp_path, "--make-trimaps", "band").exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_run_resumes_to_the_same_result(tmp_path):
    folder = write_folder(tmp_path / "set", count=8)
    command = [sys.executable, "-m", "atnet", "evaluate", "folder", str(folder)]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    rows = killed / "rows.jsonl"
    process = subprocess.Popen(
        [*command, "--report", str(killed), "--workers", "2"],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not (rows.exists() and rows.read_bytes().count(b"\n")):
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not (killed / "report.json").exists()
    wait_for_end(process.pid)
    with rows.open("ab") as file:
        file.write(b'{"name": "scene7", "finger')
    assert atnet("evaluate", "folder", folder, "--report", killed, "--resume").exit_code == 0
    assert atnet("evaluate", "folder", folder, "--report", whole).exit_code == 0
    assert steady(killed) == steady(whole)
    assert len(rows.read_bytes().splitlines()) == 8


def wait_for_end(group, patience=20.0):
    """Workers of a killed parent end by themselves; a group that remains fails the test."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    pytest.fail("workers outlived their parent")

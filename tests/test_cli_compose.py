import json
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from atnet.cli import app
from scene_files import save, soft_disc


def atnet(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def compose(folder, *options):
    return atnet("compose", "--data", folder, "--backgrounds-each", 4, *options)


def write_data(folder, count=2, size=(40, 50), suffix="_test"):
    random = np.random.default_rng(7)
    for number in range(count):
        colours = random.integers(0, 256, (*size, 3), dtype=np.uint8)
        save(folder / f"fg{suffix}/f{number}.png", colours)
        save(folder / f"mask{suffix}/f{number}.png", soft_disc(size, 5 + 2 * number))
    for number in range(4):
        sides = size[0] - 5 + 4 * number, size[1]
        pixels = random.integers(0, 256, (*sides, 3), dtype=np.uint8)
        save(folder / f"bg{suffix}/b{number}.png", pixels)
    return folder


def contents(folder):
    """Finished files and their bytes."""
    files = [*folder.glob("merged_test/*.png"), *folder.glob("trimap_test/*.png")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_compose_reports_what_it_made_and_then_skips(tmp_path):
    write_data(tmp_path)
    result = compose(tmp_path, "--trimaps", "random", "--json")
    assert result.exit_code == 0
    folder = str(tmp_path / "merged_test")
    assert json.loads(result.stdout) == {
        "folder": folder,
        "composed": 8,
        "trimaps": 8,
        "kept": 0,
    }
    first = contents(tmp_path)
    assert len(first) == 16
    assert compose(tmp_path, "--trimaps", "random").stderr == (
        "atnet: foregrounds in the order of their file names\n"
        "atnet: backgrounds in the order of their file names\n"
        f"folder: {folder}\ncomposed: 0\ntrimaps: 0\nkept: 8\n"
    )
    assert contents(tmp_path) == first


def test_what_is_missing_is_made_again_and_the_rest_kept(tmp_path):
    write_data(tmp_path)
    compose(tmp_path, "--trimaps", "random")
    first = contents(tmp_path)
    (tmp_path / "merged_test/f0_1.png").unlink()
    (tmp_path / "trimap_test/f1_2.png").unlink()
    again = compose(tmp_path, "--trimaps", "random", "--json")
    summary = json.loads(again.stdout)
    assert (summary["composed"], summary["trimaps"], summary["kept"]) == (1, 1, 6)
    assert contents(tmp_path) == first


def test_supplied_trimaps_are_kept(tmp_path):
    write_data(tmp_path)
    supplied = save(tmp_path / "trimap_test/f0_0.png", np.full((40, 50), 128, np.uint8))
    before = supplied.read_bytes()
    assert compose(tmp_path, "--trimaps", "original").exit_code == 0
    assert supplied.read_bytes() == before
    assert len(contents(tmp_path)) == 16


def test_without_being_asked_no_trimaps_are_made(tmp_path):
    compose(write_data(tmp_path))
    assert not (tmp_path / "trimap_test").exists()


def test_any_number_of_workers_makes_the_same_bytes(tmp_path):
    one, three = write_data(tmp_path / "one"), write_data(tmp_path / "three")
    assert compose(one, "--trimaps", "random", "--seed", 5).exit_code == 0
    assert compose(three, "--trimaps", "random", "--seed", 5, "--workers", 3).exit_code == 0
    assert contents(one) == contents(three)


def test_the_training_set_goes_into_its_own_folders(tmp_path):
    write_data(tmp_path, suffix="")
    assert compose(tmp_path, "--set", "train", "--trimaps", "random").exit_code == 0
    assert len(list((tmp_path / "merged").iterdir())) == 8
    assert len(list((tmp_path / "trimap").iterdir())) == 8


def test_composites_of_the_originals_names_can_be_scored(tmp_path):
    write_data(tmp_path)
    assert compose(tmp_path, "--names", "original", "--trimaps", "random").exit_code == 0
    truth = tmp_path / "truth"
    for number in range(8):
        alpha = soft_disc((40, 50), 5 + 2 * (number // 4))
        save(truth / f"{number // 4}_{number}.png", alpha)
    result = atnet("evaluate", "composition1k", tmp_path, "--predictions", truth, "--json")
    means = json.loads(result.stdout)["means"]["all"]
    assert means["scenes"] == 8
    assert means["sad"] == 0


def test_numbered_composites_are_paired_by_adobes_list_or_not_at_all(tmp_path):
    write_data(tmp_path)
    names = tmp_path / "Combined_Dataset/Test_set/test_fg_names.txt"
    names.parent.mkdir(parents=True)
    names.write_text("f1.png\nf0.png\n")  # not the order of sorted names
    composed = compose(tmp_path, "--names", "original", "--trimaps", "random")
    assert composed.stderr.splitlines()[0] == f"atnet: foregrounds in the order of {names}"
    truth = tmp_path / "truth"
    for number in range(8):
        alpha = soft_disc((40, 50), 7 - 2 * (number // 4))
        save(truth / f"{number // 4}_{number}.png", alpha)

    report = tmp_path / "report"
    command = ["evaluate", "composition1k", tmp_path, "--predictions", truth, "--report", report]
    result = atnet(*command)
    assert result.exit_code == 0
    said = "composites are numbered in the order of Combined_Dataset/Test_set/test_fg_names.txt"
    assert result.stderr.splitlines()[0] == f"atnet: {said}"
    found = json.loads((report / "report.json").read_text())
    assert found["about"]["Pairing"] == said
    assert (found["means"]["all"]["scenes"], found["means"]["all"]["sad"]) == (8, 0)

    names.unlink()
    result = atnet(*command, "--resume")
    assert result.exit_code == 1
    assert "0_0.png: does not show f0" in result.stderr
    assert result.stderr.count("\n") == 1


def test_lists_that_contradict_each_other_are_refused(tmp_path):
    write_data(tmp_path)
    (tmp_path / "Combined_Dataset/Test_set").mkdir(parents=True)
    one, other = (
        tmp_path / place / "test_fg_names.txt" for place in ("", "Combined_Dataset/Test_set")
    )
    one.write_text("f0.png\nf1.png")
    other.write_text("f1.png\nf0.png")
    result = compose(tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"atnet: error: {one} and {other}: contradict each other")
    assert not (tmp_path / "merged_test").exists()


def test_all_problems_are_reported_and_nothing_is_made(tmp_path):
    write_data(tmp_path)
    (tmp_path / "mask_test/f0.png").unlink()
    save(tmp_path / "mask_test/f1.png", np.zeros((3, 4), np.uint8))
    (tmp_path / "test_fg_names.txt").write_text("f0.png\nf1.png")
    problems = [
        f"f0: alpha {tmp_path / 'mask_test/f0.png'} is missing",
        "f1: sizes differ: image 50 x 40, alpha 4 x 3",
    ]
    result = compose(tmp_path, "--trimaps", "random")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"atnet: foregrounds in the order of {tmp_path / 'test_fg_names.txt'}",
        "atnet: backgrounds in the order of their file names",
        "atnet: error: 2 problems, nothing was made:",
        *(f"  {problem}" for problem in problems),
    ]
    result = compose(tmp_path, "--trimaps", "random", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "error": "2 problems, nothing was made",
        "problems": problems,
    }
    assert not (tmp_path / "merged_test").exists()
    assert not (tmp_path / "trimap_test").exists()


def test_composites_of_other_settings_are_reported(tmp_path):
    write_data(tmp_path)
    compose(tmp_path)
    result = compose(tmp_path, "--names", "original")
    assert result.exit_code == 1
    assert "8 problems" in result.stderr
    assert f"{tmp_path / 'merged_test/f0_0.png'}: is none of the composites" in result.stderr


def test_a_file_damaged_behind_its_header_is_named_before_any_work(tmp_path):
    write_data(tmp_path)
    broken = tmp_path / "bg_test/b2.png"
    broken.write_bytes(broken.read_bytes()[:1000])
    result = compose(tmp_path)
    assert result.exit_code == 1
    assert f"{broken}: is damaged or truncated" in result.stderr
    assert "nothing was made" in result.stderr
    assert not (tmp_path / "merged_test").exists()


@pytest.mark.parametrize(
    "options",
    [["--set", "all"], ["--names", "mine"], ["--trimaps", "wide"], ["--workers", "0"],
     ["--backgrounds-each", "0"], ["--seed", "-1"]],
)  # fmt: skip
def test_bad_usage_exits_with_2(tmp_path, options):
    assert atnet("compose", "--data", tmp_path, *options).exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_run_continues_to_the_same_bytes(tmp_path):
    killed, whole = (write_data(tmp_path / name, 6, (200, 250)) for name in ("killed", "whole"))
    options = ["--backgrounds-each", "4", "--trimaps", "random"]
    process = subprocess.Popen(
        [sys.executable, "-m", "atnet", "compose", "--data", str(killed), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not any(killed.glob("merged_test/*.png")):
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.wait()
    partial = contents(killed)
    assert 0 < len(partial) < 48
    assert compose(killed, "--trimaps", "random").exit_code == 0
    assert compose(whole, "--trimaps", "random").exit_code == 0
    assert contents(killed) == contents(whole)
    assert partial.items() <= contents(whole).items()

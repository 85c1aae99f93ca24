"""`atnet batch` as users meet it: real processes, real signals, real files."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image
from typer.testing import CliRunner

from atnet.cli import app
from atnet.files.images import read_image
from atnet.files.journal import read_journal
from batch_files import photographs
from storage_files import install_shelf

COUNT = 40
COMMAND = ("in", "--out", "out", "--quality", "fast", "--workers", "2", "--engine", "onnxruntime")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.fixture
def folder(tmp_path):
    photographs(tmp_path / "in", COUNT)
    return tmp_path


@pytest.fixture
def refused(folder, monkeypatch):
    """Runs a command in this process, for the many that end before any work is done."""
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(app, ["batch", *map(str, arguments)])


def start(folder, *arguments, session=False):
    return subprocess.Popen(
        [sys.executable, "-m", "atnet", "batch", *COMMAND, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=session,
    )


def journal(folder):
    return read_journal(folder / "out/batch.jsonl")


def wait_for(run, condition):
    while not condition():
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)


def check_all_is_done(folder):
    entries = journal(folder)
    images = sorted(
        path.relative_to(folder / "in").as_posix()
        for path in (folder / "in").rglob("x*.png")
        if "trimap" not in path.name
    )
    assert sorted(entry["image"] for entry in entries) == images  # none lost, none twice
    for entry in entries:
        assert entry["error"] is None
        ((name, size),) = entry["outputs"].items()
        assert (folder / "out" / name).stat().st_size == size
        with pytest.warns(UserWarning, match="transparent"):
            assert read_image(folder / "out" / name).shape == (32, 32, 3)


def visible(folder):
    return {path.name for path in folder.rglob("*") if path.is_file() and path.name[0] != "."}


@posix
def test_killed_at_any_moment_it_goes_on_and_nothing_is_lost_or_done_twice(folder):
    for done, delay in ((0, 0.05), (12, 0.02), (25, 0.0)):
        run = start(folder, "--resume")
        wait_for(run, lambda done=done: len(journal(folder)) > done)
        time.sleep(delay)
        run.kill()
        run.communicate()
        assert run.returncode == -signal.SIGKILL
        kept = journal(folder)
    last = start(folder, "--resume", "--json")
    output, errors = last.communicate()
    assert (last.returncode, errors) == (0, b"")
    assert json.loads(output)["kept"] == len(kept)
    assert journal(folder)[: len(kept)] == kept
    check_all_is_done(folder)
    assert len(visible(folder / "out")) == COUNT + 1


@posix
@pytest.mark.parametrize(("number", "everyone"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_told_to_stop_it_ends_cleanly_and_goes_on(folder, number, everyone):
    """Ctrl-C reaches all processes of the terminal, `kill` one of them."""
    run = start(folder, session=True)
    wait_for(run, lambda: (folder / "out").exists() and len(journal(folder)) > 2)
    (os.killpg if everyone else os.kill)(run.pid, number)
    _, errors = run.communicate()
    assert run.returncode == 128 + number
    lines = errors.decode().splitlines()
    assert lines[-1] == "atnet: stopped; go on with --resume"
    assert "Traceback" not in errors.decode()
    assert all(entry["error"] is None for entry in journal(folder))
    assert list((folder / "out").rglob(".*")) == []


def test_what_fails_is_named_as_the_single_command_names_it(folder):
    (folder / "in/a/x0.png").write_bytes(b"GIF")
    (folder / "in/b/x1.trimap.png").unlink()
    run = start(folder, "--write", "alpha,composite")
    output, errors = run.communicate()
    assert (run.returncode, output) == (1, b"")
    failed = {entry["image"]: entry["error"] for entry in journal(folder) if entry["error"]}
    assert sorted(failed) == ["a/x0.png", "b/x1.png"]
    for name, error in failed.items():
        assert f"atnet: error: {name}: {error}" in errors.decode().splitlines()
        image = folder / "in" / name
        single = CliRunner().invoke(
            app, ["matte", str(image), "--trimap", str(image.with_suffix(".trimap.png")),
                  "--alpha", "one.png", "--quality", "fast"]
        )  # fmt: skip
        assert single.stderr == f"atnet: error: {error}\n"
    assert "failed: 2" in errors.decode()
    assert (folder / "out/b/x3.alpha.png").exists()
    assert (folder / "out/b/x3.composite.png").exists()


def test_a_list_names_hints_and_outputs(folder):
    (folder / "list.jsonl").write_text(
        '{"image": "in/a/x0.png", "trimap": "in/a/x0.trimap.png"}\n'
        '{"image": "in/b/x1.png", "box": [4, 4, 24, 24], "alpha": "y/one.png"}\n'
    )
    command = ["list.jsonl", *COMMAND[1:]]
    run = subprocess.run(
        [sys.executable, "-m", "atnet", "batch", *command], cwd=folder, check=False,
        capture_output=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert visible(folder / "out") == {"batch.jsonl", "x0.cutout.png", "one.png"}
    assert (folder / "out/in/a/x0.cutout.png").exists()
    assert (folder / "out/y/one.png").exists()


@posix
def test_a_watched_folder_is_matted_as_files_arrive_and_are_whole(folder):
    growing, late = folder / "in/a/x0.png", folder / "in/b/x1.trimap.png"
    whole = growing.read_bytes()
    growing.write_bytes(whole[:-40])
    late.rename(folder / "late.png")
    run = start(folder, "--watch")

    def others_are_done():
        growing.touch()  # as if more came all the time
        return (folder / "out").exists() and len(journal(folder)) == COUNT - 2

    wait_for(run, others_are_done)
    growing.write_bytes(whole)
    (folder / "late.png").rename(late)
    wait_for(run, lambda: len(journal(folder)) == COUNT)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate()
    assert run.returncode == 128 + signal.SIGINT
    assert errors.decode().endswith("atnet: stopped; go on with --resume\n")
    check_all_is_done(folder)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in"], "--out"),
        (["in", "--out", "o", "--write", "alpha,hair"], "'hair'"),
        (["in", "--out", "o", "--write", ""], "allowed are"),
        (["in", "--out", "o", "--shard", "0/2"], "--shard"),
        (["in", "--out", "o", "--shard", "3/2"], "--shard"),
        (["in", "--out", "o", "--shard", "half"], "--shard"),
        (["in", "--out", "o", "--workers", "0"], "--workers"),
        (["in", "--out", "o", "--on", "slurm"], "--on"),
        (["in", "--out", "o", "--auto", "--masks", "in"], "at most one of"),
        (["list.jsonl", "--out", "o", "--auto"], "are for folders"),
    ],
)
def test_bad_usage_is_exit_2(refused, folder, arguments, message):
    run = refused(*arguments)
    assert run.exit_code == 2
    assert message in run.stderr
    assert not (folder / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", "--out", "o"], "none: is neither a folder nor a manifest"),
        (["in", "--out", "in/out"], "in/out: is inside of in"),
        (["in", "--out", "o", "--trimaps", "none"], "none: is not a folder"),
        (["in", "--out", "o", "--suffix", ".jpg"], "no alpha channel"),
        (["in", "--out", "o", "--background", "no-colour"], "neither a file nor a colour"),
        (["in", "--out", "o", "--preset", "nope"], "allowed are atnet-vgg16"),
        (["in", "--out", "o", "--threads", "0"], "threads 0"),
        (["in", "--out", "o", "--watch", "--on", "ray"], "only a folder of this machine"),
        (["nope://in", "--out", "o"], "nope://in: Protocol not known: nope"),
        (["in", "--out", "a::s3://o"], "chains of URLs cannot be used"),
    ],
)
def test_what_cannot_begin_is_one_line_and_exit_1(refused, folder, arguments, message):
    run = refused(*arguments)
    assert run.exit_code == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith("atnet: error: ")
    assert message in line
    assert not any(path.suffix == ".png" for path in folder.glob("o/**/*"))


def test_all_bad_lines_of_a_list_are_named(refused, folder):
    (folder / "list.jsonl").write_text('{"image": "x.png", "auto": true}\n{\n{"image": "y.png"}\n')
    run = refused("list.jsonl", "--out", "o", "--json")
    assert run.exit_code == 1
    assert run.stderr.splitlines()[0] == "atnet: error: list.jsonl: nothing was done:"
    assert [line.split(":")[0] for line in run.stderr.splitlines()[1:]] == ["  line 2", "  line 3"]
    assert len(json.loads(run.stdout)["problems"]) == 2
    assert not (folder / "o").exists()


def test_a_storage_is_read_and_written_by_several_processes(folder):
    environment = os.environ | install_shelf(folder)
    (folder / "in").rename(folder / "objects/photos")
    (folder / "objects/photos/a/x0.png").unlink()
    command = ["shelf://photos", *COMMAND[1:2], "shelf://out", *COMMAND[3:], "--json"]
    runs = [
        subprocess.run(
            [sys.executable, "-m", "atnet", "batch", *command, *more],
            cwd=folder, env=environment, check=False, capture_output=True,
        )
        for more in ([], [], ["--resume"])
    ]  # fmt: skip
    assert [run.returncode for run in runs] == [0, 1, 0], runs
    assert json.loads(runs[0].stdout)["done"] == COUNT - 1
    assert b"shelf://out/batch.jsonl: has 39 rows; continue with --resume" in runs[1].stderr
    assert (json.loads(runs[2].stdout)["kept"], runs[2].stderr) == (COUNT - 1, b"")
    entries = read_journal(folder / "objects/out/batch.jsonl")
    sizes = {name: size for entry in entries for name, size in entry["outputs"].items()}
    out = folder / "objects/out"
    assert sizes == {
        path.relative_to(out).as_posix(): path.stat().st_size for path in out.rglob("*.png")
    }
    assert len(sizes) == COUNT - 1
    assert not (folder / "out").exists()


@posix
def test_on_ray_it_is_stopped_and_goes_on_here(folder):
    """Ctrl-C reaches all processes of the terminal, Ray's too."""
    run = start(folder, "--on", "ray", "--max-memory", "400MB", "--json", session=True)
    wait_for(run, lambda: (folder / "out").exists() and len(journal(folder)) > 2)
    os.killpg(run.pid, signal.SIGINT)
    output, errors = run.communicate()
    assert (run.returncode, errors) == (130, b"atnet: stopped; go on with --resume\n")
    assert json.loads(output)["failed"] == 0
    assert list((folder / "out").rglob(".*")) == []
    kept = len(journal(folder))
    assert 2 < kept < COUNT
    run = start(folder, "--json", "--resume")
    output, errors = run.communicate()
    assert (run.returncode, errors) == (0, b"")
    assert json.loads(output)["kept"] == kept
    check_all_is_done(folder)


def test_a_folder_may_be_named_like_a_manifest(refused, folder):
    (folder / "in").rename(folder / "in.jsonl")
    ran = refused("in.jsonl", *COMMAND[1:], "--shard", "1/8")
    assert ran.exit_code == 0, ran.stderr
    assert list((folder / "out").rglob("*.cutout.png"))


def test_files_that_exist_are_not_replaced_unless_allowed(refused, folder):
    there = folder / "out/a/x0.cutout.png"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"mine")
    ran = refused(*COMMAND, "--no-clobber")
    assert (ran.exit_code, ran.stderr.count("exists, and is not to be replaced")) == (1, 1)
    assert [path for path in (folder / "out").rglob("*") if path.is_file()] == [there]
    assert there.read_bytes() == b"mine"


def test_trimaps_are_scaled_to_their_photographs_on_request(refused, folder):
    for path in (folder / "in").rglob("*.trimap.png"):
        with Image.open(path) as picture:
            picture.resize((64, 64), Image.Resampling.NEAREST).save(path)
    arguments = (*COMMAND, "--shard", "1/8")
    assert "give a trimap of the image's size" in refused(*arguments).stderr
    ran = refused(*arguments, "--resume", "--resize-trimap")
    assert ran.exit_code == 0, ran.stderr


def test_leftovers_of_a_killed_run_go_when_it_goes_on(refused, folder):
    leftover = folder / f"out/a/.{'0a' * 8}.part"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    (folder / "out/a/own.part").write_bytes(b"mine")
    ran = refused(*COMMAND, "--resume")
    assert ran.exit_code == 0, ran.stderr
    assert not leftover.exists()
    assert (folder / "out/a/own.part").read_bytes() == b"mine"


def test_bands_and_scribbles_are_those_of_the_single_command(refused, folder):
    for path in (folder / "in").rglob("*.trimap.png"):
        hint = folder / "hints" / path.relative_to(folder / "in")
        hint.parent.mkdir(parents=True, exist_ok=True)
        path.rename(hint.with_name(hint.name.replace(".trimap", "")))
    arguments = (*COMMAND, "--shard", "1/8", "--resume")
    for kind, band in (("--scribbles", "3"), ("--masks", "3"), ("--masks", "9%")):
        ran = refused(*arguments, kind, "hints", "--band", band)
        assert ran.exit_code == 0, ran.stderr
    done = next((folder / "out").rglob("*.cutout.png")).relative_to(folder / "out")
    name = str(done).replace(".cutout", "")
    single = CliRunner().invoke(
        app,
        f"matte in/{name} --mask hints/{name} --band 9% --quality fast --engine onnxruntime "
        "--cutout single.png",
    )
    assert single.exit_code == 0, single.stderr
    assert (folder / "single.png").read_bytes() == (folder / "out" / done).read_bytes()
    assert "--band does nothing" in " ".join(refused(*arguments, "--band", "3").stderr.split())

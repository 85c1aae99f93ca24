"""The command line as users meet it: exit codes, both streams, files; mostly real processes."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from atnet.cli import app
from atnet.files.images import encode_image, read_grey, write_image
from atnet.matting.presets import PRESETS


def atnet(*arguments, stdin=b"", folder=None):
    return subprocess.run(
        [sys.executable, "-m", "atnet", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=folder,
        check=False,
    )


@pytest.fixture
def refused(folder, monkeypatch):
    """Runs a command in this process, for the many that end before any work is done."""
    monkeypatch.chdir(folder)
    return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    write_image(tmp_path / "photo.png", rng.random((40, 50, 3), "float32"))
    trimap = np.full((40, 50), 128 / 255, np.float32)
    trimap[:10], trimap[-10:] = 0, 1
    write_image(tmp_path / "trimap.png", trimap)
    write_image(tmp_path / "other.png", trimap[:20])
    write_image(tmp_path / "black.png", np.zeros((40, 50), np.float32))
    write_image(
        tmp_path / "grey127.png", np.where(trimap == np.float32(128 / 255), 127 / 255, trimap)
    )
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes((tmp_path / "photo.png").read_bytes()[:2000])
    (tmp_path / "folder.png").mkdir()
    return tmp_path


def one_line(stream: bytes | str) -> str:
    lines = (stream if isinstance(stream, str) else stream.decode()).strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_matte_writes_a_cutout_beside_the_image(folder):
    run = atnet("matte", "photo.png", "--trimap", "trimap.png", folder=folder)
    assert run.returncode == 0, run.stderr
    assert (folder / "photo.cutout.png").exists()
    assert run.stdout == b""


def test_the_quality_decides_what_refines_unless_told_otherwise(refused, folder):
    alphas = []
    for options in ([], ["--refine", "none"], ["--quality", "fast"]):
        ran = refused("matte", "photo.png", "--trimap", "trimap.png", "--alpha", "a.png", *options)
        assert ran.exit_code == 0, ran.stderr
        alphas.append(read_grey(folder / "a.png"))
    np.testing.assert_array_equal(alphas[1], alphas[2])
    assert not np.array_equal(alphas[0], alphas[1])


def test_json_goes_to_standard_output_alone(folder):
    run = atnet(
        "matte", "photo.png", "--trimap", "trimap.png", "--alpha", "a.png", "--json", folder=folder
    )
    summary = json.loads(run.stdout)
    assert summary["alpha"] == "a.png"
    assert summary["unknown"] == 0.5
    assert run.stderr == b""


def test_pipes(folder):
    run = atnet(
        "matte", "-", "--trimap", "trimap.png", "--alpha", "-",
        stdin=(folder / "photo.png").read_bytes(), folder=folder,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert read_grey(run.stdout).shape == (40, 50)


def test_snapping_is_a_warning_with_a_count(folder):
    run = atnet("matte", "photo.png", "--trimap", "grey127.png", "--alpha", "a.png", folder=folder)
    assert run.returncode == 0
    warning = run.stderr.decode().splitlines()[0]
    assert warning.startswith("atnet: warning: ")
    assert "1000" in warning.replace(",", "")


@pytest.mark.parametrize(
    ("image", "trimap", "message"),
    [
        ("missing.png", "trimap.png", "missing.png: cannot be read"),
        ("folder.png", "trimap.png", "folder.png"),
        ("text.png", "trimap.png", "text.png: is not"),
        ("empty.png", "trimap.png", "empty.png"),
        ("cut.png", "trimap.png", "cut.png: is damaged or truncated"),
        ("photo.png", "missing.png", "missing.png: cannot be read"),
        ("photo.png", "photo.png", "is coloured"),
        ("photo.png", "other.png", "50 x 20 pixels, but the image is 50 x 40"),
        ("photo.png", "black.png", "trimap"),
    ],
)
def test_bad_input_is_one_line_and_exit_1(refused, folder, image, trimap, message):
    before = sorted(folder.iterdir())
    run = refused("matte", image, "--trimap", trimap, "--cutout", "c.png")
    assert run.exit_code == 1
    line = one_line(run.stderr)
    assert line.startswith("atnet: error: ")
    assert message in line
    assert run.stdout == ""
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    "target", ["missing/c.png", "folder.png", "c.bmp", "c.jpg", "photo.png/c.png"]
)
def test_unwritable_targets_are_one_line_and_exit_1(refused, target):
    run = refused("matte", "photo.png", "--trimap", "trimap.png", "--cutout", target)
    assert run.exit_code == 1
    assert target in one_line(run.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["matte"],
        ["matte", "photo.png"],
        ["matte", "photo.png", "--trimap", "trimap.png", "--auto"],
        ["matte", "photo.png", "--box", "1,2,3"],
        ["matte", "photo.png", "--box", "a,b,c,d"],
        ["matte", "-", "--trimap", "-"],
        ["matte", "photo.png", "--trimap", "trimap.png", "--alpha", "-", "--cutout", "-"],
        ["matte", "photo.png", "--trimap", "trimap.png", "--alpha", "-", "--json"],
        ["matte", "photo.png", "--trimap", "trimap.png", "--quality", "good"],
        ["matte", "photo.png", "--trimap", "trimap.png", "--refine", "all"],
        ["matte", "photo.png", "--trimap", "trimap.png", "--engine", "steam"],
        ["paint"],
        ["demo", "--frobnicate"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_2(refused, arguments):
    run = refused(*arguments)
    assert run.exit_code == 2
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--max-memory", "100MB"], "smallest tile needs"),
        (["--max-memory", "lots"], "max_memory is 'lots'"),
        (["--threads", "0"], "threads is 0"),
        (["--preset", "nope"], "allowed are atnet-vgg16"),
        (["--preset", "text.onnx"], "text.onnx"),
        (["--bits", "12"], "12 bits"),
    ],
)
def test_bad_values_are_one_line_and_exit_1(refused, folder, option, message):
    (folder / "text.onnx").write_text("not a model")
    run = refused("matte", "photo.png", "--trimap", "trimap.png", "--alpha", "a.png", *option)
    assert run.exit_code == 1
    assert message in one_line(run.stderr)
    assert not (folder / "a.png").exists()


@pytest.mark.parametrize(
    "outputs",
    [
        ["--alpha", "photo.png"],
        ["--alpha", "./photo.png"],
        ["--cutout", "trimap.png"],
        ["--alpha", "o.png", "--cutout", "o.png"],
        ["--alpha", "o.png", "--cutout", "folder.png/../o.png"],
        ["--composite", "grey127.png", "--background", "grey127.png"],
    ],
    ids=" ".join,
)
def test_no_output_replaces_an_input_or_another_output(refused, folder, outputs):
    before = {path: path.is_file() and path.read_bytes() for path in folder.iterdir()}
    run = refused("matte", "photo.png", "--trimap", "trimap.png", *outputs)
    assert run.exit_code == 1
    assert "give" in one_line(run.stderr)
    assert {path: path.is_file() and path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_named_like_a_colour_is_no_background(folder):
    (folder / "white").mkdir()
    run = atnet(
        "matte", "photo.png", "--trimap", "trimap.png", "--composite", "c.png", folder=folder
    )
    assert run.returncode == 0, run.stderr


def test_json_tells_of_the_trimap_that_was_made(folder):
    run = atnet("trimap", "photo.png", "--mask", "trimap.png", "-o", "made.png", "--json",
                folder=folder)  # fmt: skip
    assert json.loads(run.stdout) == {"trimap": "made.png"}
    assert run.stderr == b""


def test_trimap_from_a_mask(folder):
    mask = np.zeros((40, 50), np.float32)
    mask[10:30, 10:40] = 1
    run = atnet("trimap", "photo.png", "--mask", "-", "-o", "made.png",
                stdin=encode_image(mask), folder=folder)  # fmt: skip
    assert run.returncode == 0, run.stderr
    values = np.unique(np.round(read_grey(folder / "made.png") * 255))
    assert values.tolist() == [0, 128, 255]


def test_models_lists_names_and_prints_cards():
    listed = json.loads(atnet("models", "--json").stdout)
    assert [model["name"] for model in listed] == ["atnet-vgg16", "atnet-lite"]
    record = json.loads(atnet("models", "atnet-vgg16", "--json").stdout)
    assert record["parameters"] == 23_332_071
    assert "Measured quality" in record["card"]
    assert b"atnet-vgg16" in atnet("models").stdout
    assert b"Measured quality" in atnet("models", "atnet-vgg16").stdout
    file = json.loads(atnet("models", str(PRESETS["atnet-lite"].path)).stdout)
    assert file["sha256"] == PRESETS["atnet-lite"].sha256
    run = atnet("models", "nope")
    assert run.returncode == 1
    assert "allowed are" in one_line(run.stderr)


def test_export_without_its_file_is_one_line(tmp_path):
    run = atnet("export", tmp_path / "nope.npz", "-o", tmp_path / "m.onnx")
    assert run.returncode == 1
    one_line(run.stderr)  # the missing file, or the missing export extra


@pytest.mark.parametrize("command", ["matte", "trimap", "demo", "models", "export"])
def test_help_shows_an_example_without_loading_anything_heavy(command):
    code = (
        "import sys; from atnet.cli import app\n"
        "try: app([sys.argv[1], '--help'], prog_name='atnet')\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'keras', 'jax', 'torch', 'pandas', 'ray'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, command], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "Example" in run.stdout


def test_every_command_has_json():
    import typer.main

    from atnet.cli import app

    group = typer.main.get_command(app)
    assert len(group.commands) >= 10  # pyright: ignore[reportAttributeAccessIssue]
    for name, command in group.commands.items():  # pyright: ignore[reportAttributeAccessIssue]
        if name == "serve":  # has no end to report
            continue
        assert "--json" in {option for part in command.params for option in part.opts}, name


def test_version():
    import atnet as package

    assert atnet("--version").stdout.decode().strip() == package.__version__


def test_a_reader_who_has_seen_enough_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(
        [sys.executable, "-m", "atnet", "models"],
        check=False,
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    assert run.stderr == b""


def test_finishing_options_reach_the_files(refused, folder):
    options = ["--crop", "2", "--premultiplied", "--bits", "16", "--background", "blur:3"]
    ran = refused(
        "matte", "photo.png", "--trimap", "trimap.png", "--cutout", "c.tif", "--composite", "p.png",
        *options, "--quality", "fast", "--json",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stderr
    left, top, width, height = json.loads(ran.stdout)["crop"]
    with Image.open(folder / "p.png") as composite:
        assert composite.size == (width, height)
    assert (left, left + width, top + height) == (0, 50, 40)  # foreground up to three edges
    with tifffile.TiffFile(folder / "c.tif") as file:
        assert file.pages.first.extrasamples == (1,)
        assert file.pages.first.shape == (height, width, 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--crop", "wide"], "give a margin in pixels such as 20, or such as 5%"),
        (["--background", "blur:x"], "is no blur"),
        (["--cutout", "c.exr", "--bits", "8"], "c.exr: .exr files cannot hold 8 bits"),
    ],
)
def test_bad_finishing_options_are_one_line(refused, options, message):
    run = refused("matte", "photo.png", "--trimap", "trimap.png", "--alpha", "a.png", *options)
    assert run.exit_code == 1
    assert message in one_line(run.stderr)


def test_a_trimap_on_stored_pixels_is_fitted_or_as_told(refused, folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(folder / "photo.png") as photo:
        photo.rotate(90, expand=True).save(folder / "turned.png", exif=exif)
    with Image.open(folder / "trimap.png") as trimap:
        trimap.rotate(90, expand=True).save(folder / "stored.png")
    run = ["matte", "turned.png", "--trimap", "stored.png", "--alpha", "a.png", "--quality", "fast"]
    fitted = refused(*run)
    assert fitted.exit_code == 0
    assert "only its stored pixels have this size" in fitted.stderr.splitlines()[0]
    assert read_grey(folder / "a.png").shape == (40, 50)
    told = refused(*run, "--trimap-orientation", "shown")
    assert told.exit_code == 1
    assert "40 x 50 pixels, but the image is 50 x 40" in one_line(told.stderr)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("matte - --trimap trimap.png --alpha o.png <&-", "standard input is closed"),
        ("matte photo.png --trimap trimap.png --quality fast --alpha - >&-", "output is closed"),
        ("models >/dev/full", "No space left on device"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such shell")
def test_streams_that_cannot_be_used_are_named(folder, command, said):
    run = subprocess.run(
        ["/bin/sh", "-c", f"'{sys.executable}' -m atnet {command}"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 1
    assert said in one_line(run.stderr)
    assert not (folder / "o.png").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such shell")
def test_a_photograph_comes_through_a_pipe_with_a_name(folder):
    command = "trimap /dev/stdin --mask trimap.png -o o.png"
    run = subprocess.run(
        ["/bin/sh", "-c", f"cat photo.png | '{sys.executable}' -m atnet {command}"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert (folder / "o.png").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_ctrl_c_during_the_first_imports_is_quiet(folder):
    (folder / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    run = subprocess.run(
        [sys.executable, "-m", "atnet", "models"],
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"")

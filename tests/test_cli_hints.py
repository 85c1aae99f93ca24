"""The options that say where the subject is, on the command line."""

import numpy as np
import pytest
from onnx import helper
from typer.testing import CliRunner

from atnet.cli import app
from atnet.files.images import read_grey, write_image
from onnx_files import save_network

ROWS, COLUMNS = np.indices((120, 160))
DISTANCE = np.hypot(ROWS - 60, COLUMNS - 80)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A red disc on blue, and whatever can say where it is."""
    monkeypatch.chdir(tmp_path)
    alpha = np.clip((37 - DISTANCE) / 2, 0, 1)[..., None]
    write_image("photo.png", alpha * [0.9, 0.2, 0.1] + (1 - alpha) * [0.1, 0.3, 0.6])
    write_image("mask.png", DISTANCE < 36)
    write_image("alpha.png", alpha[..., 0])
    write_image("labels.png", (DISTANCE < 36).astype(np.uint8))
    write_image("black.png", np.zeros((120, 160)))
    scribbles = np.zeros((120, 160, 4), np.uint8)
    scribbles[50:60, 70:90], scribbles[5:8] = 255, (0, 0, 0, 255)
    write_image("scribbles.png", scribbles)
    save_network(
        tmp_path / "net.onnx",
        [helper.make_node("Conv", ["x", "weights"], ["y"])],
        {"x": [1, 3, "h", "w"]},
        {"y": [1, 1, "h", "w"]},
        {"weights": np.array([1, 0, 0], np.float32).reshape(1, 3, 1, 1)},
    )
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def made(*options):
    ran = run("trimap", "photo.png", "-o", "made.png", *options)
    assert ran.exit_code == 0, ran.stderr
    return np.round(read_grey("made.png") * 255).astype(np.uint8)


@pytest.mark.parametrize(
    "options",
    [
        ["--mask", "mask.png"],
        ["--mask", "labels.png"],
        ["--mask", "mask.png", "--band", "8"],
        ["--mask", "alpha.png", "--band", "soft"],
        ["--from-alpha", "alpha.png"],
        ["--box", "30,10,100,100"],
        ["--box", "30,10,100,100", "--band", "8%"],
        ["--scribbles", "scribbles.png"],
        ["--mask-model", "net.onnx", "--mask-settings", "size = 64, stretch = true"],
        ["--mask-model", "net.onnx", "--mask-preset", "isnet", "--mask-settings", "size = 80"],
        ["--auto"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("folder")
def test_every_hint_finds_the_disc(options):
    trimap = made(*options)
    assert (trimap[DISTANCE < 15] == 255).all()
    assert (trimap[DISTANCE > 55] == 0).all()
    assert (trimap[(DISTANCE > 35) & (DISTANCE < 37)] == 128).all()
    assert set(np.unique(trimap)) == {0, 128, 255}


def test_batches_find_what_the_single_command_finds(folder):
    photographs = folder / "in"
    photographs.mkdir()
    (photographs / "x.png").write_bytes((folder / "photo.png").read_bytes())
    finding = ("--mask-model", "net.onnx", "--mask-settings", "size = 64, stretch = true")
    options = (*finding, "--band", "6", "--quality", "fast", "--engine", "onnxruntime")
    ran = run("batch", "in", "--out", "out", "--write", "alpha", "--workers", "1", *options)
    assert ran.exit_code == 0, ran.stderr
    ran = run("matte", "photo.png", "--alpha", "single.png", *options)
    assert ran.exit_code == 0, ran.stderr
    assert (folder / "out/x.alpha.png").read_bytes() == (folder / "single.png").read_bytes()


@pytest.mark.usefixtures("folder")
def test_matte_takes_them_too():
    ran = run("matte", "photo.png", "--scribbles", "scribbles.png", "--band", "8", "--alpha",
              "a.png", "--quality", "fast")  # fmt: skip
    assert ran.exit_code == 0, ran.stderr
    alpha = read_grey("a.png")
    assert alpha[60, 80] == 1
    assert alpha[0, 0] == 0


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "give exactly one of"),
        (["--mask", "mask.png", "--auto"], 2, "give exactly one of"),
        (["--auto", "--mask-preset", "u2net"], 2, "need --mask-model"),
        (["--box", "1,2,3"], 2, "x,y,width,height"),
        (["--mask", "mask.png", "--band", "wide"], 1, "band is 'wide'; give pixels such as 20"),
        (["--mask", "mask.png", "--band", "soft"], 1, "black and white alone"),
        (["--mask", "black.png"], 1, "its values are 0 to 0 of 255, all of it background"),
        (["--scribbles", "photo.png"], 1, "scribbles: there are no white strokes"),
        (["--scribbles", "mask.png", "--band", "-2"], 1, "band is '-2'"),
        (["--mask-model", "net.onnx"], 1, "nothing says how its pictures must be"),
        (["--mask-model", "photo.png", "--mask-preset", "u2net"], 1, "is no ONNX model"),
        (["--mask-model", "no.onnx", "--mask-preset", "u2net"], 1, "no.onnx: cannot be read"),
        (["--mask-model", "net.onnx", "--mask-preset", "yolo"], 1, "allowed are u2net"),
        (["--mask-model", "net.onnx", "--mask-settings", "size = 0"], 1, "size is 0"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_wrong_is_said_in_one_line(options, code, message):
    ran = run("trimap", "photo.png", "-o", "made.png", *options)
    assert ran.exit_code == code
    assert message in " ".join(ran.stderr.replace("│", " ").split())
    if code == 1:
        assert ran.stderr.count("\n") == 1


@pytest.mark.usefixtures("folder")
def test_a_band_means_nothing_to_a_drawn_trimap():
    made("--mask", "mask.png")
    ran = run("matte", "photo.png", "--trimap", "made.png", "--band", "3", "--alpha", "a.png")
    assert ran.exit_code == 2
    assert "--band does nothing to a trimap" in ran.stderr


@pytest.mark.usefixtures("folder")
def test_what_is_read_is_not_overwritten():
    for option, name in (("--scribbles", "scribbles.png"), ("--from-alpha", "alpha.png")):
        ran = run("trimap", "photo.png", option, name, "-o", name)
        assert ran.exit_code == 1
        assert "would replace" in ran.stderr

import io
from pathlib import Path

import numpy as np
import pytest

from atnet.files.images import ImageError, read_grey, read_image, write_image
from atnet.jobs.photo import (
    Job,
    Outputs,
    demo_job,
    matte_photo,
    parse_background,
    write_trimap,
)
from atnet.matting.predictor import Matting
from atnet.subjects.hints import Box, DrawnTrimap, NoHint, RoughMask
from atnet.trimaps import TrimapError


@pytest.fixture(scope="module")
def matting():
    return Matting()


@pytest.fixture
def photo(tmp_path):
    """A bright disc on a dark ground, soft at the rim, with its trimap and a rough mask."""
    rows, columns = np.indices((96, 128))
    alpha = np.clip((30 - np.hypot(rows - 48, columns - 64)) / 6 + 0.5, 0, 1)
    image = np.full((96, 128, 3), [0.05, 0.1, 0.4])
    image = alpha[..., None] * [0.9, 0.8, 0.3] + (1 - alpha[..., None]) * image
    write_image(tmp_path / "photo.png", image.astype(np.float32))
    trimap = np.select([alpha == 0, alpha == 1], [0.0, 1.0], 128 / 255)
    write_image(tmp_path / "trimap.png", trimap.astype(np.float32))
    write_image(tmp_path / "mask.png", (alpha > 0.5).astype(np.float32))
    return tmp_path


def job(folder, hint=None, background=(1.0, 1.0, 1.0), bits=8, **outputs):
    """The job of the photograph; outputs are named by their files."""
    return Job(
        folder / "photo.png",
        hint or DrawnTrimap(folder / "trimap.png"),
        Outputs(**{kind: folder / name for kind, name in outputs.items()}),
        background,
        bits,
    )


def test_everything_that_can_be_written(photo, matting):
    names = {kind: f"out.{kind}.png" for kind in ("alpha", "foreground", "cutout", "composite")}
    done = matte_photo(job(photo, background=(0.0, 1.0, 0.0), bits=16, **names), matting)
    assert (done.width, done.height) == (128, 96)
    assert 0 < done.unknown < 0.2
    alpha = read_grey(photo / "out.alpha.png")
    assert alpha[48, 64] == 1
    assert alpha[0, 0] == 0
    np.testing.assert_array_equal(read_grey(photo / "out.cutout.png"), alpha)  # its alpha channel
    composite = read_image(photo / "out.composite.png")
    np.testing.assert_allclose(composite[0, 0], [0, 1, 0], atol=1e-4)
    np.testing.assert_allclose(composite[48, 64], [0.9, 0.8, 0.3], atol=0.01)
    foreground = read_image(photo / "out.foreground.png")
    np.testing.assert_allclose(foreground[48, 64], [0.9, 0.8, 0.3], atol=0.01)


def test_a_picture_as_background_covers_the_image(photo, matting):
    write_image(photo / "under.png", np.full((10, 10, 3), 0.25, np.float32))
    matte_photo(job(photo, background=photo / "under.png", composite="out.png"), matting)
    np.testing.assert_allclose(read_image(photo / "out.png")[0, 0], 0.25, atol=0.005)


@pytest.mark.parametrize("kind", ["mask", "box", "auto"])
def test_other_ways_to_say_where_the_subject_is(photo, matting, kind):
    hint = {"mask": RoughMask(photo / "mask.png"), "box": Box(28, 12, 72, 72), "auto": NoHint()}
    matte_photo(job(photo, hint[kind], alpha="out.png"), matting)
    truth = np.hypot(*(np.indices((96, 128)) - np.array([48, 64])[:, None, None])) < 30
    assert np.abs(read_grey(photo / "out.png") - truth).mean() < 0.03


@pytest.mark.parametrize(
    ("outputs", "error", "message"),
    [
        ({"alpha": "a.gif"}, ImageError, "cannot write files that end in '.gif'"),
        ({"cutout": "a.jpg"}, ImageError, "no alpha channel"),
        ({"alpha": "a.jpg", "bits": 16}, ImageError, "16 bits"),
        ({"alpha": "missing/a.png"}, OSError, "does not exist"),
        ({"alpha": "photo.png"}, ValueError, "alpha would replace the image"),
        ({"alpha": "sub/../trimap.png"}, ValueError, "alpha would replace the trimap"),
        ({"alpha": "good.png"}, ValueError, "alpha and foreground are one file"),
    ],
)
def test_bad_targets_are_refused_before_anything_is_written(
    photo, matting, outputs, error, message
):
    (photo / "sub").mkdir()
    before = {path: path.is_file() and path.read_bytes() for path in photo.iterdir()}
    with pytest.raises(error, match=message):
        matte_photo(job(photo, foreground="good.png", **outputs), matting)
    assert {path: path.is_file() and path.read_bytes() for path in photo.iterdir()} == before


def test_a_background_is_not_replaced_either(photo, matting):
    write_image(photo / "under.png", np.full((10, 10, 3), 0.25, np.float32))
    with pytest.raises(ValueError, match="composite would replace the background"):
        matte_photo(job(photo, background=photo / "under.png", composite="under.png"), matting)


def test_a_colour_goes_before_a_folder_or_file_of_its_name(tmp_path, monkeypatch):
    """A folder named `white` once broke the default background."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "white").mkdir()
    (tmp_path / "red").write_bytes(b"x")
    assert parse_background("white") == (1, 1, 1)
    assert parse_background("red") == (1, 0, 0)
    assert parse_background("./red") == Path("red")
    for name in ("no-such-colour", "./white", "#12"):
        with pytest.raises(ImageError, match="neither a file nor a colour"):
            parse_background(name)


def test_a_mask_of_another_size_is_refused(photo, matting):
    write_image(photo / "mask.png", np.ones((5, 7), np.float32))
    with pytest.raises(TrimapError, match="7 x 5 pixels, but the image is 128 x 96"):
        matte_photo(job(photo, RoughMask(photo / "mask.png"), alpha="a.png"), matting)


def test_trimaps_are_written_exactly_and_never_as_jpeg_or_over_their_inputs(photo):
    image, mask = photo / "photo.png", RoughMask(photo / "mask.png")
    write_trimap(image, mask, photo / "made.png")
    values = np.unique(np.round(read_grey(photo / "made.png") * 255))
    assert values.tolist() == [0, 128, 255]
    with pytest.raises(ImageError, match="JPEG would change"):
        write_trimap(image, mask, photo / "made.jpg")
    with pytest.raises(ValueError, match="trimap would replace the mask"):
        write_trimap(image, mask, photo / "mask.png")
    with pytest.raises(ValueError, match="trimap would replace the image"):
        write_trimap(image, mask, image)


def test_the_demo_mattes_the_bundled_photograph(tmp_path, matting):
    done = matte_photo(demo_job(tmp_path), matting)
    assert {path.name for path in tmp_path.iterdir()} == {
        "alpha.png", "composite.png", "cutout.png", "foreground.png", "sheet.png"
    }  # fmt: skip
    assert (done.height, done.width) == (440, 680)
    alpha = read_grey(tmp_path / "alpha.png")
    # The fur's rim is soft: neither the trimap's grey nor a hard mask.
    soft = (alpha > 0.05) & (alpha < 0.95)
    assert 0.01 < soft.mean() < 0.08


def test_open_files_serve_as_well_as_names(photo, matting):
    matte_photo(job(photo, alpha="file.png"), matting)
    target = io.BytesIO()
    with (photo / "photo.png").open("rb") as image, (photo / "trimap.png").open("rb") as trimap:
        matte_photo(Job(image, DrawnTrimap(trimap), Outputs(alpha=target)), matting)
    assert target.getvalue() == (photo / "file.png").read_bytes()


def test_nothing_is_written_where_one_file_cannot_be(photo, matting, monkeypatch):
    """The disk is full when the second file is synced."""
    calls = []

    def full_disk(_):
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    before = sorted(photo.iterdir())
    with pytest.raises(OSError, match="No space left"):
        matte_photo(job(photo, alpha="a.png", cutout="c.png"), matting)
    assert sorted(photo.iterdir()) == before

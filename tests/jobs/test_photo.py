import io
import sys

import numpy as np
import pytest

from atnet.files.images import ImageError, encode_image, read_grey, read_image, write_image
from atnet.jobs.photo import matte_file, run_demo, write_trimap
from atnet.trimaps import TrimapError


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


def source(folder, kind="trimap"):
    return kind, str(folder / f"{kind}.png")


def test_everything_that_can_be_written(photo):
    outputs = {
        kind: str(photo / f"out.{kind}.png")
        for kind in ("alpha", "foreground", "cutout", "composite")
    }
    summary = matte_file(
        str(photo / "photo.png"), source(photo), outputs, background="#00ff00", bits=16
    )
    assert (summary["width"], summary["height"]) == (128, 96)
    alpha = read_grey(outputs["alpha"])
    assert alpha[48, 64] == 1
    assert alpha[0, 0] == 0
    np.testing.assert_array_equal(read_grey(outputs["cutout"]), alpha)  # its alpha channel
    composite = read_image(outputs["composite"])
    np.testing.assert_allclose(composite[0, 0], [0, 1, 0], atol=1e-4)
    np.testing.assert_allclose(composite[48, 64], [0.9, 0.8, 0.3], atol=0.01)
    np.testing.assert_allclose(
        read_image(outputs["foreground"])[48, 64], [0.9, 0.8, 0.3], atol=0.01
    )


def test_a_picture_as_background_covers_the_image(photo):
    write_image(photo / "under.png", np.full((10, 10, 3), 0.25, np.float32))
    target = str(photo / "out.png")
    matte_file(
        str(photo / "photo.png"),
        source(photo),
        {"composite": target},
        background=str(photo / "under.png"),
    )
    np.testing.assert_allclose(read_image(target)[0, 0], 0.25, atol=0.005)


@pytest.mark.parametrize("kind", ["mask", "box", "auto"])
def test_other_ways_to_say_where_the_subject_is(photo, kind):
    value = {"mask": str(photo / "mask.png"), "box": (28, 12, 72, 72), "auto": True}[kind]
    target = photo / "out.png"
    matte_file(str(photo / "photo.png"), (kind, value), {"alpha": str(target)})
    truth = np.hypot(*(np.indices((96, 128)) - np.array([48, 64])[:, None, None])) < 30
    assert np.abs(read_grey(target) - truth).mean() < 0.03


@pytest.mark.parametrize(
    ("outputs", "options", "message"),
    [
        ({"alpha": "a.gif"}, {}, "cannot write files that end in '.gif'"),
        ({"cutout": "a.jpg"}, {}, "no alpha channel"),
        ({"alpha": "a.jpg"}, {"bits": 16}, "16 bits"),
        ({"alpha": "missing/a.png"}, {}, "does not exist"),
        ({"composite": "a.png"}, {"background": "no-such-colour"}, "neither a file nor a colour"),
    ],
)
def test_bad_targets_are_refused_before_anything_is_written(photo, outputs, options, message):
    before = sorted(photo.iterdir())
    good = {"foreground": str(photo / "good.png")}
    named = {kind: str(photo / name) for kind, name in outputs.items()}
    with pytest.raises(ImageError, match=message):
        matte_file(str(photo / "photo.png"), source(photo), {**good, **named}, **options)
    assert sorted(photo.iterdir()) == before


def test_a_mask_of_another_size_is_refused(photo):
    write_image(photo / "mask.png", np.ones((5, 7), np.float32))
    with pytest.raises(TrimapError, match="7 x 5 pixels, the image 128 x 96"):
        matte_file(str(photo / "photo.png"), source(photo, "mask"), {"alpha": str(photo / "a.png")})


def test_trimaps_are_written_exactly_and_never_as_jpeg(photo):
    write_trimap(str(photo / "photo.png"), source(photo, "mask"), str(photo / "made.png"))
    values = np.unique(np.round(read_grey(photo / "made.png") * 255))
    assert values.tolist() == [0, 128, 255]
    with pytest.raises(ImageError, match="JPEG would change"):
        write_trimap(str(photo / "photo.png"), source(photo, "mask"), str(photo / "made.jpg"))


def test_demo_mattes_the_bundled_photograph(tmp_path):
    summary = run_demo(tmp_path / "new" / "demo")
    written = {path.name for path in (tmp_path / "new" / "demo").iterdir()}
    assert written == {
        "alpha.png", "composite.png", "cutout.png", "foreground.png", "sheet.png"
    }  # fmt: skip
    alpha = read_grey(summary["alpha"])
    assert alpha.shape == (440, 680)
    # The fur's rim is soft: neither the trimap's grey nor a hard mask.
    soft = (alpha > 0.05) & (alpha < 0.95)
    assert 0.01 < soft.mean() < 0.08


def test_an_image_reads_alike_from_a_pipe(photo, monkeypatch):
    class Stdin:
        buffer = io.BytesIO(encode_image(read_image(photo / "photo.png")))

    monkeypatch.setattr(sys, "stdin", Stdin)
    matte_file("-", source(photo), {"alpha": str(photo / "piped.png")})
    matte_file(str(photo / "photo.png"), source(photo), {"alpha": str(photo / "file.png")})
    assert (photo / "piped.png").read_bytes() == (photo / "file.png").read_bytes()

import doctest
import io
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atnet.arrays import to_float
from atnet.files import images
from atnet.files.images import (
    ImageError,
    as_grey,
    as_image,
    encode_image,
    read_grey,
    read_image,
    write_image,
)
from image_files import (
    ALPHA_16,
    LINEAR_GREY_PROFILE,
    RGB_8,
    RGB_16,
    WIDE_PROFILE,
    deep_png_with,
    oriented_files,
    png,
    saved,
    tiff,
)


def test_examples_run():
    assert doctest.testmod(images).failed == 0


# Transparency


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_transparent_pixels_show_white_and_hide_their_colour(kind):
    rgba = np.array([[[255, 0, 0, 255], [0, 51, 255, 51], [9, 8, 7, 0]]], np.uint8)
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    data = saved(rgba, kind, **options)
    with pytest.warns(UserWarning, match="image data: transparent pixels were put on white"):
        image = read_image(data)
    expected = [[[1, 0, 0], [0.8, 0.84, 1], [1, 1, 1]]]
    assert image == pytest.approx(np.array(expected), abs=1e-6)
    assert np.array_equal(read_grey(data), rgba[..., 3] / np.float32(255))


def test_opaque_alpha_is_dropped_silently():
    rgba = np.dstack([RGB_8, np.full((5, 7), 255, np.uint8)])
    assert np.array_equal(read_image(saved(rgba, "PNG")), RGB_8 / np.float32(255))
    grey = Image.fromarray(RGB_8[..., 0])
    opaque = Image.merge("LA", [grey, Image.new("L", grey.size, 255)])
    assert np.array_equal(read_grey(saved(opaque, "PNG")), RGB_8[..., 0] / np.float32(255))


def test_16_bit_grey_with_alpha():
    rows = b"".join(
        b"\0" + np.stack([grey, alpha], 1).astype(">u2").tobytes()
        for grey, alpha in zip(RGB_16[..., 0], ALPHA_16, strict=True)
    )
    data = png(7, 5, 16, 4, rows)
    assert np.array_equal(read_grey(data), ALPHA_16 / np.float32(65535))
    with pytest.warns(UserWarning, match="put on white"):
        image = read_image(data)
    expected = 1 - ALPHA_16 / 65535 * (1 - RGB_16[..., 0] / 65535)
    assert np.abs(image - expected[..., None]).max() < 1e-6


def test_16_bit_straight_and_premultiplied_alpha_look_the_same():
    alpha = np.array([[65535, 32768, 0]], np.uint16)
    straight = np.array([[[100, 20000, 65535], [60000, 30000, 10000], [9, 9, 9]]], np.uint16)
    share = alpha[..., None] / 65535
    multiplied = np.round(straight * share).astype(np.uint16)
    expected = straight / 65535 * share + 1 - share
    for colour, kind in ((straight, 2), (multiplied, 1)):
        with pytest.warns(UserWarning, match="put on white"):
            image = read_image(tiff(np.dstack([colour, alpha]), _338=kind))
        assert np.abs(image - expected).max() < 2e-5


def test_a_16_bit_channel_of_no_meaning_is_dropped():
    image = read_image(tiff(np.dstack([RGB_16, ALPHA_16]), _338=0))
    assert np.array_equal(image, RGB_16 / np.float32(65535))


def test_palettes_of_colours_and_of_transparency():
    palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    palette.putpalette([255, 0, 0, 0, 255, 0, 10, 20, 30])
    expected = np.array([[[255, 0, 0], [0, 255, 0], [10, 20, 30]]], np.float32) / 255
    assert np.array_equal(read_image(saved(palette, "PNG")), expected)
    with pytest.warns(UserWarning, match="put on white"):
        seen = read_image(saved(palette, "PNG", transparency=bytes([255, 0, 255])))
    assert np.array_equal(seen[0], [expected[0, 0], [1, 1, 1], expected[0, 2]])


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_a_transparent_key_colour_becomes_white(mode):
    image = Image.new(mode, (3, 1), 0 if mode != "RGB" else (0, 0, 0))
    image.putpixel((1, 0), 1 if mode == "1" else 90 if mode == "L" else (90, 0, 0))
    data = saved(image, "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0)
    with pytest.warns(UserWarning, match="put on white"):
        seen = read_image(data)[0, :, 0]
    assert seen.tolist() == pytest.approx([1, 1 if mode == "1" else 90 / 255, 1])
    assert read_grey(data).tolist() == [[0, 1, 0]]


# Greys from colour files


def test_grey_may_be_stored_as_colour():
    grey = np.dstack([RGB_8[..., 0]] * 3)
    assert np.array_equal(read_grey(saved(grey, "PNG")), RGB_8[..., 0] / np.float32(255))


def test_grey_tolerates_jpeg_noise_but_no_colour(tmp_path):
    pixel = np.array([[[100, 101, 102]]], np.uint8)
    assert read_grey(saved(pixel, "PNG"))[0, 0] == np.float32(101) / np.float32(255)
    path = tmp_path / "photo.png"
    path.write_bytes(saved(pixel + np.array([0, 0, 1], np.uint8), "PNG"))
    with pytest.raises(ImageError, match=r"photo\.png: is coloured"):
        read_grey(path)


def test_profiles_never_touch_greys():
    grey = Image.fromarray(np.array([[0, 55, 128, 255]], np.uint8))
    data = saved(grey, "PNG", icc_profile=LINEAR_GREY_PROFILE)
    assert np.array_equal(read_grey(data), np.array([[0, 55, 128, 255]], np.float32) / 255)


# Sources and warnings

BLACK = Image.new("RGB", (8, 6))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (saved(Image.new("RGBA", (2, 2)), "PNG"), "put on white"),
        (saved(BLACK, "TIFF", save_all=True, append_images=[BLACK]), "several frames"),
        (saved(BLACK, "PNG", icc_profile=b"no profile at all"), "unusable colour profile"),
        (deep_png_with(b"no profile at all"), "unusable colour profile"),
        (deep_png_with(WIDE_PROFILE), "16-bit values are kept"),
    ],
)
def test_warnings_point_at_the_caller(data, message):
    with pytest.warns(UserWarning, match=message) as caught:
        read_image(data)
    assert [warning.filename for warning in caught] == [__file__]


# Writing


IMAGE = np.full((4, 5, 3), 0.5, np.float32)


@pytest.mark.parametrize(
    ("image", "name", "bits", "message"),
    [
        (IMAGE, "a.gif", 8, r"end in '\.gif': use .*\.png"),
        (IMAGE, "a", 8, "end in ''"),
        (IMAGE, "a.png", 12, "cannot hold 12 bits per channel, only 8 or 16"),
        (IMAGE, "a.jpg", 16, "cannot hold 16 bits per channel, only 8"),
        (IMAGE, "a.webp", 16, "cannot hold 16 bits"),
        (np.ones((4, 5, 4), np.float32), "a.jpg", 8, r"no alpha channel: use \.png"),
        (np.ones((4, 5, 2), np.float32), "a.png", 8, r"shape \(4, 5, 2\)"),
        (np.ones((4, 5, 3, 1), np.float32), "a.png", 8, r"shape \(4, 5, 3, 1\)"),
        (np.ones(4, np.float32), "a.png", 8, r"shape \(4,\)"),
        (np.ones((0, 5), np.float32), "a.png", 8, r"shape \(0, 5\)"),
        (np.ones((4, 5), np.int32), "a.png", 8, "image is int32; give uint8, uint16"),
        (np.full((4, 5), np.nan, np.float32), "a.png", 8, "nan"),
        (np.full((4, 5), np.inf, np.float32), "a.png", 8, "inf"),
        (np.full((4, 5), 255, np.float32), "a.png", 8, "spans 255 to 255; floats must lie"),
        (np.full((4, 5), -0.002, np.float32), "a.png", 8, "-0.002"),
        (np.ones((2, 16384), np.float32), "a.webp", 8, "cannot hold"),
        (np.ones((2, 65536), np.float32), "a.jpg", 8, "cannot hold"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, image, name, bits, message):
    target = tmp_path / name
    target.write_bytes(b"before")
    with pytest.raises(ImageError, match=message) as caught:
        write_image(target, image, bits)
    assert str(caught.value).startswith(f"{target}: ")
    assert "\n" not in str(caught.value)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(name, b"before")]


def test_missing_folders_are_not_created(tmp_path):
    with pytest.raises(OSError, match=r"new does not exist: create it first"):
        write_image(tmp_path / "new" / "a.png", IMAGE)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_and_a_target_that_is_a_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OSError, match="does not exist"):
        write_image(tmp_path / "file" / "a.png", IMAGE)
    with pytest.raises(OSError, match="exists and is not a file"):
        write_image(tmp_path / "folder.png", IMAGE)
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["file", "folder.png"]


def test_a_failure_while_writing_leaves_the_target_and_no_temporary_file(tmp_path, monkeypatch):
    target = tmp_path / "a.png"
    target.write_bytes(b"before")

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match=r"a\.png: cannot be written: No space left"):
        write_image(target, IMAGE)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.png", b"before")]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_follow_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_image(tmp_path / "a.png", IMAGE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o666 & ~mask


# The forms that pixels are taken in


@pytest.fixture
def forms(tmp_path):
    """One picture in every form that is read."""
    path = tmp_path / "photo.png"
    path.write_bytes(saved(RGB_8, "PNG"))
    with path.open("rb") as file, Image.open(path) as opened:
        yield {
            "path": path,
            "text": str(path),
            "bytes": path.read_bytes(),
            "file": file,
            "memory": io.BytesIO(path.read_bytes()),
            "opened": opened,
            "made": Image.fromarray(RGB_8),
        }


@pytest.mark.parametrize("form", ["path", "text", "bytes", "file", "memory", "opened", "made"])
def test_every_form_gives_the_same_pixels(forms, form):
    np.testing.assert_array_equal(as_image(forms[form]), RGB_8)


def test_arrays_are_taken_as_they_are():
    assert as_image(RGB_8) is RGB_8
    mask = np.ones((2, 3), bool)
    assert as_grey(mask, "mask") is mask
    with pytest.raises(ValueError, match=r"^image has the shape \(2, 3\)"):
        as_image(mask)
    with pytest.raises(ValueError, match=r"^mask has the shape \(5, 7, 3\)"):
        as_grey(RGB_8, "mask")


def test_pillow_images_are_read_as_their_files_are():
    """Turned by EXIF, flattened on white with a warning, 16-bit grey in full."""
    for kind in ("png", "webp", "tiff"):
        _, data = oriented_files(6)[kind]
        with Image.open(io.BytesIO(data)) as opened:
            np.testing.assert_array_equal(read_image(opened), read_image(data))
    deep = Image.fromarray(ALPHA_16)
    np.testing.assert_array_equal(read_grey(deep), ALPHA_16 / np.float32(65535))
    clear = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
    with pytest.warns(UserWarning, match="image data: transparent pixels were put on white"):
        assert read_image(clear).min() == 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (io.StringIO("text"), "image data: is open as text: open it with mode 'rb'"),
        (io.BytesIO(b""), "image data: is empty"),
        (None, "image is a NoneType; give a path, bytes, a binary file, a Pillow image or an"),
        (3.5, "image is a float; give"),
        (Image.new("F", (2, 2)), "image data: has pixels of type 'F'"),
    ],
)
def test_other_things_are_refused(source, message):
    with pytest.raises(ImageError, match=message):
        read_image(source)


@pytest.mark.parametrize(
    ("pixels", "bits"), [(RGB_8, 8), (RGB_16, 16), (ALPHA_16, 16), (ALPHA_16 > 30000, 8)]
)
def test_whole_numbers_are_written_exactly(pixels, bits):
    again = read_image if pixels.ndim == 3 else read_grey
    np.testing.assert_array_equal(again(encode_image(pixels, ".png", bits)), to_float(pixels))

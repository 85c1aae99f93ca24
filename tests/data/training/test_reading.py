import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from atnet.data.training.reading import read_alpha, read_colour
from atnet.files.images import read_image
from image_files import ALPHA_16, RGB_8, RGB_16, opencv, saved
from scene_files import save


@pytest.mark.parametrize("kind", ["png", "tiff", "bmp"])
def test_colours_are_read_exactly(tmp_path, kind):
    path = save(tmp_path / f"image.{kind}", RGB_8)
    assert np.array_equal(read_colour(path), RGB_8)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bits_are_rounded_and_not_cut_off(tmp_path, suffix):
    path = tmp_path / f"deep{suffix}"
    path.write_bytes(opencv(RGB_16, suffix))
    assert np.array_equal(read_colour(path), np.round(RGB_16 / 257))
    assert np.array_equal(read_colour(path), np.round(255 * read_image(path)))


def test_transparency_of_colours_is_dropped(tmp_path):
    path = save(tmp_path / "image.png", np.dstack([RGB_8, np.zeros_like(RGB_8[..., 0])]))
    assert np.array_equal(read_colour(path), RGB_8)


@pytest.mark.parametrize("reduction", [2, 4, 8])
def test_a_reduced_picture_looks_like_a_scaled_one(tmp_path, reduction):
    rows, columns = np.indices((64, 96))
    ramp = np.dstack([2 * columns, 4 * rows, 255 - 2 * columns]).astype(np.uint8)
    path = save(tmp_path / "ramp.jpg", ramp)
    found = read_colour(path, reduction)
    assert found.shape == (64 // reduction, 96 // reduction, 3)
    scaled = cv2.resize(ramp, found.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(found.astype(int) - scaled).mean() < 3


def test_reduced_sides_are_rounded_up(tmp_path):
    path = save(tmp_path / "image.jpg", RGB_8)  # 5 x 7
    assert read_colour(path, 2).shape == (3, 4, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_pictures_are_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("JPEG", "PNG"):
        (tmp_path / "turned").write_bytes(saved(RGB_8, kind, exif=exif))
        upright = ImageOps.exif_transpose(Image.open(tmp_path / "turned"))
        found = read_colour(tmp_path / "turned")
        assert upright.size == found.shape[1::-1]
        if kind == "PNG":
            assert np.array_equal(found, np.asarray(upright))


GREY = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
MASKS = {
    "8 bits": (saved(GREY, "PNG"), GREY),
    "16 bits": (opencv(ALPHA_16, ".png"), np.round(ALPHA_16 / 257)),
    "three equal channels": (saved(np.dstack([GREY] * 3), "PNG"), GREY),
    "palette": (saved(Image.fromarray(GREY).convert("P"), "PNG"), GREY),
    "transparency": (saved(np.dstack([RGB_8, GREY]), "PNG"), GREY),
    "grey with transparency": (saved(Image.merge("LA", [Image.fromarray(GREY)] * 2), "PNG"), GREY),
}


@pytest.mark.parametrize("kind", MASKS)
def test_alpha_is_read_from_any_kind_of_mask(tmp_path, kind):
    data, expected = MASKS[kind]
    (tmp_path / "mask.png").write_bytes(data)
    found = read_alpha(tmp_path / "mask.png")
    assert found.dtype == np.uint8
    assert np.array_equal(found, expected)


TRUNCATED = saved(RGB_8, "PNG")[:-30]


@pytest.mark.parametrize("data", [b"", b"no image", TRUNCATED], ids=["empty", "text", "cut"])
@pytest.mark.parametrize("read", [read_colour, read_alpha])
def test_damaged_files_are_named(tmp_path, read, data):
    (tmp_path / "bad.png").write_bytes(data)
    with pytest.raises(ValueError, match=r"bad\.png: is damaged, truncated or no image"):
        read(tmp_path / "bad.png")


@pytest.mark.parametrize("read", [read_colour, read_alpha])
def test_missing_files_are_named(tmp_path, read):
    with pytest.raises(ValueError, match=r"gone\.png: cannot be read"):
        read(tmp_path / "gone.png")


def test_a_coloured_alpha_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is coloured"):
        read_alpha(save(tmp_path / "mask.png", RGB_8))

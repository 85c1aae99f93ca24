import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from atnet.arrays import to_float
from atnet.files.images import ImageError, read_image, read_photograph
from image_files import RGB_8, saved, tiff

HEIC = Path(__file__).parents[1] / "fixtures" / "photo.heic"
FOUR = np.zeros((24, 32, 3), np.uint8)  # of one colour in each quarter
FOUR[:, :16], FOUR[:, 16:], FOUR[:12, :16] = (220, 40, 30), (30, 60, 200), (240, 240, 240)


def test_avif_is_read_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(FOUR, "AVIF", quality=95, subsampling="4:4:4", exif=exif)
    photograph = read_photograph(data)
    assert np.abs(to_float(photograph.pixels) - np.rot90(FOUR, -1) / 255).max() < 0.05
    assert photograph.metadata.orientation == 6


def test_avif_with_alpha():
    alpha = np.full((24, 32), 255, np.uint8)
    alpha[:12] = 0
    with pytest.warns(UserWarning, match="put on white"):
        image = read_image(saved(np.dstack([FOUR, alpha]), "AVIF", quality=95))
    assert np.allclose(image[:10], 1, atol=0.02)
    assert np.allclose(image[14:, 20:], FOUR[14:, 20:] / 255, atol=0.02)


def test_heic_is_read():
    assert np.abs(read_image(HEIC) - FOUR / 255).max() < 0.02


def test_heic_without_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    message = r"photo\.heic: HEIC files need another package: pip install 'atnet\[heif\]'"
    with pytest.raises(ImageError, match=message):
        read_image(HEIC)


def test_gif_is_exact_up_to_256_colours():
    assert np.array_equal(read_image(saved(FOUR, "GIF")), FOUR / np.float32(255))


@pytest.mark.parametrize("share", [0.1, 0.4, 0.8, 0.97])
@pytest.mark.parametrize("kind", ["AVIF", "HEIC", "GIF"])
def test_truncated_files_are_refused(kind, share):
    data = HEIC.read_bytes() if kind == "HEIC" else saved(FOUR, kind)
    with pytest.raises(ImageError, match="image data: "):
        read_image(data[: round(share * len(data))])


@pytest.mark.parametrize(
    "name", ["a.cr2", "a.CR3", "a.nef", "a.ARW", "a.dng", "a.raf", "a.orf", "a.rw2"]
)
def test_camera_raw_is_refused_by_its_name(tmp_path, name):
    """Most of them are TIFF files whose first picture is a thumbnail."""
    path = tmp_path / name
    path.write_bytes(tiff(RGB_8))
    message = f"{name}: is camera raw: develop it to a 16-bit TIFF first"
    with pytest.raises(ImageError, match=message):
        read_image(path)


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0\x10\0\0\0CR\2\0" + bytes(100),
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(100),
        b"FUJIFILMCCD-RAW 0201" + bytes(100),
        b"IIRO\x08\0\0\0" + bytes(100),
        b"IIU\0\x18\0\0\0" + bytes(100),
        tiff(RGB_8, _50706=b"\1\4\0\0"),
        tiff(RGB_8, _254=1),
    ],
    ids=["cr2", "cr3", "raf", "orf", "rw2", "dng", "nef and arw: a preview first"],
)
def test_camera_raw_is_refused_by_its_content(data):
    with pytest.raises(ImageError, match=r"image data: .*camera raw: develop it"):
        read_image(data)


def test_other_kinds_are_named():
    with pytest.raises(ImageError, match="is not a JPEG, PNG, TIFF, WebP, AVIF, HEIC, GIF, BMP or"):
        read_image(b"\0\0\0\x18ftypmp42" + bytes(100))

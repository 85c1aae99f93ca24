import io

import pytest
from PIL import ExifTags, Image

from atnet.files.images import encode_image, read_photograph
from atnet.files.metadata import Metadata, made_metadata
from image_files import RGB_8, saved

COPYRIGHT, ARTIST, ORIENTATION = 33432, 315, 0x0112
TAKEN, NOTES, WIDTH = 36867, 37500, 40962


def exif_of_a_camera(orientation=6):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[ARTIST] = "J\xfcrgen".encode("latin-1")
    exif[COPYRIGHT] = "\xa9 J\xfcrgen".encode("latin-1")
    exif[ExifTags.IFD.Exif] = {TAKEN: "2026:01:02 03:04:05", NOTES: b"a preview", WIDTH: 7}
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 8.0, 0.5)}
    return exif


@pytest.fixture(scope="module")
def photograph():
    return read_photograph(saved(RGB_8, "JPEG", exif=exif_of_a_camera(), dpi=(300, 200)))


def test_pixels_are_upright_and_so_is_the_resolution(photograph):
    assert photograph.pixels.shape == (7, 5, 3)
    assert photograph.metadata.orientation == 6
    assert photograph.metadata.dpi == (200, 300)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".jpg"])
def test_what_is_kept_reaches_the_next_file_and_orientation_does_not(photograph, suffix):
    data = encode_image(photograph.pixels, suffix, metadata=photograph.metadata)
    with Image.open(io.BytesIO(data)) as file:
        exif = file.getexif()
        assert exif.get(ORIENTATION, 1) == 1
        assert exif[COPYRIGHT] == "\xa9 J\xfcrgen"
        assert exif.get_ifd(ExifTags.IFD.Exif) == {TAKEN: "2026:01:02 03:04:05"}
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)[2] == (48.0, 8.0, 0.5)
        assert not exif.get_ifd(ExifTags.IFD.IFD1)  # a thumbnail would show what was cut away
        assert file.size == (5, 7)
    assert read_photograph(data).pixels.shape == (7, 5, 3)


def test_tiff_keeps_names_and_resolution(photograph):
    data = encode_image(photograph.pixels, ".tif", metadata=photograph.metadata)
    with Image.open(io.BytesIO(data)) as file:
        assert file.getexif()[ARTIST] == "J\xfcrgen"
        assert file.getexif().get(ORIENTATION, 1) == 1
        assert file.info["dpi"] == (200, 300)


def test_the_resolution_reaches_png_and_jpeg(photograph):
    for suffix in (".png", ".jpg"):
        data = encode_image(photograph.pixels, suffix, metadata=photograph.metadata)
        with Image.open(io.BytesIO(data)) as file:
            assert file.info["dpi"] == pytest.approx((200, 300), abs=0.02)


@pytest.mark.parametrize("dpi", [(0, 0), (float("nan"), 72), (72,), None, "no", (1e9, 72)])
def test_a_resolution_that_cannot_be_is_none(dpi):
    assert made_metadata({}, dpi) == Metadata()


@pytest.mark.parametrize("orientation", [0, 9, "6", None])
def test_an_orientation_that_cannot_be_is_upright(orientation):
    assert made_metadata({ORIENTATION: orientation}, None).orientation == 1


def test_without_tags_there_is_nothing_to_keep():
    assert read_photograph(saved(RGB_8, "PNG")).metadata == Metadata()
    turned = saved(RGB_8, "PNG", exif=b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\3\0\0\0\0\0\0")
    assert read_photograph(turned).metadata == Metadata(orientation=3)

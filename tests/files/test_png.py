import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from atnet.files.errors import ImageError
from atnet.files.images import encode_image, read_grey, read_image
from atnet.files.metadata import Metadata
from atnet.files.png import deep_samples, with_metadata
from image_files import ALPHA_16, RGB_16, WIDE_PROFILE, chunk, png

GREY_16 = np.ascontiguousarray(RGB_16[..., 0])


def rows(samples):
    return b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)


def with_chunks(data, *chunks):
    return data[:33] + b"".join(chunks) + data[33:]


def test_a_transparent_key_of_16_bits_matches_in_all_its_bits():
    colour = RGB_16.copy()
    colour[0, 0], colour[0, 1] = [1, 2, 3], [1, 2, 259]  # the same in 8 bits, not in 16
    data = with_chunks(png(7, 5, 16, 2, rows(colour)), chunk(b"tRNS", struct.pack(">3H", 1, 2, 3)))
    with pytest.warns(UserWarning, match="put on white"):
        image = read_image(data)
    expected = colour / np.float32(65535)
    expected[0, 0] = 1
    assert np.array_equal(image, expected)
    assert np.argwhere(read_grey(data) == 0).tolist() == [[0, 0]]


def test_a_transparent_grey_of_16_bits():
    grey = GREY_16.copy()
    grey[0, 0], grey[0, 1] = 300, 301
    data = with_chunks(png(7, 5, 16, 0, rows(grey)), chunk(b"tRNS", struct.pack(">H", 300)))
    assert np.argwhere(read_grey(data) == 0).tolist() == [[0, 0]]


@pytest.mark.parametrize("part_of_it", [True, False], ids=["first frame", "still picture"])
def test_of_an_animation_of_16_bits_the_first_picture_is_read(part_of_it):
    def control(number):
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 7, 5, 0, 0, 1, 10, 0, 0))

    other = zlib.compress(rows(RGB_16[::-1]))
    whole = png(7, 5, 16, 2, rows(RGB_16))
    start, still, end = whole[:33], whole[33:-12], whole[-12:]
    first = control(0) if part_of_it else b""
    count = 2 if part_of_it else 1
    frame = control(count - 1) + chunk(b"fdAT", struct.pack(">I", count) + other)
    animation = start + chunk(b"acTL", struct.pack(">II", count, 0)) + first + still + frame + end
    with pytest.warns(UserWarning, match="several frames"):
        image = read_image(animation)
    assert np.array_equal(image, RGB_16 / np.float32(65535))


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"gAMA", struct.pack(">I", 100000)),
        chunk(b"sBIT", bytes([12] * 3)),
        chunk(b"bKGD", struct.pack(">3H", 5, 6, 7)),
        chunk(b"cICP", bytes([9, 16, 0, 1])),
    ],
)
def test_other_chunks_change_no_value(extra):
    data = with_chunks(png(7, 5, 16, 2, rows(RGB_16)), extra)
    assert np.array_equal(read_image(data), RGB_16 / np.float32(65535))


def test_interlaced_16_bits():
    """Adam7, its seven passes laid out by hand."""
    starts = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    passes = [RGB_16[y::dy, x::dx] for y, x, dy, dx in [*starts, (1, 0, 2, 1)]]
    content = b"".join(rows(part) for part in passes if part.size)
    header = struct.pack(">IIBBBBB", 7, 5, 16, 2, 0, 0, 1)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(content)), chunk(b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(parts)
    assert np.array_equal(read_image(data), RGB_16 / np.float32(65535))


def test_16_bit_grey_with_alpha_keeps_its_low_bytes():
    data = png(7, 5, 16, 4, rows(np.dstack([GREY_16, ALPHA_16])))
    assert np.array_equal(read_grey(data), ALPHA_16 / np.float32(65535))


@pytest.mark.parametrize("bits", [8, 16])
def test_colours_say_that_they_are_srgb_and_alpha_does_not(bits):
    colour, alpha = np.ones((2, 3, 3), np.float32), np.ones((2, 3), np.float32)
    with Image.open(io.BytesIO(encode_image(colour, ".png", bits))) as file:
        assert file.info["srgb"] == 0
    with Image.open(io.BytesIO(encode_image(alpha, ".png", bits))) as file:
        assert "srgb" not in file.info
    tagged = encode_image(colour, ".png", bits, metadata=Metadata(profile=WIDE_PROFILE))
    with Image.open(io.BytesIO(tagged)) as file:
        assert file.info["icc_profile"] == WIDE_PROFILE
        assert "srgb" not in file.info
        file.load()  # checks the chunks


def test_resolution_is_written_as_pixels_a_metre():
    """An inch is 0.0254 m: 300 of them are 11811 and 72 are 2835, rounded."""
    data = with_metadata(png(7, 5, 16, 2, rows(RGB_16)), Metadata(dpi=(300, 72)), colour=True)
    assert chunk(b"pHYs", struct.pack(">IIB", 11811, 2835, 1)) in data


def test_who_made_a_picture_is_written_as_exif():
    exif = Image.Exif()
    exif[0x013B] = "Ada"
    plain = png(7, 5, 16, 0, rows(GREY_16))
    with Image.open(io.BytesIO(with_metadata(plain, Metadata(exif=exif), colour=False))) as file:
        assert file.getexif()[0x013B] == "Ada"
        assert file.info["exif"].count(b"Exif") == 1  # Pillow's own, for the chunk has none
        file.load()


@pytest.mark.parametrize("data", [b"no picture", png(7, 5, 8, 0, 5 * bytes(8))])
def test_what_is_not_decoded_to_16_bits_is_refused(data):
    with pytest.raises(ImageError, match=r"a\.png: is a 16-bit PNG of an unusual kind"):
        deep_samples(data, "a.png")

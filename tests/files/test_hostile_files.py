"""Damaged files of every kind: pixels of the right shape and range, or one line; never else."""

import io
import warnings

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atnet.files import images
from atnet.files.images import ImageError, encode_image, read_grey, read_image
from image_files import ALPHA_16, RGB_8, RGB_16, chunk, opencv, saved, tiff


def by_tifffile(array, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


FILES = {
    "jpeg": saved(RGB_8, "JPEG"),
    "png": saved(RGB_8, "PNG"),
    "deep png": opencv(RGB_16, ".png"),
    "webp": saved(RGB_8, "WEBP", lossless=True),
    "avif": saved(RGB_8, "AVIF"),
    "gif": saved(RGB_8, "GIF"),
    "bmp": saved(RGB_8, "BMP"),
    "tiff": saved(RGB_8, "TIFF", compression="tiff_lzw"),
    "deep tiff": by_tifffile(RGB_16, photometric="rgb"),
    "big tiff": by_tifffile(RGB_16, photometric="rgb", bigtiff=True, compression="zlib"),
    "exr": encode_image(RGB_16, ".exr"),
}
BOUNDED = settings(
    derandomize=True,
    deadline=None,
    max_examples=250,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def damaged(draw):
    """A file that is cut, has bytes changed, or goes on as a file of another kind."""
    data = bytearray(FILES[draw(st.sampled_from(sorted(FILES)))])
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data) - 1))
        part = draw(st.binary(min_size=1, max_size=8))
        data[place : place + len(part)] = part
    if draw(st.booleans()):
        other = FILES[draw(st.sampled_from(sorted(FILES)))]
        place = draw(st.integers(1, len(data)))
        data[place:] = other[draw(st.integers(0, len(other))) :]
    return bytes(data[: draw(st.integers(1, len(data)))] if draw(st.booleans()) else data)


def read_or_refuse(read, data):
    try:
        return read(data), ""
    except ImageError as error:
        return None, str(error)


@BOUNDED
@given(damaged())
def test_damaged_files_are_read_as_pixels_or_refused_in_one_line(data):
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr("atnet.files.decoding.MAX_PIXELS", 10_000)
        for read, channels in ((read_image, (3,)), (read_grey, ())):
            pixels, refusal = read_or_refuse(read, data)
            if pixels is None:
                assert len(refusal.splitlines()) == 1, refusal
                continue
            assert pixels.dtype == np.float32
            assert pixels.shape[2:] == channels
            assert 0 < pixels.shape[0] * pixels.shape[1] <= 10_000
            assert pixels.min() >= 0
            assert pixels.max() <= 1


LAYOUTS = {
    "planes": by_tifffile(np.moveaxis(RGB_16, 2, 0), photometric="rgb", planarconfig="separate"),
    "tiles": by_tifffile(RGB_16, photometric="rgb", tile=(16, 16)),
    "big-endian": by_tifffile(RGB_16, photometric="rgb", byteorder=">"),
    "big tiff": by_tifffile(RGB_16, photometric="rgb", bigtiff=True),
    "zip": by_tifffile(RGB_16, photometric="rgb", compression="zlib", predictor=True),
    "planes in tiles": by_tifffile(
        np.moveaxis(RGB_16, 2, 0), photometric="rgb", planarconfig="separate", tile=(16, 16)
    ),
    "one row a strip": by_tifffile(RGB_16, photometric="rgb", rowsperstrip=1),
    "grey": by_tifffile(ALPHA_16, photometric="minisblack"),
    "white is zero": by_tifffile(65535 - ALPHA_16, photometric="miniswhite"),
    "plain": tiff(RGB_16),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_16_bit_tiffs_of_rare_layouts_are_read_as_tifffile_reads_them(layout):
    stored = tifffile.imread(io.BytesIO(LAYOUTS[layout]))
    if layout == "white is zero":
        stored = 65535 - stored
    if "planes" in layout:
        stored = np.moveaxis(stored, 0, 2)
    read = read_grey if stored.ndim == 2 else read_image
    np.testing.assert_allclose(read(LAYOUTS[layout]), stored / np.float32(65535), atol=1e-7)


def test_16_bit_pngs_are_read_as_imageio_reads_them():
    for pixels in (RGB_16, ALPHA_16):
        data = opencv(pixels, ".png")
        stored = imageio.imread(data, plugin="opencv", flags=-1)
        np.testing.assert_array_equal(stored, pixels)
        read = read_grey if pixels.ndim == 2 else read_image
        np.testing.assert_array_equal(read(data), stored / np.float32(65535))


def test_the_colour_that_a_16_bit_png_calls_transparent_is_put_on_white():
    data = opencv(RGB_16, ".png")
    key = b"".join(int(value).to_bytes(2, "big") for value in RGB_16[0, 0])
    with pytest.warns(UserWarning, match="put on white"):
        read = read_image(data[:33] + chunk(b"tRNS", key) + data[33:])
    expected = RGB_16 / np.float32(65535)
    expected[0, 0] = 1
    np.testing.assert_allclose(read, expected, atol=1e-6)


def test_float_tiffs_are_read_as_tifffile_reads_them():
    floats = RGB_16 / np.float32(65535)
    with pytest.warns(UserWarning, match="sRGB values"):
        read = images.read_image(by_tifffile(floats, photometric="rgb"))
    np.testing.assert_array_equal(read, floats)

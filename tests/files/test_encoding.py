import io

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from atnet.files.images import encode_image, read_grey, read_image, write_image
from image_files import decoded

SHAPES = [(6, 9), (6, 9, 3), (6, 9, 4)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("suffix", "bits"),
    [
        (".png", 8),
        (".png", 16),
        (".tif", 8),
        (".tif", 16),
        (".tiff", 16),
        (".PNG", 8),
        (".webp", 8),
    ],
)
def test_lossless_formats_keep_every_bit(tmp_path, shape, suffix, bits):
    stored = np.random.default_rng(5).integers(0, 2**bits, shape).astype(f"uint{bits}")
    if len(shape) == 3 and shape[2] == 4:
        stored[0, :, 3] = 0  # colour under alpha 0 must survive
    path = tmp_path / f"image{suffix}"
    write_image(path, stored / np.float32(2**bits - 1), bits)
    expected = np.dstack([stored] * 3) if suffix == ".webp" and stored.ndim == 2 else stored
    assert np.array_equal(decoded(path.read_bytes(), bits), expected)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_every_value_survives_writing_and_reading(suffix, bits):
    grey = (np.arange(2**bits).reshape(-1, 256) / np.float32(2**bits - 1)).astype(np.float32)
    assert np.array_equal(read_grey(encode_image(grey, suffix, bits)), grey)
    colour = np.dstack([grey, grey[::-1], grey[:, ::-1]])
    assert np.array_equal(read_image(encode_image(colour, suffix, bits)), colour)


def test_large_tiffs_of_many_strips():
    grey = np.random.default_rng(6).random((700, 900), np.float32)
    stored = np.floor(grey * 65535 + 0.5).astype(np.uint16)
    assert np.array_equal(decoded(encode_image(grey, ".tif", 16), 16), stored)


def test_tiff_marks_its_alpha_as_straight():
    with Image.open(io.BytesIO(encode_image(np.ones((2, 2, 4), np.float32), ".tif", 16))) as file:
        assert isinstance(file, TiffImagePlugin.TiffImageFile)
        assert file.tag_v2[338] == (2,)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg"])
@pytest.mark.parametrize("shape", [(32, 48), (32, 48, 3)])
def test_jpeg_of_grey_and_colour(suffix, shape):
    image = np.full(shape, 0.4, np.float32)
    image[:, 24:] = 0.7
    stored = decoded(encode_image(image, suffix), 8)
    assert stored.shape == shape
    assert np.abs(stored / 255 - image).max() < 0.03


@pytest.mark.parametrize("bits", [8, 16])
def test_values_are_rounded(bits):
    scale = 2**bits - 1
    values = np.array([[0.49, 0.51, 1.49, 1.51, scale - 0.51, scale - 0.49]]) / scale
    stored = decoded(encode_image(values.astype(np.float64), ".png", bits), bits)
    assert stored.tolist() == [[0, 1, 1, 2, scale - 1, scale]]


def test_values_slightly_out_of_range_are_clipped():
    image = np.array([[-0.0009, 1.0009]], np.float32)
    assert decoded(encode_image(image), 8).tolist() == [[0, 255]]


def test_the_same_image_gives_the_same_bytes():
    image = np.random.default_rng(7).random((9, 8, 3), np.float32)
    for suffix in (".png", ".tif", ".webp", ".jpg"):
        assert encode_image(image, suffix) == encode_image(image.copy(), suffix)

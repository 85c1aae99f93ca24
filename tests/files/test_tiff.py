"""Every layout of 16 bits and of floats: read right, or refused by name."""

import io
import warnings

import cv2
import numpy as np
import pytest
import tifffile

from atnet.files.images import ImageError, read_grey, read_image, read_photograph
from image_files import ALPHA_16, RGB_16, saved, tiff

GREY_16 = RGB_16[..., 0]
COLOUR = RGB_16 / 65535
GREY = np.dstack([GREY_16 / 65535] * 3)
WEIGHT = ALPHA_16[..., None] / 65535
MULTIPLIED = np.minimum(RGB_16, ALPHA_16[..., None])
KINDS = {
    "grey": (GREY_16, "minisblack", [], GREY),
    "white is zero": (GREY_16, "miniswhite", [], 1 - GREY),
    "grey, alpha": (np.dstack([GREY_16, ALPHA_16]), "minisblack", ["unassalpha"],
                    GREY * WEIGHT + 1 - WEIGHT),
    "rgb": (RGB_16, "rgb", [], COLOUR),
    "rgba": (np.dstack([RGB_16, ALPHA_16]), "rgb", ["unassalpha"], COLOUR * WEIGHT + 1 - WEIGHT),
    "multiplied": (np.dstack([MULTIPLIED, ALPHA_16]), "rgb", ["assocalpha"],
                   MULTIPLIED / 65535 + 1 - WEIGHT),
    "no meaning": (np.dstack([RGB_16, ALPHA_16]), "rgb", ["unspecified"], COLOUR),
    "alpha last": (np.dstack([RGB_16, GREY_16, ALPHA_16]), "rgb", ["unspecified", "unassalpha"],
                   COLOUR * WEIGHT + 1 - WEIGHT),
}  # fmt: skip
LAYOUTS = {
    "little": {},
    "big-endian": {"byteorder": ">"},
    "tiles": {"tile": (16, 16)},
    "BigTIFF": {"bigtiff": True},
    "deflated": {"compression": "zlib", "predictor": True, "byteorder": ">"},
    "all at once": {"byteorder": ">", "tile": (16, 16), "bigtiff": True, "compression": "zlib"},
}


def written(samples, photometric, extras=(), *, planes=False, **layout):
    file = io.BytesIO()
    if samples.ndim == 3:
        layout["planarconfig"] = "separate" if planes else "contig"
        layout["extrasamples"] = list(extras)
    tifffile.imwrite(
        file,
        np.moveaxis(samples, 2, 0) if planes and samples.ndim == 3 else samples,
        photometric=photometric,
        **layout,
    )
    return file.getvalue()


def quietly(read, data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read(data)


@pytest.mark.parametrize("planes", [False, True], ids=["interleaved", "planes"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_16_bits_in_every_layout(kind, layout, planes):
    samples, photometric, extras, expected = KINDS[kind]
    data = written(samples, photometric, extras, planes=planes, **LAYOUTS[layout])
    np.testing.assert_allclose(quietly(read_image, data), expected, atol=2e-5)
    if extras and "alpha" in extras[-1]:
        assert np.array_equal(quietly(read_grey, data), ALPHA_16 / np.float32(65535))


def test_planes_laid_out_by_hand():
    """Byte by byte, without the library that reads them: OpenCV takes them for interleaved."""
    planes = np.ascontiguousarray(np.moveaxis(RGB_16, 2, 0))
    size = planes[0].nbytes
    data = tiff(RGB_16, _284=2, _273=(0, size, 2 * size), _279=(size,) * 3)
    data = data[: -planes.nbytes] + planes.tobytes()
    assert np.array_equal(read_image(data), RGB_16 / np.float32(65535))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("predictor", [1, 2])
def test_lzw_as_opencv_writes_it(channels, predictor):
    samples = np.dstack([RGB_16, ALPHA_16])[..., :channels].squeeze()
    order = [2, 1, 0, 3][:channels] if channels > 1 else slice(None)
    options = [cv2.IMWRITE_TIFF_COMPRESSION, 5, cv2.IMWRITE_TIFF_PREDICTOR, predictor]
    swapped = np.ascontiguousarray(samples[..., order])
    data = cv2.imencode(".tiff", swapped, options)[1].tobytes()
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.pages.first.compression == 5
    if channels == 1:
        assert np.array_equal(read_grey(data), samples / np.float32(65535))
    else:
        expected = COLOUR if channels == 3 else COLOUR * WEIGHT + 1 - WEIGHT
        np.testing.assert_allclose(quietly(read_image, data), expected, atol=2e-5)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("layout", ["little", "big-endian", "tiles", "BigTIFF"])
def test_floats_are_read_as_values(kind, layout):
    alpha = (ALPHA_16 / 65535).astype(kind)
    np.testing.assert_array_equal(
        read_grey(written(alpha, "minisblack", **LAYOUTS[layout])), alpha.astype(np.float32)
    )
    colour = COLOUR.astype(kind)
    with pytest.warns(UserWarning, match="taken for sRGB values, not for linear light"):
        image = read_image(written(colour, "rgb", **LAYOUTS[layout]))
    np.testing.assert_array_equal(image, colour.astype(np.float32))


def test_floats_with_their_own_predictor():
    colour = COLOUR.astype(np.float32)
    options = [cv2.IMWRITE_TIFF_COMPRESSION, 8, cv2.IMWRITE_TIFF_PREDICTOR, 3]
    data = cv2.imencode(".tiff", np.ascontiguousarray(colour[..., ::-1]), options)[1].tobytes()
    np.testing.assert_array_equal(quietly(read_image, data), colour)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (written(np.full((4, 5), 7.5, np.float32), "minisblack"), r"floats span 7\.5 to 7\.5"),
        (written(np.full((4, 5), np.nan, np.float32), "minisblack"), "floats span nan to nan"),
        (written(np.ones((4, 5), np.int16), "minisblack"), "1 channels of 16 bits .type 'i'"),
        (written(np.ones((4, 5, 4), np.uint16), "separated"), "4 channels of 16 bits .*tric 5"),
        (tiff(GREY_16, _254=1), "its first picture is only a preview, as in camera raw"),
        (tiff(GREY_16, _50706=b"\1\4\0\0"), "is camera raw"),
        (tiff(GREY_16, _256=60000, _257=60000), "60000 x 60000 pixels"),
        (tiff(GREY_16, _259=34712), r"its compression \(34712\) is not read"),
        (tiff(GREY_16)[:-9], "damaged or truncated: parts of it are missing"),
        (written(RGB_16, "rgb", compression="zlib")[:-9], "damaged or truncated"),
    ],
)
def test_the_rest_is_refused_by_name(data, message):
    with pytest.raises(ImageError, match=f"image data: .*{message}"):
        read_image(data)


def test_what_the_file_says_besides():
    data = written(RGB_16, "rgb", resolution=(300, 200), resolutionunit="INCH",
                   extratags=[(33432, "s", 0, "me", True), (274, "H", 1, 6, True)])  # fmt: skip
    photograph = read_photograph(data)
    assert photograph.pixels.shape == (7, 5, 3)
    assert photograph.metadata.orientation == 6
    assert photograph.metadata.dpi == (200, 300)
    assert photograph.metadata.exif is not None
    assert photograph.metadata.exif[33432] == b"me"


def test_opencv_turns_what_it_decodes():
    data = saved(ALPHA_16, "TIFF", compression="tiff_lzw", tiffinfo={274: 6})
    assert np.array_equal(read_grey(data), np.rot90(ALPHA_16, -1) / np.float32(65535))

import warnings

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from atnet.files.images import ImageError, encode_image, read_grey, read_image
from image_files import (
    ADOBE,
    ALPHA_16,
    LINEAR_GREY_PROFILE,
    RGB_8,
    RGB_16,
    SRGB,
    WIDE_PROFILE,
    cmyk_profile,
    deep_png_with,
    opencv,
    oriented_files,
    png,
    saved,
    tiff,
)

# Layouts of pixels


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WEBP"])
def test_8_bit_colour_is_exact(tmp_path, kind):
    path = tmp_path / "image"  # what is inside counts, not the name
    path.write_bytes(saved(RGB_8, kind, **({"lossless": True} if kind == "WEBP" else {})))
    image = read_image(path)
    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    assert np.array_equal(image, RGB_8 / np.float32(255))
    assert np.array_equal(read_image(str(path)), image)
    assert np.array_equal(read_image(path.read_bytes()), image)


def test_jpeg_is_close():
    smooth = cv2.resize(RGB_8, (70, 50), interpolation=cv2.INTER_CUBIC)
    assert np.abs(read_image(saved(smooth, "JPEG", quality=95)) - smooth / 255).mean() < 0.02


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_colour_keeps_its_precision(suffix):
    image = read_image(opencv(RGB_16, suffix))
    assert image.dtype == np.float32
    assert np.array_equal(image, RGB_16 / np.float32(65535))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_grey_is_exact(suffix):
    data = opencv(ALPHA_16, suffix)
    assert np.array_equal(read_grey(data), ALPHA_16 / np.float32(65535))
    assert np.array_equal(read_image(data), np.dstack([read_grey(data)] * 3))


def test_16_bit_tiff_whose_white_is_zero_is_turned_over():
    assert np.array_equal(read_grey(tiff(ALPHA_16, _262=0)), 1 - ALPHA_16 / np.float32(65535))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("1", [0, 0, 255, 255]), ("L", [0, 77, 128, 255]), ("P", [0, 77, 128, 255])],
)
def test_grey_layouts(mode, expected):
    grey = Image.fromarray(np.array([[0, 77, 128, 255]], np.uint8))
    data = saved(grey.convert(mode, dither=Image.Dither.NONE), "PNG")
    assert np.array_equal(read_grey(data), np.array([expected], np.float32) / 255)
    assert np.array_equal(read_image(data)[..., 2], read_grey(data))


def test_cmyk_without_a_profile():
    inks = np.zeros((16, 32, 4), np.uint8)
    inks[:, 16:] = [0, 255, 255, 0]
    image = read_image(saved(Image.fromarray(inks, "CMYK"), "JPEG", quality=95))
    assert np.allclose(image[:, :8], 1, atol=0.02)
    assert np.allclose(image[:, 24:], [1, 0, 0], atol=0.02)


# Orientation


def expected_turn(pixels, orientation):
    """What the EXIF standard says of row 0 and column 0, written as indexing."""
    flipped = {1: pixels, 2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1]}
    across = {5: 1, 6: 4, 7: 3, 8: 2}  # these four are transposed versions of the others
    if orientation in flipped:
        return flipped[orientation]
    return flipped[across[orientation]].swapaxes(0, 1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "webp", "tiff", "16-bit tiff", "16-bit png"])
def test_orientation_is_applied(orientation, kind):
    pixels, data = oriented_files(orientation)[kind]
    expected = expected_turn(pixels, orientation) / np.float32(np.iinfo(pixels.dtype).max)
    assert np.array_equal(read_image(data), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_jpeg_and_to_alpha(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    grey = cv2.resize(RGB_8[..., 0], (70, 50), interpolation=cv2.INTER_NEAREST)
    seen = read_grey(saved(grey, "JPEG", quality=95, exif=exif))
    assert np.abs(seen - expected_turn(grey / 255, orientation)).mean() < 0.03
    cutout = saved(np.dstack([RGB_8, RGB_8[..., 0]]), "PNG", exif=exif)
    expected = expected_turn(RGB_8[..., 0], orientation) / np.float32(255)
    assert np.array_equal(read_grey(cutout), expected)


@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_a_broken_exif_block_does_not_matter(exif):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read_image(saved(RGB_8, "JPEG", exif=exif)).shape == (5, 7, 3)


# Colour profiles


def srgb_encoded(linear):
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


COLOURS = np.array([[[120, 130, 110], [128, 128, 128], [200, 150, 140], [255, 255, 255]]], np.uint8)


def test_a_wide_gamut_profile_is_converted_to_srgb():
    expected = srgb_encoded((COLOURS / 255) ** 2.2 @ (np.linalg.inv(SRGB) @ ADOBE).T)
    assert np.abs(expected - COLOURS / 255).max() > 10 / 255
    for kind in ("PNG", "TIFF"):
        image = read_image(saved(COLOURS, kind, icc_profile=WIDE_PROFILE))
        assert np.abs(image - expected).max() <= 1.01 / 255
    opaque = np.dstack([COLOURS, np.full((1, 4), 255, np.uint8)])
    assert np.array_equal(read_image(saved(opaque, "PNG", icc_profile=WIDE_PROFILE)), image)


@pytest.mark.parametrize("alpha", [False, True])
def test_a_grey_profile_is_converted_to_srgb(alpha):
    grey = Image.fromarray(np.array([[0, 55, 128, 255]], np.uint8))
    if alpha:
        grey = Image.merge("LA", [grey, Image.new("L", grey.size, 255)])
    image = read_image(saved(grey, "PNG", icc_profile=LINEAR_GREY_PROFILE))
    expected = srgb_encoded(np.array([0, 55, 128, 255]) / 255)
    assert np.abs(image - expected[None, :, None]).max() <= 1.01 / 255


def test_a_colour_profile_in_a_grey_file_is_applied():
    grey = Image.fromarray(np.array([[10, 128]], np.uint8))
    image = read_image(saved(grey, "PNG", icc_profile=WIDE_PROFILE))
    assert (
        np.abs(image[0, :, 0] - srgb_encoded((np.array([10, 128]) / 255) ** 2.2)).max() < 1.5 / 255
    )


def test_a_cmyk_profile_is_converted_to_srgb():
    inks = np.zeros((16, 48, 4), np.uint8)
    inks[:, 16:32] = [0, 0, 0, 255]
    inks[:, 32:] = [255, 0, 0, 0]
    inks = Image.fromarray(inks, "CMYK")
    image = read_image(saved(inks, "JPEG", quality=100, icc_profile=cmyk_profile()))
    assert np.allclose(image[8, 8], 1, atol=0.02)
    assert np.allclose(image[8, 24], 0, atol=0.02)
    assert np.allclose(image[8, 40], 119 / 255, atol=0.02)  # and not cyan


def test_an_srgb_profile_changes_nothing():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = read_image(saved(RGB_8, "PNG", icc_profile=srgb))
    assert np.array_equal(image, RGB_8 / np.float32(255))


@pytest.mark.parametrize("broken", [b"no profile at all", WIDE_PROFILE[:200], cmyk_profile()])
def test_an_unusable_profile_is_ignored_with_a_warning(broken):
    with pytest.warns(UserWarning, match="unusable colour profile ignored"):
        image = read_image(saved(RGB_8, "PNG", icc_profile=broken))
    assert np.array_equal(image, RGB_8 / np.float32(255))


def test_16_bit_values_are_kept_with_a_warning_unless_the_profile_is_srgb():
    with pytest.warns(UserWarning, match="16-bit values are kept"):
        image = read_image(deep_png_with(WIDE_PROFILE))
    assert np.array_equal(image, RGB_16 / np.float32(65535))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(read_image(deep_png_with(srgb)), image)


# Several frames


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "PNG"])
def test_of_several_frames_the_first_is_read(kind):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning, match="several frames"):
        image = read_image(data)
    assert np.allclose(image, [1, 0, 0], atol=0.02)


def test_of_a_phone_jpeg_with_several_pictures_the_first_is_simply_read():
    red, blue = (Image.new("RGB", (16, 8), colour) for colour in ("red", "blue"))
    data = saved(red, "MPO", save_all=True, append_images=[blue])
    assert np.allclose(read_image(data), [1, 0, 0], atol=0.02)


# Refusals


def truncatable():
    picture = np.random.default_rng(4).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    deep = picture.astype(np.uint16) * 257
    return {
        "jpeg": saved(picture, "JPEG", quality=90),
        "progressive jpeg": saved(picture, "JPEG", quality=90, progressive=True),
        "png": saved(picture, "PNG"),
        "16-bit png": opencv(deep, ".png"),
        "tiff": saved(picture, "TIFF"),
        "deflated tiff": saved(picture, "TIFF", compression="tiff_adobe_deflate"),
        "16-bit tiff": opencv(deep, ".tiff"),
        "our tiff": encode_image((deep / 65535).astype(np.float32), ".tif", bits=16),
        "webp": saved(picture, "WEBP", quality=90),
        "lossless webp": saved(picture, "WEBP", lossless=True),
        "bmp": saved(picture, "BMP"),
    }


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("kind", list(truncatable()))
def test_truncated_files_are_refused(kind, share, tmp_path):
    data = truncatable()[kind]
    assert read_image(data).shape == (60, 80, 3)
    path = tmp_path / "half"
    path.write_bytes(data[: max(1, round(share * len(data)))])
    for read in (read_image, read_grey):
        with pytest.raises(ImageError, match="half: ") as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"\xff\xd8\xff" + bytes(200),
        b"II*\0" + b"\xff" * 200,
        b"RIFF" + bytes(4) + b"WAVE" + bytes(100),
        b"BM" + bytes(100),
        png(4, 4, rows=b"\0" * 13 * 4).replace(b"IDAT", b"IDAU"),
    ],
)
def test_nonsense_after_a_signature_is_refused(data):
    with pytest.raises(ImageError, match="image data: "):
        read_image(data)


@pytest.mark.parametrize("side", [(60000, 60000), (2**31 - 1, 1), (20000, 13500)])
def test_bombs_are_refused_from_their_header(side):
    with pytest.raises(ImageError, match=f"{side[0]} x {side[1]} pixels: 1 to 268435456"):
        read_image(png(*side, depth=1, colour_type=0, rows=b"\0"))


def test_bombs_of_other_formats(tmp_path):
    path = tmp_path / "bomb.tif"
    path.write_bytes(tiff(np.zeros((1, 1), np.uint8), _256=60000, _257=60000))
    with pytest.raises(ImageError, match="60000 x 60000"):
        read_image(path)


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_side_of_zero_is_refused(size):
    with pytest.raises(ImageError, match="image data: "):
        read_image(png(*size))


@pytest.mark.parametrize(
    "data",
    [
        saved(Image.new("I", (4, 4), 5), "TIFF"),
        b"\x76\x2f\x31\x01" + bytes(100),
        b"#?RADIANCE\n" + bytes(100),
        b"<svg></svg>",
        b"",
    ],
    ids=["int32 tiff", "exr", "hdr", "svg", "empty"],
)
def test_other_kinds_are_refused(data, tmp_path):
    path = tmp_path / "other.dat"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=r"other\.dat: "):
        read_image(path)

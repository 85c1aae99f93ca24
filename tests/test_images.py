import doctest
import io
import os
import stat
import struct
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from atnet import images
from atnet.images import (
    ImageError,
    encode_image,
    read_grey,
    read_image,
    write_bytes_atomically,
    write_image,
)

RGB_8 = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
RGB_16 = np.random.default_rng(1).integers(0, 65536, (5, 7, 3), dtype=np.uint16)
ALPHA_16 = np.random.default_rng(2).integers(0, 65536, (5, 7), dtype=np.uint16)


def saved(array_or_image, kind, **options):
    image = array_or_image
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opencv(array, suffix):
    """Encode RGB(A) with OpenCV, which alone can write 16-bit colour."""
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[array.shape[2] if array.ndim == 3 else 1]
    return cv2.imencode(suffix, array if array.ndim == 2 else array[..., order])[1].tobytes()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth=8, colour_type=2, rows=b"", extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    parts = [
        chunk(b"IHDR", header),
        extra,
        chunk(b"IDAT", zlib.compress(rows)),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(samples, **tags):
    """An uncompressed TIFF of one strip, with any tags."""
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    entries = {256: width, 257: height, 258: (8 * samples.itemsize,) * channels, 259: 1}
    entries |= {262: 1 if channels == 1 else 2, 273: 0, 277: channels, 279: samples.nbytes}
    for tag, value in (entries | {int(name[1:]): value for name, value in tags.items()}).items():
        directory[tag] = value
    file = io.BytesIO()
    directory.save(file)
    return file.getvalue() + samples.tobytes()


def test_examples_run():
    assert doctest.testmod(images).failed == 0


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


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("1", [0, 0, 255, 255]), ("L", [0, 77, 128, 255]), ("P", [0, 77, 128, 255])],
)
def test_grey_layouts(mode, expected):
    grey = Image.fromarray(np.array([[0, 77, 128, 255]], np.uint8))
    data = saved(grey.convert(mode, dither=Image.Dither.NONE), "PNG")
    assert np.array_equal(read_grey(data), np.array([expected], np.float32) / 255)
    assert np.array_equal(read_image(data)[..., 2], read_grey(data))


def test_palettes_of_colours():
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


def test_cmyk_without_a_profile():
    inks = np.zeros((16, 32, 4), np.uint8)
    inks[:, 16:] = [0, 255, 255, 0]
    image = read_image(saved(Image.fromarray(inks, "CMYK"), "JPEG", quality=95))
    assert np.allclose(image[:, :8], 1, atol=0.02)
    assert np.allclose(image[:, 24:], [1, 0, 0], atol=0.02)


# How transparent pixels are read


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


# How orientation is read


def expected_turn(pixels, orientation):
    """What the EXIF standard says of row 0 and column 0, written as indexing."""
    flipped = {1: pixels, 2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1]}
    across = {5: 1, 6: 4, 7: 3, 8: 2}  # these four are transposed versions of the others
    if orientation in flipped:
        return flipped[orientation]
    return flipped[across[orientation]].swapaxes(0, 1)


def oriented_files(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    deep_png = opencv(RGB_16, ".png")
    exif_chunk = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    return {
        "png": (RGB_8, saved(RGB_8, "PNG", exif=exif)),
        "webp": (RGB_8, saved(RGB_8, "WEBP", exif=exif, lossless=True)),
        "tiff": (RGB_8, tiff(RGB_8, _274=orientation)),
        "16-bit tiff": (RGB_16, tiff(RGB_16, _274=orientation)),
        "16-bit png": (RGB_16, deep_png[:33] + exif_chunk + deep_png[33:]),
    }


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


def profile(space, connection, tags):
    """Bytes of a small ICC version 2 profile."""
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        offset = 128 + 4 + 12 * len(tags) + len(body)
        table += name + struct.pack(">II", offset, len(content))
        body += padded
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(
        ">I4sI4s4s4s", 128 + len(table + body), b"", 0x02400000, kind, space, connection
    )
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return header + bytes(128 - len(header)) + table + body


def xyz(values):
    fixed = [round(value * 65536) for value in values]
    return b"XYZ " + bytes(4) + struct.pack(">3i", *fixed)


def curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


COMMON = {
    b"desc": b"desc" + bytes(4) + struct.pack(">I", 6) + b"sRGB?\0" + bytes(78),
    b"wtpt": xyz([0.9642, 1, 0.8249]),
}
# Columns: red, green and blue in XYZ, adapted to D50.
ADOBE = np.array([[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]])
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
WIDE_PROFILE = profile(
    b"RGB ",
    b"XYZ ",
    COMMON
    | {name: xyz(ADOBE[:, i]) for i, name in enumerate([b"rXYZ", b"gXYZ", b"bXYZ"])}
    | {name: curve(2.2) for name in (b"rTRC", b"gTRC", b"bTRC")},
)
LINEAR_GREY_PROFILE = profile(b"GRAY", b"XYZ ", COMMON | {b"kTRC": curve(1.0)})


def cmyk_profile():
    """No ink is white, black ink makes black, all other inks the grey of L* = 50."""
    lightness = [255, 0] + [128, 0] * 7  # the last ink, black, runs fastest
    identity = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += identity * 4 + b"".join(bytes([value, 128, 128]) for value in lightness) + identity * 3
    return profile(b"CMYK", b"Lab ", COMMON | {b"A2B0": table})


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


def test_profiles_never_touch_greys():
    grey = Image.fromarray(np.array([[0, 55, 128, 255]], np.uint8))
    data = saved(grey, "PNG", icc_profile=LINEAR_GREY_PROFILE)
    assert np.array_equal(read_grey(data), np.array([[0, 55, 128, 255]], np.float32) / 255)


@pytest.mark.parametrize("broken", [b"no profile at all", WIDE_PROFILE[:200], cmyk_profile()])
def test_an_unusable_profile_is_ignored_with_a_warning(broken):
    with pytest.warns(UserWarning, match="unusable colour profile ignored"):
        image = read_image(saved(RGB_8, "PNG", icc_profile=broken))
    assert np.array_equal(image, RGB_8 / np.float32(255))


def test_16_bit_values_are_kept_with_a_warning_unless_the_profile_is_srgb():
    def deep(icc):
        data = opencv(RGB_16, ".png")
        return data[:33] + chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc)) + data[33:]

    with pytest.warns(UserWarning, match="16-bit values are kept"):
        image = read_image(deep(WIDE_PROFILE))
    assert np.array_equal(image, RGB_16 / np.float32(65535))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(read_image(deep(srgb)), image)


# Several frames, refusals


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
        saved(Image.new("F", (4, 4), 0.5), "TIFF"),
        saved(Image.new("I", (4, 4), 5), "TIFF"),
        opencv(np.ones((4, 4, 3), np.float32), ".tiff"),
        b"\x76\x2f\x31\x01" + bytes(100),
        b"#?RADIANCE\n" + bytes(100),
        saved(Image.new("RGB", (4, 4)), "GIF"),
        b"<svg></svg>",
        b"",
    ],
    ids=["float tiff", "int32 tiff", "float rgb tiff", "exr", "hdr", "gif", "svg", "empty"],
)
def test_other_kinds_are_refused(data, tmp_path):
    path = tmp_path / "other.dat"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=r"other\.dat: "):
        read_image(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.png", "No such file"),
        ("file/below.png", "Not a directory"),
        ("folder", "is not a file"),
        ("a\0b.png", "null byte"),
    ],
)
def test_paths_that_are_no_files_are_refused(tmp_path, name, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(ImageError, match=message):
        read_image(tmp_path / name)


def test_a_huge_file_is_refused_by_its_size(tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(2**30 + 1)  # sparse: takes no space
    with pytest.raises(ImageError, match="1073741825 bytes, more than the 1073741824 allowed"):
        read_image(path)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError, match="pipe: is not a file"):
        read_image(tmp_path / "pipe")


# Writing

SHAPES = [(6, 9), (6, 9, 3), (6, 9, 4)]


def decoded(data, bits):
    """Independent decoding: OpenCV for 16 bits, Pillow for 8."""
    if bits == 8:
        return np.asarray(Image.open(io.BytesIO(data)))
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


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
        (np.ones((4, 5), np.uint8), "a.png", 8, "uint8 values: give float32"),
        (np.full((4, 5), np.nan, np.float32), "a.png", 8, "nan"),
        (np.full((4, 5), np.inf, np.float32), "a.png", 8, "inf"),
        (np.full((4, 5), 255, np.float32), "a.png", 8, "from 255 to 255"),
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
    with pytest.raises(ImageError, match=r"new does not exist: create it first"):
        write_image(tmp_path / "new" / "a.png", IMAGE)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_and_a_target_that_is_a_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ImageError, match="does not exist"):
        write_image(tmp_path / "file" / "a.png", IMAGE)
    with pytest.raises(ImageError, match="exists and is not a file"):
        write_image(tmp_path / "folder.png", IMAGE)
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["file", "folder.png"]


def test_a_failure_while_writing_leaves_the_target_and_no_temporary_file(tmp_path, monkeypatch):
    target = tmp_path / "a.png"
    target.write_bytes(b"before")

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(ImageError, match=r"a\.png: cannot be written: No space left"):
        write_image(target, IMAGE)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.png", b"before")]


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(ImageError, match="cannot be written: File name too long"):
        write_bytes_atomically(tmp_path / ("x" * 300), b"x")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_replaced_and_a_link_is_followed(tmp_path):
    target, link = tmp_path / "a.bin", tmp_path / "link.bin"
    target.write_bytes(b"long content before")
    link.symlink_to(target)
    write_bytes_atomically(link, b"after")
    assert target.read_bytes() == b"after"
    assert link.is_symlink()


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_follow_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_image(tmp_path / "a.png", IMAGE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o666 & ~mask

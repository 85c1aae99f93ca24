"""OpenEXR files written by the library's own means, and values computed by hand."""

import io
import struct
import sys
import warnings

import numpy as np
import OpenEXR
import pytest

from atnet.files import exr
from atnet.files.images import ImageError, encode_image, read_grey, read_image, read_photograph
from atnet.files.metadata import Metadata
from image_files import WIDE_PROFILE

# Linear light and what sRGB (IEC 61966-2-1) makes of it: 12.92 x up to 0.0031308, then
# 1.055 x ** (1 / 2.4) - 0.055.
BY_HAND = [(0.0, 0.0), (0.002, 0.02584), (0.18, 0.461356), (0.5, 0.735357), (1.0, 1.0)]


def written(channels, kind=np.float32, **header):
    file = io.BytesIO()
    arrays = {name: np.ascontiguousarray(it, kind) for name, it in channels.items()}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage} | header
    OpenEXR.File(header, arrays).write(file)
    return file.getvalue()


def stored(data):
    file = OpenEXR.File(io.BytesIO(data), separate_channels=True)
    return {name: channel.pixels for name, channel in file.channels().items()}


def window(left, top, right, bottom):
    return np.array([left, top], np.int32), np.array([right, bottom], np.int32)


@pytest.mark.parametrize(("kind", "off"), [(np.float16, 3e-4), (np.float32, 1e-6)])
def test_linear_light_is_encoded_as_srgb(kind, off):
    light = np.array([[value for value, _ in BY_HAND]])
    expected = np.array([[value for _, value in BY_HAND]])
    image = read_image(written({"R": light, "G": light * 0, "B": light[:, ::-1]}, kind))
    np.testing.assert_allclose(image[..., 0], expected, atol=off)
    np.testing.assert_allclose(image[..., 2], expected[:, ::-1], atol=off)
    assert not image[..., 1].any()


@pytest.mark.parametrize(("bits", "kind"), [(None, np.float16), (16, np.float16), (32, np.float32)])
def test_srgb_is_written_as_linear_light(bits, kind):
    colour = np.array([[[value] * 3 for _, value in BY_HAND]], np.float32)
    planes = stored(encode_image(colour, ".exr", bits))
    assert {name: plane.dtype for name, plane in planes.items()} == dict.fromkeys("RGB", kind)
    expected = [[value for value, _ in BY_HAND]]
    np.testing.assert_allclose(planes["G"], expected, rtol=1e-3, atol=1e-6)


def test_premultiplied_as_the_format_says_or_straight():
    """0.735357 is 0.5 of the light; half covered, 0.25 of it is left."""
    cutout = np.array([[[0.735357, 0.735357, 0.735357, 0.5], [1, 1, 1, 0]]], np.float32)
    planes = stored(encode_image(cutout, ".exr", 32))
    np.testing.assert_allclose(planes["R"], [[0.25, 0]], atol=1e-6)
    np.testing.assert_array_equal(planes["A"], [[0.5, 0]])
    planes = stored(encode_image(cutout, ".exr", 32, premultiplied=False))
    np.testing.assert_allclose(planes["R"], [[0.5, 1]], atol=1e-6)


def test_light_with_alpha_is_made_straight_and_put_on_white():
    light = {"R": [[0.25, 0.0]], "G": [[0.25, 0.0]], "B": [[0.5, 0.0]], "A": [[0.5, 0.0]]}
    with pytest.warns(UserWarning, match="put on white"):
        image = read_image(written(light))
    half = 0.735357 * 0.5 + 0.5
    np.testing.assert_allclose(image, [[[half, half, 1], [1, 1, 1]]], atol=1e-5)


def test_alpha_has_no_curve():
    alpha = np.array([[0.0, 0.25, 0.5, 1.0]], np.float32)
    data = encode_image(alpha, ".exr")
    np.testing.assert_array_equal(stored(data)["Y"], alpha)
    for channel in ("Y", "A"):
        np.testing.assert_array_equal(read_grey(written({channel: alpha})), alpha)
    with_colour = {**dict.fromkeys("RGB", alpha * 0), "A": alpha}
    np.testing.assert_array_equal(read_grey(written(with_colour)), alpha)


def test_a_grey_photograph_is_light():
    image = read_image(written({"Y": [[0.18, 0.5]]}))
    np.testing.assert_allclose(image[0, :, 1], [0.461356, 0.735357], atol=1e-5)


def test_what_reaches_out_of_the_range_is_cut_with_a_warning():
    light = [[-0.25, 0.5, 16.0]]
    with pytest.warns(
        UserWarning, match=r"6 values from -0\.25 to 16 were cut to 0 to 1"
    ) as caught:
        image = read_image(written(dict.fromkeys("RGB", light)))
    np.testing.assert_allclose(image[0, :, 0], [0, 0.735357, 1], atol=1e-5)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channel", "GA")
def test_what_is_no_number_is_refused_with_its_place(wrong, channel):
    planes = {name: np.ones((4, 5), np.float32) for name in "RGBA"}
    planes[channel][2, 3] = planes[channel][3, 0] = wrong
    message = f"channel {channel} has 2 values that are NaN or infinite, the first at x 3, y 2"
    with pytest.raises(ImageError, match=message):
        read_image(written(planes))


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ((0, 0, 2, 1), [[1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]]),
        ((1, 1, 3, 2), [[0, 0, 0, 0], [0, 1, 1, 1], [0, 1, 1, 1]]),
        ((-1, -1, 1, 0), [[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        ((3, 2, 5, 3), [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]),
        ((10, 10, 12, 11), [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
        ((-9, -9, -7, -8), [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]),
    ],
)
def test_the_display_window_is_the_picture(data, shown):
    """A render may hold fewer pixels than are shown, or more."""
    light = written(
        {"Y": np.ones((2, 3))}, dataWindow=window(*data), displayWindow=window(0, 0, 3, 2)
    )
    np.testing.assert_array_equal(read_grey(light), shown)


def forged(name, kind, values):
    """A file whose header was changed after it was written."""
    data = bytearray(written({"Y": np.ones((2, 3))}))
    start = data.index(name + b"\0" + kind) + len(name + b"\0" + kind) + 5
    data[start : start + 16] = struct.pack("<4i", *values)
    return bytes(data)


def parts():
    file = io.BytesIO()
    light, depth = np.full((2, 3), 0.5, np.float32), np.ones((2, 3), np.float32)
    OpenEXR.File([
        OpenEXR.Part({}, dict.fromkeys("RGB", light), "beauty"),
        OpenEXR.Part({}, {"Z": depth}, "depth"),
    ]).write(file)  # fmt: skip
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (written({"Z": np.ones((2, 3))}), "has the channels Z: save the picture as flat R, G, B"),
        (written({"left.R": np.ones((2, 3))}), r"has the channels left\.R"),
        (written({"Y": np.ones((2, 4)), "RY": np.ones((2, 4))}), "has the channels RY, Y"),
        (forged(b"displayWindow", b"box2i", (0, 0, 59999, 59999)), "60000 x 60000 pixels"),
        (forged(b"displayWindow", b"box2i", (0, 0, -1, 5)), "image data: "),
        (forged(b"dataWindow", b"box2i", (0, 0, 59999, 59999)), "3600000000 values in all its"),
        (exr.SIGNATURE + bytes(200), "is damaged"),
        (exr.SIGNATURE + b"\2\0\0\0" + b"\xff" * 200, "is damaged"),
    ],
)
def test_the_rest_is_refused_by_name(data, message, capfd):
    with pytest.raises(ImageError, match=message) as caught:
        read_image(data)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")  # the library prints on its own


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.99])
def test_truncated_files_are_refused(share, capfd):
    noise = np.random.default_rng(0).random((40, 50))
    data = written(dict.fromkeys("RGB", noise))
    with pytest.raises(ImageError, match="is damaged or truncated"):
        read_image(data[: round(share * len(data))])
    assert capfd.readouterr() == ("", "")


def test_of_several_parts_the_first_is_read():
    with pytest.warns(UserWarning, match="has several parts, the first one is read"):
        image = read_image(parts())
    np.testing.assert_allclose(image, 0.735357, atol=1e-5)


def test_other_primaries_are_said():
    aces = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
    with pytest.warns(UserWarning, match="primaries are not Rec. 709's"):
        read_image(written({key: [[0.5]] for key in "RGB"}, chromaticities=aces))
    rec709 = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_image(written({key: [[0.5]] for key in "RGB"}, chromaticities=rec709))


def test_the_resolution_is_kept_and_a_profile_refused():
    colour = np.ones((2, 3, 3), np.float32)
    data = encode_image(colour, ".exr", metadata=Metadata(dpi=(300, 200)))
    assert read_photograph(data).metadata.dpi == pytest.approx((300, 200))
    with pytest.raises(ImageError, match="no colour profiles"):
        encode_image(colour, ".exr", metadata=Metadata(profile=WIDE_PROFILE))


@pytest.mark.parametrize("bits", [16, 32])
def test_the_same_image_gives_the_same_bytes(bits):
    image = np.random.default_rng(7).random((9, 8, 4), np.float32)
    assert encode_image(image, ".exr", bits) == encode_image(image.copy(), ".exr", bits)


def test_without_the_library_the_way_to_it_is_told(monkeypatch):
    data = written({"Y": [[1.0]]})
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    message = r"need another package: pip install 'atnet\[exr\]'"
    with pytest.raises(ImageError, match=f"^image data: .*{message}"):
        read_image(data)
    with pytest.raises(ImageError, match=message):
        encode_image(np.ones((2, 3)), ".exr")

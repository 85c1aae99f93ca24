import numpy as np
import pytest

from atnet.arrays import (
    GREY,
    RGB,
    check_pixels,
    cover,
    network_trimap,
    quantised,
    resized,
    resized_finely,
    scaled_to,
    three_channels,
    to_bytes,
    to_float,
)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("pixel", "shape"), [(GREY, (2, 3)), (RGB, (2, 3, 3)), (RGB, (1, 1, 3))])
def test_what_is_accepted(dtype, pixel, shape):
    check_pixels(np.ones(shape, dtype), "it", pixel)


def test_rounding_errors_of_arithmetic_are_no_mistake():
    check_pixels(np.array([[-1e-6, 1 + 1e-6]], np.float32), "it", GREY)


@pytest.mark.parametrize(
    ("values", "pixel", "message"),
    [
        ("photo.png", RGB, r"^it is a str; give an array \(H, W, 3\) in RGB$"),
        (None, GREY, r"^it is a NoneType; give an array \(H, W\), one channel$"),
        (np.ones((2, 3), np.uint8), RGB, r"shape \(2, 3\); give at least one pixel, \(H, W, 3\)"),
        (np.ones((2, 3, 4), np.uint8), RGB, r"shape \(2, 3, 4\)"),
        (np.ones((2, 3, 1), np.uint8), GREY, r"shape \(2, 3, 1\); .*\(H, W\), one channel"),
        (np.ones(3, np.uint8), GREY, r"shape \(3,\)"),
        (np.ones((0, 3), np.uint8), GREY, "at least one pixel"),
        (np.ones((2, 3), np.int32), GREY, "^it is int32; give uint8, uint16, bool, or float"),
        (np.ones((2, 3), np.complex64), GREY, "is complex64"),
        (np.array([["a"]]), GREY, "is <U1"),
        (np.full((2, 3), 200.0), GREY, "spans 200 to 200; floats must lie in .*: divide by 255"),
        (np.full((2, 3), -0.1), GREY, "spans -0.1"),
        (np.array([[0, np.nan]]), GREY, "spans nan"),
        (np.array([[0, np.inf]]), GREY, "spans 0 to inf"),
    ],
)
def test_all_else_is_refused(values, pixel, message):
    with pytest.raises(ValueError, match=message):
        check_pixels(values, "it", pixel)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 51, 255]], np.uint8), [0, 0.2, 1]),
        (np.array([[0, 13107, 65535]], np.uint16), [0, 0.2, 1]),
        (np.array([[False, True, True]]), [0, 1, 1]),
        (np.array([[0, 0.2, 1]]), [0, 0.2, 1]),
    ],
)
def test_one_value_in_every_type_is_one_float(values, expected):
    converted = to_float(values)
    assert converted.dtype == np.float32
    np.testing.assert_array_equal(converted[0], np.float32(expected))


def test_every_value_of_8_and_16_bits_comes_back():
    levels = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(to_bytes(to_float(levels)), levels)
    deep = np.arange(65536, dtype=np.uint16)[None]
    np.testing.assert_array_equal(quantised(to_float(deep), 16), deep)
    # 16 bits to 8: to the nearest, as exact arithmetic rounds
    np.testing.assert_array_equal(to_bytes(deep), np.floor(deep / 257 + 0.5).astype(np.uint8))


def test_bytes_are_rounded_and_cut_not_truncated_or_wrapped():
    values = np.array([[-0.01, 0.5 / 255, 0.4999 / 255, 254.5 / 255, 1.01]])
    assert to_bytes(values).tolist() == [[0, 1, 0, 255, 255]]
    assert to_bytes(np.array([[False, True]])).tolist() == [[0, 255]]


def test_the_unknown_level_is_exactly_a_half():
    levels = network_trimap(np.array([[0, 128, 255]], np.uint8))
    assert levels.dtype == np.float32
    assert levels.tolist() == [[0, 0.5, 1]]


def test_grey_becomes_three_equal_channels():
    grey = np.array([[0.1, 0.9]])
    np.testing.assert_array_equal(three_channels(grey)[0, 1], [0.9, 0.9, 0.9])
    assert three_channels(np.zeros((2, 3, 3))).shape == (2, 3, 3)


def test_shrinking_takes_means_and_keeps_the_type():
    pixels = np.array([[0, 100, 8, 8], [100, 200, 8, 8]], np.uint8)
    assert resized(pixels, 1, 2).tolist() == [[100, 8]]
    assert resized(pixels / np.float32(255), 1, 2)[0, 0] == pytest.approx(100 / 255)


def test_all_types_of_pixels_are_scaled():
    deep = np.array([[0, 60000], [60000, 60000]], np.uint16)
    assert resized(deep, 1, 1).tolist() == [[45000]]
    assert resized(deep.repeat(9, axis=0), 36, 4).max() > 60000 - 1
    assert resized(deep, 1, 1).dtype == np.uint16


def test_enlarging_never_leaves_the_range():
    step = np.repeat(np.array([[0.0, 0, 1, 1]], np.float32), 4, axis=0)
    large = resized(step, 40, 40)
    assert large.shape == (40, 40)
    assert large.min() == 0
    assert large.max() == 1


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [
        ((10, 20), 20, (10, 20)),
        ((10, 20), 30, (10, 20)),
        ((10, 20), 10, (5, 10)),
        ((1, 99), 9, (1, 9)),
    ],
)
def test_the_longer_side_decides(size, longest, expected):
    assert scaled_to(np.zeros(size, np.uint8), longest).shape == expected


@pytest.mark.parametrize("size", [(40, 60), (90, 30), (10, 10), (123, 77)])
def test_cover_fills_the_size_and_keeps_the_centre(size):
    picture = np.zeros((30, 60, 3), "float32")
    picture[14:16, 29:31] = 1
    covered = cover(picture, *size)
    assert covered.shape == (*size, 3)
    row, column = np.unravel_index(covered[..., 0].argmax(), size)
    assert abs(row - size[0] / 2) <= 0.07 * size[0] + 1
    assert abs(column - size[1] / 2) <= 0.07 * size[1] + 1


def test_a_picture_that_is_too_wide_loses_both_its_ends():
    row = np.arange(8, dtype=np.float32) / 8
    picture = np.broadcast_to(row[:, None], (2, 8, 3))
    np.testing.assert_allclose(cover(picture, 2, 4), picture[:, 2:6])
    np.testing.assert_allclose(cover(picture.swapaxes(0, 1), 4, 2), picture[:, 2:6].swapaxes(0, 1))


def test_a_background_of_bytes_covers_as_its_floats_do():
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    for kind in (picture, picture.astype(np.uint16) * 257):
        np.testing.assert_allclose(
            cover(kind, 30, 70), cover(picture / np.float32(255), 30, 70), atol=1e-6
        )


@pytest.mark.parametrize("shape", [(41, 60, 3), (41, 60)])
def test_bytes_are_scaled_without_rounding_to_bytes(shape):
    """Refinement follows steps of colour that are finer than those of a file."""
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    exact = resized(picture / np.float32(255), 29, 44)
    found = resized_finely(picture, 29, 44)
    assert found.dtype == np.uint16
    assert np.abs(found / 65535 - exact).max() < 1e-5
    assert np.abs(resized(picture, 29, 44) / 255 - exact).max() > 1e-3
    for same in (picture.astype(np.uint16), picture / 255):
        np.testing.assert_array_equal(resized_finely(same, 29, 44), resized(same, 29, 44))

import doctest

import cv2
import numpy as np
import pytest

from atnet import trimaps
from atnet.files.images import encode_image
from atnet.subjects.hints import scaled_trimap
from atnet.trimaps import (
    TrimapError,
    as_mask,
    check_trimap,
    clamp,
    read_trimap,
    smaller_trimap,
    snap_trimap,
    trimap_from_alpha,
    trimap_from_mask,
    unknown_region,
)


def disc(height, width, centre, radius):
    rows, columns = np.ogrid[:height, :width]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


def test_a_smaller_trimap_knows_only_what_all_its_pixels_know():
    trimap = np.full((6, 12), 255, np.uint8)
    trimap[:, :6] = 0
    trimap[0, 0] = 128  # one unknown pixel of four
    trimap[3, 10] = 0  # foreground and background meet without an unknown pixel
    smaller = smaller_trimap(trimap, 3, 6)
    expected = np.array([[0, 0, 0, 255, 255, 255]] * 3, np.uint8)
    expected[0, 0] = expected[1, 5] = 128
    np.testing.assert_array_equal(smaller, expected)
    assert smaller_trimap(trimap, 6, 12) is trimap


@pytest.mark.parametrize("size", [(71, 99), (50, 70), (35, 50), (1, 1)])
def test_no_unknown_pixel_is_lost_in_a_smaller_trimap(size):
    """Also at sizes that do not divide: single unknown pixels among known ones stay unknown."""
    rng = np.random.default_rng(0)
    trimap = np.where(np.arange(100) < 50, 0, 255).astype(np.uint8) * np.ones((72, 1), np.uint8)
    places = rng.integers(0, 72, 40), rng.integers(0, 100, 40)
    trimap[places] = 128
    smaller = smaller_trimap(trimap, *size)
    rows, columns = (
        place * new // old for place, new, old in zip(places, size, trimap.shape, strict=True)
    )
    assert (smaller[rows, columns] == 128).all()
    assert set(np.unique(smaller)) <= {0, 128, 255}


def test_examples_run():
    assert doctest.testmod(trimaps).failed == 0


# snap_trimap


@pytest.mark.parametrize(
    "grey",
    [
        np.array([[0, 128, 255]], np.uint8),
        np.array([[0.0, 0.5, 1.0]], np.float32),
        np.array([[0.0, 128 / 255, 1.0]]),
        np.array([[0, 128 * 257, 65535]], np.uint16),
    ],
)
def test_exact_trimaps_are_kept_without_a_warning(grey):
    trimap = snap_trimap(grey)
    assert trimap.dtype == np.uint8
    assert trimap.tolist() == [[0, 128, 255]]


def test_a_bool_mask_is_a_trimap_without_unknown_pixels():
    assert snap_trimap(np.array([[False, True]])).tolist() == [[0, 255]]


def test_snapping_thresholds_and_the_count_in_the_warning():
    grey = np.array([[0, 1, 25, 26, 102], [127, 128, 229, 230, 255]], np.uint8)
    with pytest.warns(UserWarning, match=r"^trimap: 7 pixels \(70\.00%\)") as caught:
        trimap = snap_trimap(grey)
    assert caught[0].filename == __file__  # whose trimap it is
    assert trimap.tolist() == [[0, 0, 0, 128, 128], [128, 128, 128, 255, 255]]


def test_16_bit_values_are_compared_after_rounding_to_8_bits():
    with pytest.warns(UserWarning, match="2 pixels"):
        trimap = snap_trimap(np.array([[25 * 257 + 128, 25 * 257 + 129, 65535]], np.uint16))
    assert trimap.tolist() == [[0, 128, 255]]


def test_snapping_does_not_change_its_input():
    grey = np.array([[10, 200]], np.uint8)
    with pytest.warns(UserWarning, match="snap|became"):
        snap_trimap(grey)
    assert grey.tolist() == [[10, 200]]


@pytest.mark.parametrize(
    ("grey", "message"),
    [
        (np.zeros((2, 2, 3), np.uint8), r"shape \(2, 2, 3\)"),
        (np.zeros((0, 4), np.uint8), r"shape \(0, 4\)"),
        (np.zeros((2, 2), np.int64), "int64"),
        (np.full((2, 2), 128.0), "128"),
        (np.array([[0.0, np.nan]]), "nan"),
        (np.array([[-0.5, 1.0]]), "-0.5 to 1"),
    ],
)
def test_what_cannot_be_snapped_is_refused(grey, message):
    with pytest.raises(ValueError, match=message):
        snap_trimap(grey)


def test_files_are_read_and_snapped(tmp_path):
    path = tmp_path / "trimap.png"
    path.write_bytes(encode_image(np.array([[0, 127, 128, 255]], np.uint8)))
    with pytest.warns(UserWarning, match="1 pixels"):
        assert read_trimap(path).tolist() == [[0, 128, 128, 255]]


# check_trimap


@pytest.mark.parametrize(
    "trimap",
    [[[0, 128, 255]], [[0, 255, 255]], [[128, 255, 255]], [[128, 0, 0]]],
)
def test_meaningful_trimaps_pass(trimap):
    check_trimap(np.array(trimap, np.uint8), (1, 3, 3))


@pytest.mark.parametrize("value", [0, 128, 255])
def test_one_value_passes_only_in_a_single_pixel(value):
    check_trimap(np.full((1, 1), value, np.uint8), (1, 1))
    with pytest.raises(TrimapError, match=f"every pixel is {value}"):
        check_trimap(np.full((1, 2), value, np.uint8), (1, 2))
    check_trimap(np.full((1, 2), value, np.uint8), (1, 2), uniform=True)


@pytest.mark.parametrize(
    ("trimap", "message"),
    [
        (np.zeros((4, 6), np.float32), "float32 .* snap_trimap"),
        (np.zeros((4, 6, 3), np.uint8), r"\(4, 6, 3\)"),
        (np.zeros((6, 4), np.uint8), "4 x 6 pixels, but the image is 6 x 4"),
        (np.arange(24, dtype=np.uint8).reshape(4, 6), r"23 values .* \[1, 2, 3, 4, 5\].*snap"),
        (np.full((4, 6), 127, np.uint8), r"1 values .* \[127\]"),
    ],
)
def test_wrong_trimaps_are_refused_in_one_line(trimap, message):
    with pytest.raises(TrimapError, match=message) as caught:
        check_trimap(trimap, (4, 6, 3))
    assert "\n" not in str(caught.value)


def test_views_are_checked_too():
    trimap = np.zeros((6, 8), np.uint8)
    trimap[::2] = 255
    check_trimap(trimap[::-1, ::2].T, (4, 6))


def test_unknown_region():
    region = unknown_region(np.array([[0, 128], [255, 128]], np.uint8))
    assert region.dtype == bool
    assert region.tolist() == [[False, True], [False, True]]


@pytest.mark.parametrize(
    ("dtype", "low", "middle", "high"),
    [
        (bool, False, True, True),
        (np.uint8, 0, 9, 255),
        (np.uint16, 0, 9, 65535),
        (np.float16, 0, 0.25, 1),
        (np.float32, 0, 0.25, 1),
        (np.float64, 0, 0.25, 1),
    ],
)
def test_known_pixels_are_set_in_any_type(dtype, low, middle, high):
    alpha = np.full((1, 3), middle, dtype)
    clamped = clamp(alpha, np.array([[0, 128, 255]], np.uint8))
    assert clamped.dtype == dtype
    assert clamped.tolist() == [[low, middle, high]]
    assert alpha.tolist() == [[middle] * 3]


# trimap_from_mask and trimap_from_alpha


def test_a_hand_drawn_mask():
    mask = np.zeros((5, 7), bool)
    mask[1:4, 1:6] = True
    expected = [
        [0, 128, 128, 128, 128, 128, 0],
        [128, 128, 128, 128, 128, 128, 128],
        [128, 128, 255, 255, 255, 128, 128],
        [128, 128, 128, 128, 128, 128, 128],
        [0, 128, 128, 128, 128, 128, 0],
    ]
    assert trimap_from_mask(mask, 1, 1).tolist() == expected


def test_radius_zero_gives_a_hard_trimap():
    assert trimap_from_mask(np.array([[True, False]]), 0, 0).tolist() == [[255, 0]]


def test_soft_masks_are_certain_from_95_and_up_to_5_percent():
    """Of 255, 12.75 and 242.25, rounded."""
    mask = np.array([[0, 13, 14, 128, 241, 242, 255]], np.uint8)
    assert trimap_from_mask(mask, 0, 0).tolist() == [[0, 0, 128, 128, 128, 255, 255]]


def test_only_alpha_0_and_1_are_certain():
    alpha = np.array([[0, 0.4, 0.6, 127.5, 254.4, 254.6, 255]], np.float32) / 255
    assert trimap_from_alpha(alpha, 0, 0).tolist() == [[0, 0, 128, 128, 128, 255, 255]]


@pytest.mark.parametrize("make", [trimap_from_mask, trimap_from_alpha])
@pytest.mark.parametrize(("foreground_radius", "background_radius"), [(1, 4), (3, 2.5), (7, 0)])
def test_erosion_equals_a_search_through_every_disc(make, foreground_radius, background_radius):
    mask = cv2.GaussianBlur(np.random.default_rng(3).random((40, 50)), (0, 0), 6) > 0.5
    inside, outside = np.argwhere(mask), np.argwhere(~mask)

    def distance(pixel, others):
        return np.hypot(*(others - pixel).T).min()

    expected = np.full(mask.shape, 128)
    for pixel in inside:
        if distance(pixel, outside) > foreground_radius:
            expected[tuple(pixel)] = 255
    for pixel in outside:
        if distance(pixel, inside) > background_radius:
            expected[tuple(pixel)] = 0
    assert np.array_equal(make(mask, foreground_radius, background_radius), expected)


def test_an_eroded_disc_is_a_smaller_disc():
    trimap = trimap_from_mask(disc(301, 301, (150, 150), 100), 40, 30)
    assert abs((trimap == 255).sum() / (np.pi * 60**2) - 1) < 0.03
    assert abs((trimap != 0).sum() / (np.pi * 130**2) - 1) < 0.03


def test_an_object_cut_by_the_frame_is_not_eroded_there():
    mask = np.zeros((40, 40), bool)
    mask[:, :20] = True
    row = [255] * 15 + [128] * 10 + [0] * 15
    assert trimap_from_mask(mask, 5, 5).tolist() == [row] * 40


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (1, 255), (0.5, 128)])
def test_alphas_of_one_value_stay_of_one_value(value, expected):
    trimap = trimap_from_alpha(np.full((4, 5), value, np.float32), 3, 3)
    assert np.unique(trimap).tolist() == [expected]


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((4, 5), np.uint8), "mask: its values are 0 to 0 of 255, all of it background"),
        (np.ones((4, 5), bool), "mask: its values are 255 to 255 of 255, all of it foreground"),
        (np.full((4, 5), 0.04), "10 to 10 of 255"),
        (np.array([[243, 250]], np.uint8), "243 to 250 of 255, all of it foreground"),
        (np.array([[0, 1, 2]], np.uint8), "0 to 2 of 255, all of it background"),
        (np.array([[0, 2]], np.uint8), "0 to 2 of 255, all of it background"),
        (np.array([[5, 13]], np.uint8), "5 to 13 of 255, all of it background"),
        (np.ones((4, 5), np.uint8), "1 to 1 of 255"),
    ],
)
def test_a_mask_that_marks_nothing_or_everything_is_refused(mask, message):
    with pytest.raises(TrimapError, match=message):
        trimap_from_mask(mask, 3, 3)


def test_a_mask_of_one_grey_on_black_stays_soft():
    assert as_mask(np.array([[0, 60]], np.uint8)).tolist() == [[0, 60]]


def test_a_mask_has_the_size_of_its_image():
    mask = np.eye(2, dtype=bool)
    assert as_mask(mask, (2, 2, 3)).tolist() == [[255, 0], [0, 255]]
    with pytest.raises(TrimapError, match="mask: is 2 x 2 pixels, but the image is 3 x 2"):
        as_mask(mask, (2, 3, 3))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_zeros_and_ones_are_labels(dtype):
    assert as_mask(np.array([[0, 1, 0]], dtype)).tolist() == [[0, 255, 0]]


def test_labels_are_read_from_files_of_both_depths():
    for bits in (8, 16):
        data = encode_image(np.array([[0, 1, 1]]) / np.float32(2**bits - 1), bits=bits)
        assert as_mask(data).tolist() == [[0, 255, 255]]


def test_each_pixel_can_have_its_own_radius():
    mask = np.zeros((2, 12), bool)
    mask[:, 6:] = True
    radius = np.array([[1.0], [3.0]]) * np.ones((1, 12))
    trimap = trimap_from_mask(mask, radius, 2 * radius)
    assert (trimap == 128).sum(axis=1).tolist() == [3, 9]


@pytest.mark.parametrize(
    "radii", [(np.array([[0, -1, 0, 0]] * 4), 1), (-1, 2), (2, -0.5), (np.nan, 1), (1, np.inf)]
)
def test_impossible_radii_are_refused(radii):
    with pytest.raises(TrimapError, match="radius: is"):
        trimap_from_alpha(np.eye(4), *radii)


def test_a_trimap_is_scaled_to_an_image_of_the_same_shape_and_mixed_pixels_are_unknown():
    trimap = np.repeat(np.array([[0, 0, 255, 255]], np.uint8), 4, axis=0)
    larger = scaled_trimap(trimap, 8, 8)
    assert larger.shape == (8, 8)
    assert (larger[:, 0] == 0).all()
    assert (larger[:, -1] == 255).all()
    assert (larger[:, 3:5] == 128).all()
    assert scaled_trimap(trimap, 2, 2).tolist() == [[0, 255], [0, 255]]
    with pytest.raises(TrimapError, match="only one of the same shape"):
        scaled_trimap(trimap, 8, 4)


@pytest.mark.parametrize("values", [[0, 1], [0, 1, 2], [1, 2]])
def test_labels_are_no_greys_of_a_trimap(values):
    with pytest.raises(TrimapError, match=rf"{values[0]} to {values[-1]} of 255, labels"):
        snap_trimap(np.array([values], np.uint8))


def test_values_beyond_labels_are_greys_of_a_trimap():
    with pytest.warns(UserWarning, match="1 pixels"):
        assert snap_trimap(np.array([[0, 3]], np.uint8)).tolist() == [[0, 0]]

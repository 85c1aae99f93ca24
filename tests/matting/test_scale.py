import cv2
import numpy as np
import pytest

from atnet.matting.scale import SCALES, band_width, choose_scale, lost_detail

SIDE = 1600


def picture(softness, seed=0):
    """Texture of all sizes, as photographs have, without what is finer than some pixels."""
    rng = np.random.default_rng(seed)
    total = np.zeros((SIDE, SIDE, 3), np.float32)
    for size in (1, 2, 4, 8, 16, 32):
        if size < softness:
            continue
        small = rng.normal(0, 0.08, (SIDE // size, SIDE // size, 3)).astype(np.float32)
        total += cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return np.clip(total + 0.5, 0, 1)


def band(width):
    unknown = np.zeros((SIDE, SIDE), bool)
    unknown[600 : 600 + width] = True
    return unknown


def test_a_clear_picture_is_seen_as_it_is():
    assert choose_scale(picture(1), band(200)) == 1


def test_a_soft_picture_with_a_wide_band_is_seen_smaller():
    assert choose_scale(picture(4), band(200)) == 0.5  # 1600 pixels become 800, above 640


def test_a_narrow_band_stays_as_wide_as_the_network_likes():
    soft = picture(8)
    assert choose_scale(soft, band(20)) == 1
    assert choose_scale(soft, band(60)) == SCALES[1]  # 60 / 1.4 = 42 pixels, a step on is 30


def test_a_small_picture_stays_as_it_is():
    soft = cv2.resize(picture(8)[:400, :400], (800, 800))
    assert choose_scale(soft, band(200)[400:1200, :800]) == 1  # 640 pixels or more are kept


def test_noise_is_no_reason_to_lose_detail():
    """It is kept, which is slower and never wrong."""
    noisy = picture(8) + np.random.default_rng(1).normal(0, 0.1, (SIDE, SIDE, 3))
    assert choose_scale(np.clip(noisy, 0, 1), band(200)) == 1


def test_only_the_unknown_region_is_looked_at():
    image = picture(8)
    image[900:] = picture(1)[900:]
    assert choose_scale(image, band(200)) < 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_the_type_of_pixels_does_not_matter(dtype):
    image, unknown = picture(8), band(200)
    top = 1 if dtype == np.float64 else np.iinfo(dtype).max
    same = (image * top + (dtype != np.float64) / 2).astype(dtype)
    assert choose_scale(same, unknown) == choose_scale(image, unknown)


def test_nothing_unknown_and_single_pixels_are_no_problem():
    assert choose_scale(np.zeros((1, 1, 3)), np.zeros((1, 1), bool)) == 1
    assert choose_scale(np.zeros((1, 3000, 3)), np.ones((1, 3000), bool)) in SCALES
    assert choose_scale(np.zeros((3000, 700, 3)), np.ones((3000, 700), bool)) in SCALES


def test_a_bands_width_by_hand():
    """Distances 1, 2, 3, 3, 2, 1 across a band of 6: their median is 2."""
    unknown = np.zeros((10, 40), bool)
    unknown[2:8] = True
    assert band_width(unknown, [(slice(0, 10), slice(0, 40))]) == 8
    halves = [(slice(0, 10), slice(0, 20)), (slice(0, 10), slice(20, 40))]
    assert band_width(unknown, halves) == 8


def test_lost_detail_by_hand():
    """Stripes one pixel wide, 0.2 and 0.4, become 0.3 in two steps: 3 * 0.01 a pixel."""
    stripes = np.zeros((64, 64, 3))
    stripes[:, ::2], stripes[:, 1::2] = 0.2, 0.4
    lost = lost_detail(stripes, np.ones((64, 64), bool))
    assert lost.sum() == pytest.approx(64 * 64 * 0.03, rel=0.2)  # steps overlap a little
    assert lost[:2].sum() > 0.9 * lost.sum()
    assert lost_detail(np.full((64, 64, 3), 0.3), np.ones((64, 64), bool)).max() < 1e-10

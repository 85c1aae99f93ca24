import cv2
import numpy as np
import pytest

from atnet.subjects.bands import diagonal
from atnet.subjects.detail import EVEN, INNER, WIDEST, DetailBand, trimap_by_detail
from atnet.trimaps import TrimapError

SIZE = (300, 400)
RADIUS, HAIR = 100, 16


def hairy(scale=1):
    """A head whose right half has hairs; its mask knows nothing of them."""
    height, width = (scale * side for side in SIZE)
    image = np.full((height, width, 3), 90, np.uint8)
    mask = np.zeros((height, width), np.uint8)
    centre, radius = (width // 2, height // 2), RADIUS * scale
    cv2.circle(mask, centre, radius, 255, -1)
    for angle in np.linspace(-1.2, 1.2, 110):
        tip = np.array(centre) + (radius + HAIR * scale) * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(image, centre, tip.astype(int).tolist(), (230, 210, 160), scale, cv2.LINE_AA)
    cv2.circle(image, centre, radius, (230, 210, 160), -1)
    noise = np.random.default_rng(0).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), mask


def reach(trimap, scale=1):
    """Unknown pixels to the left and to the right of the head, outside of its outline."""
    row = trimap[trimap.shape[0] // 2] == 128
    middle = row.size // 2
    return [int(side[RADIUS * scale :].sum()) for side in (row[:middle][::-1], row[middle:])]


def test_the_band_is_wide_at_hair_and_narrow_elsewhere():
    image, mask = hairy()
    smooth, hair = reach(trimap_by_detail(image, mask))
    even = EVEN.radii(image, mask)[0]
    assert even - 1 <= smooth <= 1.5 * even
    assert 2 * even < hair <= WIDEST * diagonal(mask) + 1


def test_large_pictures_get_the_same_band_in_larger():
    small, large = (trimap_by_detail(*hairy(scale)) for scale in (1, 3))
    for narrow, wide in zip(reach(small), reach(large, 3), strict=True):
        assert 0.7 < wide / (3 * narrow) < 1.4


def test_what_is_added_inside_is_a_part_of_what_is_added_outside():
    image, mask = hairy()
    even = EVEN.radii(image, mask)[0]
    inside, outside = map(np.asarray, DetailBand().radii(image, mask))
    np.testing.assert_allclose(inside - even, INNER * (outside - even), atol=1e-5)
    assert outside.min() >= even
    assert outside.max() <= WIDEST * diagonal(mask) + 1e-3


def test_a_background_as_detailed_as_hair_widens_nothing():
    image, mask = hairy()
    noise = np.random.default_rng(1).integers(0, 255, image.shape, np.uint8)
    _, hair = reach(trimap_by_detail(np.where(mask[..., None] > 0, image, noise), mask))
    assert hair <= 2 * EVEN.radii(image, mask)[0]


def test_a_subject_that_leaves_no_background_far_away_is_taken():
    mask = np.ones((40, 50), bool)
    mask[:2] = False
    image = np.random.default_rng(0).random((40, 50, 3), np.float32)
    assert set(np.unique(trimap_by_detail(image, mask))) <= {0, 128, 255}


def test_depths_of_pictures_and_masks_do_not_matter():
    image, mask = hairy()
    expected = trimap_by_detail(image, mask)
    found = trimap_by_detail(image / np.float32(255), mask > 0)
    assert (found != expected).mean() < 1e-3


def test_the_masks_size_is_checked():
    with pytest.raises(TrimapError, match="but the image is 400 x 300"):
        trimap_by_detail(hairy()[0], np.eye(5))

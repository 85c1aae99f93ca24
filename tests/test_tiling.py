import numpy as np
import pytest

from atnet.tiling import (
    CONTEXT,
    MULTIPLE,
    Rectangle,
    blend_rectangles,
    blending_window,
    padded_area,
    plan_rectangles,
)

MAX_PIXELS = 10**6


def region(shape, *boxes):
    unknown = np.zeros(shape, bool)
    for top, left, height, width in boxes:
        unknown[top : top + height, left : left + width] = True
    return unknown


def scattered(shape, count, seed):
    rng = np.random.default_rng(seed)
    unknown = np.zeros(shape, bool)
    for _ in range(count):
        top, left = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        unknown[top : top + rng.integers(1, 60), left : left + rng.integers(1, 60)] = True
    return unknown


SCENES = {
    "whole": np.ones((700, 900), bool),
    "thin frame": region((1500, 2000), (0, 0, 1500, 3), (0, 0, 3, 2000), (1497, 0, 3, 2000)),
    "small patch": region((3000, 4000), (100, 300, 100, 100)),
    "last pixel": region((1000, 3000), (999, 2999, 1, 1)),
    "one pixel wide": np.ones((2000, 1), bool),
    "scattered": scattered((2100, 1700), 40, seed=1),
    "everything, large": np.ones((2500, 2600), bool),
}


@pytest.fixture(params=SCENES, ids=str)
def unknown(request):
    return SCENES[request.param]


def test_nothing_unknown_costs_nothing():
    assert plan_rectangles(np.zeros((50, 60), bool), MAX_PIXELS) == []


def test_rectangles_lie_inside_the_image_and_within_memory(unknown):
    for rectangle in plan_rectangles(unknown, MAX_PIXELS):
        assert rectangle.top >= 0
        assert rectangle.left >= 0
        assert rectangle.top + rectangle.height <= unknown.shape[0]
        assert rectangle.left + rectangle.width <= unknown.shape[1]
        assert padded_area(rectangle) <= MAX_PIXELS


def test_every_unknown_pixel_is_seen_with_context(unknown):
    """Inside some rectangle, at least CONTEXT from those of its sides that cut the image."""
    height, width = unknown.shape
    seen = np.zeros(unknown.shape, bool)
    for part in plan_rectangles(unknown, MAX_PIXELS):
        top = part.top + (CONTEXT if part.top > 0 else 0)
        left = part.left + (CONTEXT if part.left > 0 else 0)
        bottom, right = part.top + part.height, part.left + part.width
        seen[
            top : bottom - (CONTEXT if bottom < height else 0),
            left : right - (CONTEXT if right < width else 0),
        ] = True
    assert not (unknown & ~seen).any()


def test_blending_weights_reach_every_unknown_pixel(unknown):
    """The sum never falls below the 1/4 of a pixel at a corner between four cores."""
    total = np.zeros(unknown.shape)
    for rectangle in plan_rectangles(unknown, MAX_PIXELS):
        total[rectangle.slices] += blending_window(rectangle, unknown.shape)
    assert total[unknown].min() >= 0.24


def test_a_small_region_in_a_large_image_costs_little():
    (rectangle,) = plan_rectangles(SCENES["small patch"], MAX_PIXELS)
    # 100 + 2 * 128 pixels, cut at the image's top, where only 100 are left
    assert rectangle == Rectangle(top=0, left=172, height=328, width=356)


def test_regions_far_apart_are_computed_apart():
    corners = region((3000, 4000), (0, 0, 50, 50), (2950, 3950, 50, 50))
    parts = plan_rectangles(corners, max_pixels=20 * 10**6)
    assert sum(padded_area(part) for part in parts) == 2 * 512 * 512


def test_one_pass_is_preferred_where_tiles_save_little():
    unknown = np.ones((700, 900), bool)
    assert plan_rectangles(unknown, MAX_PIXELS) == [Rectangle(0, 0, 700, 900)]


def test_padded_area_by_hand():
    assert padded_area(Rectangle(0, 0, 33, 64)) == 64 * 64
    assert padded_area(Rectangle(5, 5, 1, 1)) == MULTIPLE * MULTIPLE


def test_windows_of_neighbours_sum_to_one_across_their_border():
    """Two 512 px tiles of a 768 px row, cores 256: the ramps mirror each other."""
    shape = (512, 768)
    left = blending_window(Rectangle(0, 0, 512, 512), shape)[100]
    right = blending_window(Rectangle(0, 256, 512, 512), shape)[100]
    total = np.zeros(768)
    total[:512] += left
    total[256:] += right
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert left[0] == 1
    assert left[-1] == 0


@pytest.mark.parametrize("channels", [(), (3,)])
def test_blended_parts_give_the_whole(unknown, channels):
    """Parts that agree leave no trace of their borders; what no part covers stays as it was."""
    truth = np.random.default_rng(0).random((*unknown.shape, *channels), np.float32)
    result = np.full_like(truth, -1)
    blend_rectangles(plan_rectangles(unknown, MAX_PIXELS), lambda part: truth[part], result)
    np.testing.assert_allclose(result[unknown], truth[unknown], atol=1e-6)
    untouched = np.all(result == -1, axis=2) if channels else result == -1
    np.testing.assert_allclose(result[~untouched], truth[~untouched], atol=1e-6)


def test_a_window_keeps_its_weight_at_the_image_border():
    assert (blending_window(Rectangle(0, 0, 40, 50), (40, 50)) == 1).all()

from itertools import product

import numpy as np
import pytest

from atnet.tiling import CORE_SIDES, Rectangle, Tiling

TILING = Tiling(max_pixels=10**6)
CONTEXT = TILING.context


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
    "a strip": np.ones((400, 6000), bool),
    "a strip of the least tiles": np.ones((400, 2700), bool),
    "just over a tile": np.ones((1025, 1025), bool),
}


@pytest.fixture(params=SCENES, ids=str)
def unknown(request):
    return SCENES[request.param]


def test_nothing_unknown_costs_nothing():
    assert TILING.plan(np.zeros((50, 60), bool)) == []


def test_rectangles_lie_inside_the_image_and_within_memory(unknown):
    for rectangle in TILING.plan(unknown):
        assert rectangle.top >= 0
        assert rectangle.left >= 0
        assert rectangle.top + rectangle.height <= unknown.shape[0]
        assert rectangle.left + rectangle.width <= unknown.shape[1]
        assert TILING.cost([rectangle]) <= TILING.max_pixels


def test_every_unknown_pixel_is_seen_with_context(unknown):
    """Inside some rectangle, at least CONTEXT from those of its sides that cut the image."""
    height, width = unknown.shape
    seen = np.zeros(unknown.shape, bool)
    for part in TILING.plan(unknown):
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
    for rectangle in TILING.plan(unknown):
        total[rectangle.slices] += TILING.window(rectangle, unknown.shape)
    assert total[unknown].min() >= 0.24


def test_a_small_region_in_a_large_image_costs_little():
    (rectangle,) = TILING.plan(SCENES["small patch"])
    # 100 + 2 * 128 pixels, cut at the image's top, where only 100 are left
    assert rectangle == Rectangle(top=0, left=172, height=328, width=356)


def test_regions_far_apart_are_computed_apart():
    corners = region((3000, 4000), (0, 0, 50, 50), (2950, 3950, 50, 50))
    parts = Tiling(max_pixels=20 * 10**6).plan(corners)
    assert TILING.cost(parts) == 2 * 192 * 192


@pytest.mark.parametrize("core", [(256, 256), (256, 2048), (1024, 512)])
def test_tiles_are_no_larger_than_what_they_are_for(unknown, core):
    """No side is further from unknown pixels than the context."""
    tiles = TILING.grid(unknown, *core)
    assert len(set(tiles)) == len(tiles)
    for tile in tiles:
        assert tile.height <= core[0] + 2 * CONTEXT
        assert tile.width <= core[1] + 2 * CONTEXT
        part = unknown[tile.slices]
        for side in (part, part[::-1], part.T, part.T[::-1]):
            assert side[: CONTEXT + 1].any()


def test_a_long_strip_is_cut_evenly_along_its_length():
    """400 x 6000 in cores of 512: 12 of 500 columns each."""
    tiles = TILING.grid(SCENES["a strip"], 512, 512)
    assert {(tile.top, tile.height) for tile in tiles} == {(0, 400)}
    assert [tile.left for tile in tiles] == [0, *range(500 - 128, 6000 - 500, 500)]
    assert [tile.width for tile in tiles] == [628, *[756] * 10, 628]


def test_a_tile_shrinks_to_the_unknown_pixels_of_its_core():
    """A frame 2 pixels wide in four cores: each sees its corner, not the whole quarter."""
    corner = region((1000, 1000), (300, 300, 2, 400), (300, 300, 20, 2), (690, 690, 10, 10))
    assert TILING.grid(corner, 200, 400) == [
        Rectangle(172, 172, 276, 656),
        Rectangle(562, 562, 266, 266),
    ]


def test_the_plan_computes_the_fewest_pixels_of_the_candidates(unknown):
    """One pass over the box may cost a quarter more than the best tiles, as it has no seams."""
    grids = [TILING.grid(unknown, *core) for core in product(CORE_SIDES, repeat=2)]
    costs = [
        TILING.cost(grid)
        for grid in grids
        if all(TILING.cost([tile]) <= TILING.max_pixels for tile in grid)
    ]
    plan = TILING.plan(unknown)
    assert TILING.cost(plan) <= (min(costs) / 0.8 if len(plan) == 1 else min(costs))


def test_the_smallest_tile_is_a_core_and_its_context():
    assert TILING.smallest_tile == 512 * 512
    assert Tiling(10**6, context=10, multiple=8).smallest_tile == 280 * 280
    bound = Tiling(TILING.smallest_tile)
    everything = np.ones((600, 700), bool)
    assert all(bound.cost([tile]) <= bound.max_pixels for tile in bound.plan(everything))


def test_context_and_multiple_are_the_networks():
    unknown = region((1000, 1000), (500, 500, 10, 10))
    (rectangle,) = Tiling(max_pixels=10**6, context=16, multiple=8).plan(unknown)
    assert rectangle == Rectangle(484, 484, 42, 42)
    assert Tiling(10**6, multiple=8).cost([rectangle]) == 48 * 48


def test_one_pass_is_preferred_where_tiles_save_little():
    unknown = np.ones((700, 900), bool)
    assert TILING.plan(unknown) == [Rectangle(0, 0, 700, 900)]


def test_padded_area_by_hand():
    assert TILING.cost([Rectangle(0, 0, 33, 64)]) == 64 * 64
    assert TILING.cost([Rectangle(5, 5, 1, 1), Rectangle(0, 0, 32, 33)]) == 32 * 32 + 32 * 64


def test_windows_of_neighbours_sum_to_one_across_their_border():
    """Two 512 px tiles of a 768 px row, cores 256: the ramps mirror each other."""
    shape = (512, 768)
    left = TILING.window(Rectangle(0, 0, 512, 512), shape)[100]
    right = TILING.window(Rectangle(0, 256, 512, 512), shape)[100]
    total = np.zeros(768)
    total[:512] += left
    total[256:] += right
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert left[0] == 1
    assert left[-1] == 0


def assert_blended_parts_give_the_whole(truth, unknown):
    """Parts that agree leave no trace of their borders; what no part covers stays as it was."""
    result = np.full_like(truth, -1)
    TILING.blend(TILING.plan(unknown), lambda part: truth[part], result)
    np.testing.assert_allclose(result[unknown], truth[unknown], atol=1e-6)
    touched = result != -1
    np.testing.assert_allclose(result[touched], truth[touched], atol=1e-6)


def test_blended_parts_give_the_whole(unknown):
    truth = np.random.default_rng(0).random(unknown.shape, np.float32)
    assert_blended_parts_give_the_whole(truth, unknown)


def test_blended_parts_of_colour_give_the_whole():
    unknown = SCENES["just over a tile"]
    truth = np.random.default_rng(0).random((*unknown.shape, 3), np.float32)
    assert_blended_parts_give_the_whole(truth, unknown)


@pytest.mark.parametrize("axis", [0, 1])
def test_parts_that_differ_meet_in_a_smooth_step(axis):
    """Cores of 256 beside each other; the step 3t² - 2t³ is one context wide, about their border.

    With equal weights there would be a jump of 1/2 where the second tile begins.
    """
    tiles = [Rectangle(0, 0, 384, 64), Rectangle(128, 0, 384, 64)]
    if axis == 1:
        tiles = [Rectangle(tile.left, tile.top, tile.width, tile.height) for tile in tiles]
    result = np.full((512, 64) if axis == 0 else (64, 512), -1, np.float32)
    TILING.blend(tiles, lambda part: np.full_like(result[part], part[axis].start > 0), result)
    position = np.arange(512) + 0.5
    step = np.clip((position - (256 - CONTEXT / 2)) / CONTEXT, 0, 1)
    expected = np.expand_dims(3 * step**2 - 2 * step**3, 1 - axis)
    np.testing.assert_allclose(result, np.broadcast_to(expected, result.shape), atol=1e-6)


def test_a_window_keeps_its_weight_at_the_image_border():
    assert (TILING.window(Rectangle(0, 0, 40, 50), (40, 50)) == 1).all()


def test_progress_is_told_before_the_first_and_after_each():
    told, result = [], np.zeros((300, 900), np.float32)
    tiling = Tiling(max_pixels=110_000, context=32)
    unknown = np.zeros(result.shape, bool)
    unknown[100:200] = True
    tiles = tiling.plan(unknown)
    tiling.blend(tiles, lambda part: result[part], result, lambda *it: told.append(it))
    assert told == [(done, len(tiles)) for done in range(len(tiles) + 1)]
    assert len(tiles) > 1

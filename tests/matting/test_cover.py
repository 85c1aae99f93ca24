import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from atnet.matting.cover import CELL, cover
from atnet.tiling import Rectangle


def covered(blocks, shape):
    times = np.zeros(shape, int)
    for block in blocks:
        times[block.slices] += 1
    return times


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(lambda s: arrays(bool, s)))
def test_every_unknown_pixel_is_in_one_block(cells):
    unknown = np.kron(cells, np.ones((20, 27), bool))  # no multiples of the cells' side
    times = covered(cover(unknown, 8), unknown.shape)
    assert times.max() <= 1
    assert times[unknown].all()


def test_nothing_unknown_has_no_blocks():
    assert cover(np.zeros((40, 50), bool), 8) == []


def test_a_single_pixel_has_its_cell_as_far_as_the_picture_goes():
    unknown = np.zeros((40, 50), bool)
    unknown[-1, -1] = True
    assert cover(unknown, 8) == [Rectangle(32, 32, 8, 18)]


def test_a_picture_that_is_unknown_all_over_has_four_quarters():
    blocks = cover(np.ones((8 * CELL, 8 * CELL), bool), 8)
    assert {(block.height, block.width) for block in blocks} == {(4 * CELL, 4 * CELL)}
    assert len(blocks) == 4


@pytest.mark.parametrize("reach", [0, 8])
def test_a_frame_is_not_filled(reach):
    """By hand: 60 cells along the border of 16 x 16, and less than half around each for reach."""
    unknown = np.ones((16 * CELL, 16 * CELL), bool)
    unknown[CELL:-CELL, CELL:-CELL] = False
    times = covered(cover(unknown, reach), unknown.shape)
    assert times.sum() == 60 * CELL**2

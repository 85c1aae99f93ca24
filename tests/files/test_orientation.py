import numpy as np
import pytest

from atnet.files.orientation import upright

# The letter F as it is to be seen, and as EXIF says that it is stored for each number.
SEEN = ["###", "#..", "##.", "#.."]
STORED = {
    1: ["###", "#..", "##.", "#.."],
    2: ["###", "..#", ".##", "..#"],
    3: ["..#", ".##", "..#", "###"],
    4: ["#..", "##.", "#..", "###"],
    5: ["####", "#.#.", "#..."],
    6: ["#...", "#.#.", "####"],
    7: ["...#", ".#.#", "####"],
    8: ["####", ".#.#", "...#"],
}


def pixels(rows):
    return np.array([[letter == "#" for letter in row] for row in rows])


@pytest.mark.parametrize("orientation", STORED)
def test_all_eight_are_turned_upright(orientation):
    turned = upright(pixels(STORED[orientation]), orientation)
    assert np.array_equal(turned, pixels(SEEN))
    assert turned.flags.c_contiguous


@pytest.mark.parametrize("nonsense", [0, 9, -1])
def test_no_such_number_changes_nothing(nonsense):
    assert np.array_equal(upright(pixels(SEEN), nonsense), pixels(SEEN))

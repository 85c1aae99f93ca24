import numpy as np

from atnet.matting.changes import find_change


def trimaps():
    before = np.zeros((200, 300), np.uint8)
    before[100:] = 128
    return before, before.copy()


def test_the_weight_is_1_at_changes_and_falls_to_0_at_the_reach():
    before, trimap = trimaps()
    trimap[120, 150] = 255
    change = find_change(before, trimap, 80)
    assert change is not None
    rows, columns = change.box
    assert (rows, columns) == (slice(0, 200), slice(30, 271))
    weights = np.zeros(before.shape, np.float32)
    weights[change.box] = change.weights
    far = np.hypot(*np.indices(before.shape) - np.array([120, 150])[:, None, None])
    assert (weights[far <= 20] == 1).all()
    assert (weights[far >= 40] == 0).all()
    assert weights[120, 180] == 0.5  # three quarters of the way
    line = weights[120, 150:]
    assert (np.diff(line) <= 0).all()
    assert np.abs(np.diff(line)).max() < 0.08  # no seam


def test_changes_in_several_places_are_seen_together():
    before, trimap = trimaps()
    trimap[110, 20], trimap[150, 280] = 0, 0
    change = find_change(before, trimap, 14)
    assert change is not None
    assert change.box == (slice(89, 172), slice(0, 300))
    weights = np.zeros(before.shape, np.float32)
    weights[change.box] = change.weights
    assert weights[110, 20] == weights[150, 280] == 1
    assert weights[130, 150] == 0


def test_equal_trimaps_have_no_change():
    assert find_change(*trimaps(), 64) is None

import numpy as np
import pytest

from atnet.data.synthesis.shapes import (
    bend_towards,
    blob,
    ellipse,
    grow,
    leaf,
    rotated,
    smooth,
    thick,
)


def area(outline):
    x, y = outline.T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def test_an_ellipse_has_its_area():
    assert area(ellipse(np.array([3.0, 1.0]), (2, 0.5), 0.7)) == pytest.approx(np.pi, rel=1e-2)


def test_a_blob_without_roughness_is_an_ellipse_around_its_centre():
    outline = blob(np.random.default_rng(0), np.array([0.4, 0.6]), 0.2, 0)
    assert outline.mean(0) == pytest.approx([0.4, 0.6])
    distance = np.linalg.norm(outline - [0.4, 0.6], axis=1)
    assert distance.max() == pytest.approx(0.2, rel=1e-3)
    assert distance.min() >= 0.14 - 1e-9


def test_rotation_keeps_lengths():
    points = np.random.default_rng(0).normal(size=(5, 2))
    turned = rotated(points, 0.8)
    assert np.linalg.norm(turned, axis=1) == pytest.approx(np.linalg.norm(points, axis=1))
    assert rotated(turned, -0.8) == pytest.approx(points)


def test_a_smooth_curve_passes_through_its_points():
    points = np.array([[0, 0], [1, 2], [3, 1], [4, 4.0]])
    assert smooth(points, 31)[::10] == pytest.approx(points)


def test_lines_have_the_length_asked_for():
    rng = np.random.default_rng(0)
    lengths = rng.uniform(1, 2, 6)
    curves = grow(rng.normal(size=(6, 2)), np.zeros(6), lengths, rng.normal(size=(6, 9)))
    assert np.linalg.norm(np.diff(curves, axis=1), axis=2).sum(1) == pytest.approx(lengths)


def test_bending_all_the_way_ends_at_the_target():
    angles = np.array([-3.0, -1.0, 0.0, 2.0, 3.0])
    ends = angles + bend_towards(angles, np.pi / 2, np.ones(5), 7).sum(1)
    assert np.sin(ends) == pytest.approx(np.ones(5))


def test_a_leaf_ends_in_points():
    outline = leaf(2, 0.5)
    assert outline[0] == pytest.approx([0, 0])
    assert outline[12] == pytest.approx([2, 0], abs=1e-9)
    assert np.ptp(outline[:, 1]) == pytest.approx(0.5, rel=0.05)


def test_a_thick_line_has_its_area():
    outline = thick(np.array([[0, 0], [1, 1], [2, 2.0]]), np.array([0.2, 0.2, 0.2]))
    assert area(outline) == pytest.approx(0.2 * np.sqrt(8))

import numpy as np
import pytest

from atnet.data.synthesis.raster import Canvas, Layer, coverage, over, straight
from atnet.data.synthesis.shapes import ellipse

SIZE = 32


def true_disc(centre, radius):
    """Coverage by 64 x 64 samples of each pixel, by the equation of the circle."""
    fine = 64
    steps = (np.arange(SIZE * fine) + 0.5) / (SIZE * fine)
    inside = (steps[:, None] - centre[1]) ** 2 + (steps - centre[0]) ** 2 < radius**2
    return inside.reshape(SIZE, fine, SIZE, fine).mean((1, 3))


def half_plane(slope, offset):
    """Coverage of y > offset + slope x, integrated exactly: |slope| <= 1, within one pixel row."""
    fine = 512
    x = (np.arange(SIZE * fine) + 0.5) / fine
    edge = offset + slope * x
    rows = np.arange(SIZE)[:, None]
    return np.clip(rows + 1 - edge, 0, 1).reshape(SIZE, SIZE, fine).mean(2)


def disc_error(factor):
    centre, radius = np.array([0.513, 0.478]), 0.331
    drawn = coverage(ellipse(centre, (radius, radius)), SIZE, factor)
    return np.abs(drawn - true_disc(centre, radius)).max()


def half_plane_error(factor):
    slope, offset = 0.37, 9.3
    left, right = offset / SIZE, (offset + slope * SIZE) / SIZE
    outline = [(0, left), (1, right), (1, 2), (0, 2)]
    return np.abs(coverage(outline, SIZE, factor) - half_plane(slope, offset)).max()


@pytest.mark.parametrize("error", [disc_error, half_plane_error])
def test_coverage_converges_with_the_supersampling_factor(error):
    errors = {factor: error(factor) for factor in (1, 2, 4, 8, 16)}
    for factor, value in errors.items():
        assert value < 1.25 / factor, errors
    assert errors[16] < errors[4] / 2 < errors[1] / 4


@pytest.mark.parametrize("shift", [0, 0.25, 0.5, 0.75])
def test_positions_finer_than_a_pixel_count(shift):
    edge = (4 + shift) / 16
    drawn = coverage([(edge, -1), (2, -1), (2, 2), (edge, 2)], 16, 8)
    assert drawn[8, 3] == 0
    assert abs(drawn[8, 4] - (1 - shift)) <= 1 / 8
    assert drawn[8, 5] == 1


@pytest.mark.parametrize("width", [0.25, 0.75, 1.25, 2.25, 3.25])
def test_a_line_covers_its_width(width):
    canvas = Canvas(16, 4)
    canvas.line(np.array([[-0.1, 0.503], [1.1, 0.503]]), width / 16, (1, 1, 1))
    assert canvas.layer().alpha[:, 8].sum() == pytest.approx(width, abs=0.05)


def test_strands_narrow_to_a_point():
    canvas = Canvas(64, 8)
    curve = np.stack([np.linspace(0.1, 0.9, 20), np.full(20, 0.5)], 1)
    canvas.strands(curve[None], np.array([0.06]), np.ones((1, 3)))
    width = canvas.layer().alpha.sum(0)
    assert width[8] > 3
    assert width[20] > width[40] > width[55] > 0
    assert width[:5].sum() == width[60:].sum() == 0


def test_later_shapes_hide_earlier_ones_at_full_coverage():
    canvas = Canvas(4)
    everything = [(-1, -1), (2, -1), (2, 2), (-1, 2)]
    canvas.polygon(everything, (1, 0, 0))
    canvas.polygon(everything, (0, 0, 1))
    layer = canvas.layer()
    assert np.array_equal(layer.alpha, np.ones((4, 4)))
    assert np.array_equal(layer.colour[0, 0], [0, 0, 1])


def test_clip_and_erase_leave_the_difference():
    canvas = Canvas(8)
    canvas.polygon([(0, 0), (1, 0), (1, 1), (0, 1)], (1, 1, 1))
    canvas.clip([(0, 0), (0.74, 0), (0.74, 1), (0, 1)])
    canvas.erase([(0, 0), (0.24, 0), (0.24, 1), (0, 1)])
    assert canvas.layer().alpha[4].round().tolist() == [0, 0, 1, 1, 1, 1, 0, 0]


def test_over_by_hand():
    top = Layer(np.full((1, 1, 3), 1.0), np.full((1, 1), 0.5))
    bottom = Layer(np.zeros((1, 1, 3)), np.full((1, 1), 0.5))
    both = over(top, bottom)
    assert both.alpha[0, 0] == 0.75
    assert both.colour[0, 0] == pytest.approx([2 / 3] * 3)


def test_straight_is_black_where_nothing_is():
    layer = straight(np.zeros((1, 2, 3)), np.array([[0.0, 1.0]]))
    assert np.isfinite(layer.colour).all()

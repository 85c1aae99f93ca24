import numpy as np
import pytest

from atnet.data.synthesis.finishing import (
    blurred,
    bokeh_kernel,
    diffused,
    finish,
    motion_kernel,
    with_holes,
)
from atnet.data.synthesis.raster import Layer


@pytest.fixture
def square():
    """A red square on nothing, whose hidden colour is a loud blue."""
    colour = np.tile(np.array([0, 0, 1], np.float32), (48, 48, 1))
    colour[12:36, 12:36] = (0.9, 0.1, 0)
    alpha = np.zeros((48, 48), np.float32)
    alpha[12:36, 12:36] = 1
    return Layer(colour, alpha)


@pytest.mark.parametrize(
    "kernel", [bokeh_kernel(0.3), bokeh_kernel(4), motion_kernel(9, 0.7), motion_kernel(0.5, 2)]
)
def test_kernels_are_symmetric_and_keep_light(kernel):
    assert kernel.sum() == pytest.approx(1)
    assert kernel.min() >= 0
    assert np.abs(kernel - kernel[::-1, ::-1]).max() < 0.3 * kernel.max()


def test_motion_goes_one_way():
    assert (motion_kernel(8, 0).sum(0) > 0).sum() >= 8
    assert (motion_kernel(8, 0).sum(1) > 0).sum() <= 3


def test_blur_keeps_a_uniform_colour_and_the_area(square):
    soft = blurred(square, bokeh_kernel(3))
    assert soft.alpha.sum() == pytest.approx(square.alpha.sum(), rel=1e-5)
    seen = soft.alpha > 0.01
    assert np.abs(soft.colour[seen] - (0.9, 0.1, 0)).max() < 1e-4


def test_hidden_colour_never_spreads(square):
    whole = diffused(square)
    assert np.abs(whole.colour - (0.9, 0.1, 0)).max() < 0.01


def test_diffused_colour_is_smooth_between_two_things():
    colour = np.zeros((64, 64, 3), np.float32)
    colour[:, 32:] = 1
    alpha = np.zeros((64, 64), np.float32)
    alpha[24:40, :16] = alpha[24:40, 48:] = 1
    whole = diffused(Layer(colour, alpha)).colour[32, :, 0]
    assert whole[2] < 0.01
    assert whole[-2] > 0.99
    assert 0.2 < whole[32] < 0.8
    assert np.abs(np.diff(whole)).max() < 0.35


def test_alpha_that_eight_bits_cannot_tell_becomes_exact():
    alpha = np.array([[0.001, 0.5], [0.999, 1.0]], np.float32).repeat(8, 0).repeat(8, 1)
    whole = diffused(Layer(np.full((16, 16, 3), 0.5, np.float32), alpha))
    assert np.unique(whole.alpha).tolist() == [0, 0.5, 1]


def test_holes_only_take_away(square):
    holed = with_holes(np.random.default_rng(1), square)
    assert (holed.alpha <= square.alpha).all()
    assert holed.alpha.sum() < square.alpha.sum()


def test_finish_keeps_values_in_range(square):
    for seed in range(30):
        done = finish(np.random.default_rng(seed), square)
        for values in done:
            assert values.dtype == np.float32
            assert values.min() >= 0
            assert values.max() <= 1

import numpy as np
import pytest

from atnet.matting.colour_lines import follow_lines, refine
from atnet.tiling import Tiling

WHOLE = Tiling(2**24)


class Tiles(Tiling):
    """Small tiles, also where one part would do."""

    def plan(self, unknown):
        return self.grid(unknown, 144, 144)


def hair(height, width, spacing=9):
    """Hairs of one colour in front of another, one pixel wide, none in the leftmost third."""
    rows, columns = np.indices((height, width))
    alpha = np.clip(1 - np.abs((columns + rows // 3) % spacing - spacing // 2), 0, 1)
    alpha = alpha.astype(np.float32)
    alpha[:, : width // 3] = 0
    image = alpha[..., None] * [0.8, 0.5, 0.2] + (1 - alpha[..., None]) * [0.1, 0.2, 0.4]
    return image.astype(np.float32), alpha


def blurred(alpha):
    for axis in (0, 1):
        alpha = np.mean([np.roll(alpha, step, axis) for step in (-2, -1, 0, 1, 2)], axis=0)
    return alpha


@pytest.fixture
def scene():
    image, alpha = hair(64, 120)
    unknown = np.ones(alpha.shape, bool)
    unknown[:, :44], unknown[:4] = False, False
    return image, alpha, np.where(unknown, blurred(alpha), alpha), unknown


def test_hairs_that_the_network_blurs_come_back(scene):
    image, alpha, prior, unknown = scene
    refined = refine(image, prior, unknown, WHOLE)
    assert np.abs(refined - alpha).mean() < 0.15 * np.abs(prior - alpha).mean()
    np.testing.assert_array_equal(refined[~unknown], prior[~unknown])


def test_a_clear_picture_of_detail_takes_all_that_colour_lines_say(scene):
    image, _, prior, unknown = scene
    within = slice(14, -10), slice(54, -10)  # all around is in doubt
    expected = follow_lines(image, prior, unknown)[within]
    np.testing.assert_allclose(refine(image, prior, unknown, WHOLE)[within], expected, atol=1e-5)


def test_a_grey_picture_keeps_the_networks_alpha(scene):
    image, _, prior, unknown = scene
    grey = image.mean(axis=2, keepdims=True).repeat(3, axis=2)
    np.testing.assert_array_equal(refine(grey, prior, unknown, WHOLE), prior)


def test_sharp_edges_keep_the_networks_alpha(scene):
    image, _, _, unknown = scene
    prior = (np.arange(120) >= 60).astype(np.float32)[None].repeat(64, axis=0)
    np.testing.assert_array_equal(refine(image, prior, unknown, WHOLE), prior)


def test_objects_that_would_fade_keep_the_networks_alpha():
    """Rods in the colour of what is behind them, alpha 0.8: colour lines say that they are not."""
    rng = np.random.default_rng(0)
    image = (0.4 + 0.2 * rng.random((64, 80, 1)) * [1, 0.2, 0.6]).astype(np.float32)
    prior = np.zeros((64, 80), np.float32)
    prior[:, 20:60] = 0.8
    unknown = np.zeros(prior.shape, bool)
    unknown[8:-8, 8:-8] = True
    prior[~unknown] = 0
    np.testing.assert_array_equal(refine(image, prior, unknown, WHOLE), prior)


def test_tiles_agree_with_the_whole():
    image, alpha = hair(60, 560, 13)
    noise = np.random.default_rng(0).normal(0, 0.005, image.shape)
    image = np.clip(image + noise, 0, 1).astype(np.float32)
    unknown = np.ones(alpha.shape, bool)
    unknown[:, ::60] = False
    prior = np.where(unknown, blurred(alpha), alpha)
    whole = refine(image, prior, unknown, WHOLE)
    tiles = refine(image, prior, unknown, Tiles(512 * 512))
    assert np.abs(whole - prior)[unknown].mean() > 0.02
    assert np.abs(whole - tiles)[unknown].mean() < 5e-4


def test_nothing_unknown_is_nothing_to_do():
    image, alpha = hair(20, 20)
    np.testing.assert_array_equal(refine(image, alpha, np.zeros((20, 20), bool), WHOLE), alpha)

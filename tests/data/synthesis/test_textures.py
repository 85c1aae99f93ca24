import numpy as np
import pytest

from atnet.data.synthesis.textures import (
    colour,
    from_photographs,
    light,
    look_up,
    noise,
    noise_field,
    procedural,
    varied,
)
from atnet.files.images import write_image


@pytest.mark.parametrize(("size", "cells"), [(16, 2), (64, 5), (64, 64)])
def test_noise_fills_its_range(size, cells):
    values = noise(np.random.default_rng(0), size, cells)
    assert values.shape == (size, size)
    assert values.dtype == np.float32
    assert values.min() >= 0
    assert values.max() <= 1


def test_coarse_noise_is_smooth():
    values = noise(np.random.default_rng(0), 128, 2, 0.1)
    assert np.abs(np.diff(values)).max() < 0.06


def test_noise_of_any_shape_varies_most_along_the_axis_of_more_cells():
    field = noise_field(np.random.default_rng(1), (60, 90), (2, 16), 0.5)
    assert field.shape == (60, 90)
    assert (field.min(), field.max()) == (0, 1)
    assert np.abs(np.diff(field, axis=1)).mean() > 2 * np.abs(np.diff(field, axis=0)).mean()


def test_textures_are_colours_of_their_seed():
    for seed in range(12):
        first, second = (procedural(np.random.default_rng(seed), 48) for _ in range(2))
        assert np.array_equal(first, second)
        assert first.shape == (48, 48, 3)
        assert 0 <= first.min() <= first.max() <= 1
        assert first.std() > 0.003


def test_photographs_lend_their_colours(tmp_path):
    photograph = np.zeros((40, 60, 3), np.float32)
    photograph[..., 2] = np.linspace(0.5, 1, 60)
    write_image(tmp_path / "blue.png", photograph)
    texture = from_photographs([tmp_path / "blue.png"])
    crops = [texture(np.random.default_rng(seed), 32) for seed in range(30)]
    blue = [crop for crop in crops if crop[..., :2].max() == 0]
    assert len(blue) > 8
    assert all(crop.shape == (32, 32, 3) for crop in crops)


def test_single_colours_are_in_range():
    rng = np.random.default_rng(0)
    colours = np.concatenate([varied(rng, colour(rng), 5, 0.5) for _ in range(40)])
    assert colours.min() >= 0
    assert colours.max() <= 1
    assert np.ptp(colours.mean(1)) > 0.4


def test_light_comes_from_above():
    ramp = np.mean([light(np.random.default_rng(seed), 32, 0.6) for seed in range(60)], axis=0)
    assert ramp[:8].mean() > 1 > ramp[-8:].mean()


def test_look_up_reads_x_and_y():
    field = np.arange(12).reshape(2, 6)[:, :2]
    points = np.array([[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [5, -5]])
    assert look_up(field, points).tolist() == [0, 1, 6, 1]

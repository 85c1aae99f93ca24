import cv2
import numpy as np
import pytest

from atnet.data.training.crops import (
    SOFT,
    Cutout,
    Window,
    background_window,
    crop,
    crop_cutout,
    foreground_window,
)
from scene_files import soft_disc
from training_files import noise


def seeds(count=50):
    return (np.random.default_rng(seed) for seed in range(count))


def test_a_window_of_the_whole_picture_is_the_picture():
    picture = noise(0, 32, 32)
    assert np.array_equal(crop(picture, Window(15.5, 15.5, 1), 32), picture)
    mirrored = crop(picture, Window(15.5, 15.5, 1, mirrored=True), 32)
    assert np.array_equal(mirrored, picture[:, ::-1])
    turned = crop(picture, Window(15.5, 15.5, 1, angle=np.pi / 2), 32)
    assert np.abs(turned.astype(int) - np.rot90(picture)).max() <= 1


def test_a_window_shows_its_part_of_the_picture():
    picture = noise(0, 40, 50)
    assert np.array_equal(crop(picture, Window(20.5, 10.5, 1), 4), picture[9:13, 19:23])
    ramp = np.tile(np.arange(0, 100, 2, dtype=np.uint8), (40, 1))
    assert crop(ramp, Window(20, 20, 3), 5)[2].tolist() == [28, 34, 40, 46, 52]


def test_a_reduced_window_shows_the_same():
    rows, columns = np.indices((64, 96))
    ramp = (columns + 2 * rows).astype(np.uint8)
    halved = cv2.resize(ramp, (48, 32), interpolation=cv2.INTER_AREA)
    window = Window(40, 30, 1.5, angle=0.3, mirrored=True)
    found = crop(halved, window.reduced(2), 16).astype(int)
    assert np.abs(found - crop(ramp, window, 16)).max() <= 1


@pytest.mark.parametrize("window", [Window(30, 25, 1.2, 0.4), Window(3, 70, 0.5, -1.0, True)])
def test_colours_of_an_opaque_cutout_are_those_of_the_picture(window):
    picture = noise(1, 80, 90)
    found = crop_cutout(Cutout(picture, np.full((80, 90), 255, np.uint8)), window, 32)
    assert (found.alpha == 255).all()
    assert np.abs(found.colour.astype(int) - crop(picture, window, 32)).max() <= 1


def test_only_the_neighbourhood_matters():
    picture, window = noise(2, 300, 300), Window(140, 160, 1.4, 0.6)
    alpha = soft_disc((300, 300), 90)
    near = (slice(110, 210), slice(90, 190))
    cut = crop_cutout(Cutout(picture[near], alpha[near]), window._replace(x=50, y=50), 32)
    found = crop_cutout(Cutout(picture, alpha), window, 32)
    assert np.array_equal(found.alpha, cut.alpha)
    assert np.array_equal(found.colour, cut.colour)


@pytest.mark.parametrize("hidden", [0, 255])
def test_hidden_colours_never_bleed_into_edges_and_stay_elsewhere(hidden):
    alpha = soft_disc((64, 64), 16)
    colour = np.where(alpha[..., None] > 0, np.uint8(130), np.uint8(hidden)).repeat(3, axis=2)
    found = crop_cutout(Cutout(colour, alpha), Window(33.3, 30.8, 0.7, 0.5), 64)
    assert set(found.colour[found.alpha > 2].ravel()) <= {129, 130, 131}
    assert (found.colour[:5, :5] == hidden).all()
    assert found.alpha.max() == 255
    assert found.alpha.min() == 0


def test_colours_are_weighted_by_alpha():
    # Halfway between an opaque 200 and a half transparent 50: (200 + 50 / 2) / 1.5.
    colour = np.array([[200, 50]], np.uint8)[..., None].repeat(3, axis=2)
    found = crop_cutout(Cutout(colour, np.array([[255, 128]], np.uint8)), Window(0.5, 0, 1), 1)
    assert found.colour[0, 0].tolist() == [150, 150, 150]
    assert found.alpha[0, 0] in (191, 192)


def test_foreground_windows_are_inside_and_hold_an_unknown_pixel():
    alpha = np.zeros((200, 240), np.uint8)
    alpha[150, 30] = 128
    for rng in seeds():
        window = foreground_window(alpha, 64, rng)
        side = 64 * window.scale
        assert side / 2 - 0.5 <= window.x <= 239.5 - side / 2
        assert side / 2 - 0.5 <= window.y <= 199.5 - side / 2
        assert max(abs(window.x - 30), abs(window.y - 150)) < side / 2


def test_every_soft_pixel_is_as_likely_as_any():
    alpha = np.array([[0, SOFT[0], SOFT[0] + 1, 128], [SOFT[1] - 1, SOFT[1], 255, 0]], np.uint8)
    alpha = np.kron(alpha, np.ones((80, 80), np.uint8))
    windows = [foreground_window(alpha, 1, rng) for rng in seeds(300)]
    places = [(int(window.y) // 80, int(window.x) // 80) for window in windows]
    counts = {place: places.count(place) for place in places}
    assert sum(counts.get(place, 0) for place in [(0, 2), (0, 3), (1, 0)]) > 290
    assert min(counts[0, 2], counts[0, 3], counts[1, 0]) > 70


def test_a_hard_edge_is_unknown_too():
    alpha = np.zeros((400, 400), np.uint8)
    alpha[:, 300:] = 255
    centres = [foreground_window(alpha, 16, rng).x for rng in seeds(20)]
    assert np.abs(np.array(centres) - 299.5).max() < 8


@pytest.mark.parametrize("value", [0, 255])
def test_without_any_edge_a_window_may_be_anywhere(value):
    alpha = np.full((50, 400), value, np.uint8)
    assert np.ptp([foreground_window(alpha, 16, rng).x for rng in seeds(20)]) > 200


def test_a_picture_smaller_than_the_window_is_in_its_middle():
    windows = [foreground_window(soft_disc((20, 30), 5), 96, rng) for rng in seeds(20)]
    assert {(window.x, window.y) for window in windows} == {(14.5, 9.5)}


def test_background_windows_are_inside():
    for rng in seeds():
        window = background_window(60, 90, 32, rng)
        reach = window.scale * 32 / 2
        assert 0.35 * 60 / 2 <= reach <= 0.9 * 60 / 2
        assert reach - 0.5 <= window.x <= 89.5 - reach
        assert reach - 0.5 <= window.y <= 59.5 - reach

import cv2
import numpy as np
import pytest

from atnet.data.training import camera
from atnet.data.training.camera import (
    compressed,
    denoised,
    noisy,
    photographed,
    resampled,
    sharpened,
    softened,
)
from training_files import grey, noise, random


def step(low=60, high=180):
    """Dark on the left, bright from column 32 on."""
    picture = grey(low)
    picture[:, 32:] = high
    return picture


def test_nothing_befalls_a_picture_if_nothing_is_drawn(monkeypatch):
    for share in ("SOFTENED", "DENOISED", "SHARPENED", "RESAMPLED", "COMPRESSED"):
        monkeypatch.setattr(camera, share, 0)
    monkeypatch.setattr(camera, "NOISES", (0.0,))
    picture = noise(0, 32, 32)
    assert np.array_equal(photographed(picture, random()), picture)


@pytest.mark.parametrize("name", ["SOFTENED", "DENOISED", "SHARPENED", "RESAMPLED", "COMPRESSED"])
def test_each_share_lets_one_thing_happen(monkeypatch, name):
    for share in ("SOFTENED", "DENOISED", "SHARPENED", "RESAMPLED", "COMPRESSED"):
        monkeypatch.setattr(camera, share, float(share == name))
    monkeypatch.setattr(camera, "NOISES", (0.0,))
    picture = noise(0, 32, 32) // 4 + 96
    changed = photographed(picture, random())
    assert (changed != picture).any()
    assert changed.shape == picture.shape
    assert changed.dtype == np.uint8


def test_what_befalls_a_picture_depends_on_the_generator_alone():
    picture = noise(0, 32, 48)
    for seed in range(10):
        assert np.array_equal(
            photographed(picture, random(seed)), photographed(picture, random(seed))
        )


def test_softening_is_slight():
    edge = np.zeros((9, 9, 3), np.uint8)
    edge[:, 5:] = 255
    for seed in range(5):
        found = softened(edge, random(seed))
        assert (found[:, :3] == 0).all()
        assert (found[:, 7:] == 255).all()
        assert 0 < found[4, 4, 0] < 100


@pytest.mark.parametrize("deviation", [0.005, 0.012, 0.025])
def test_noise_has_the_deviation_asked_for(deviation):
    difference = noisy(grey(128, (200, 200)), deviation, 0.0, random()).astype(float) - 128
    # Rounding adds 1 / 12 to the variance; the tails of 256 steps are a little short.
    assert difference.std() == pytest.approx(np.hypot(255 * deviation, 12**-0.5), rel=0.03)
    assert abs(difference.mean()) < 0.05
    assert abs(np.corrcoef(difference[..., 0].ravel(), difference[..., 1].ravel())[0, 1]) < 0.02


def test_noise_grows_with_the_root_of_brightness():
    spread = [
        noisy(grey(value, (200, 200)), 0.0, 0.04, random()).astype(float).std()
        for value in (0, 51, 204)
    ]
    assert spread[0] == 0
    # 0.04 * 255 * sqrt(0.2) = 4.56 and sqrt(0.8) = 9.12, and rounding
    assert spread[1] == pytest.approx(np.hypot(4.56, 12**-0.5), rel=0.03)
    assert spread[2] == pytest.approx(np.hypot(9.12, 12**-0.5), rel=0.03)


def test_noise_is_cut_and_can_be_absent():
    assert noisy(grey(255), 0.025, 0.0, random()).max() == 255
    assert noisy(grey(0), 0.025, 0.0, random()).min() == 0
    picture = noise(0, 8, 8)
    assert np.array_equal(noisy(picture, 0.0, 0.0, random()), picture)


def test_removing_noise_keeps_strong_edges():
    for seed in range(5):
        found = denoised(noisy(step(), 0.02, 0.0, random(seed)), random(seed)).astype(float)
        assert found[:, 4:28].std() < 5.1  # of the noise
        assert found[:, 32].mean() - found[:, 31].mean() > 100


def test_sharpening_makes_halos_and_leaves_flat_parts():
    for seed in range(5):
        found = sharpened(step(), random(seed))
        assert (found[:, :20] == 60).all()
        assert (found[:, 44:] == 180).all()
        assert found[:, 31].max() < 60
        assert found[:, 32].min() > 180


def test_resampling_loses_detail_and_nothing_else():
    picture = noise(0, 64, 48) // 2 + 64
    for seed in range(5):
        found = resampled(picture, random(seed))
        assert found.shape == picture.shape
        assert abs(found.mean() - picture.mean()) < 1
        assert found.std() < picture.std()
    assert np.array_equal(resampled(grey(77), random()), grey(77))


def test_resampling_does_not_move_a_picture():
    for seed in range(5):
        found = resampled(step(), random(seed)).astype(float)
        # The middle between dark and bright stays between columns 31 and 32.
        assert (found[:, 31] + found[:, 32]).mean() / 2 == pytest.approx(120, abs=8)


def test_compression_is_that_of_a_file_of_some_quality(monkeypatch):
    monkeypatch.setattr(camera, "_JPEG_BLOCK", 1)  # the grid begins in the corner
    monkeypatch.setattr(camera, "QUALITIES", (60, 60))
    picture = cv2.GaussianBlur(noise(0, 64, 64), (0, 0), 1)
    bgr = picture[..., ::-1].copy()
    files = []
    for factor in camera.SUBSAMPLINGS[1:]:
        settings = [cv2.IMWRITE_JPEG_QUALITY, 60, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
        decoded = cv2.imdecode(cv2.imencode(".jpg", bgr, settings)[1], cv2.IMREAD_COLOR)
        assert decoded is not None
        files.append(decoded[..., ::-1])
    found = [compressed(picture, random(seed)) for seed in range(12)]
    which = [[np.array_equal(each, file) for file in files] for each in found]
    assert all(any(row) for row in which)
    assert all(any(column) for column in zip(*which, strict=True))


def test_the_grid_of_blocks_begins_anywhere(monkeypatch):
    monkeypatch.setattr(camera, "QUALITIES", (50, 50))
    ramp = np.linspace(60, 180, 64).astype(np.uint8)[None, :, None].repeat(64, 0).repeat(3, 2)
    places = set()
    for seed in range(20):
        found = compressed(ramp, random(seed))
        assert found.shape == ramp.shape
        assert np.abs(found.astype(int) - ramp).max() < 30
        steps = np.abs(np.diff(found.astype(int).mean(axis=(0, 2))))
        places.add(int(np.argmax(np.bincount(np.arange(63) % 8, weights=steps, minlength=8))))
    assert len(places) >= 4

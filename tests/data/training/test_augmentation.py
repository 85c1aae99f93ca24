import cv2
import numpy as np
import pytest

from atnet.data.training import augmentation
from atnet.data.training.augmentation import (
    blurred,
    composite_bytes,
    jittered,
    make_sample,
    merged,
    pulled,
    random_trimap,
)
from atnet.data.training.crops import Cutout
from scene_files import soft_disc
from training_files import grey, noise, random


def composed(foreground, background, alpha):
    """The equation in double precision, rounded at the end."""
    share = alpha[..., None] / 255
    return np.floor(share * foreground + (1 - share) * background + 0.5 + 1e-9)


def test_blend_is_exact_for_all_bytes():
    values = np.arange(256, dtype=np.uint8)
    alpha, foreground = np.meshgrid(values, values)
    foreground = foreground[..., None].repeat(3, axis=2)
    background = np.dstack([np.zeros_like(alpha), alpha[::-1], alpha.T])
    expected = composed(foreground, background, alpha)
    assert np.array_equal(composite_bytes(foreground, background, alpha), expected)


def test_blend_by_hand():
    # 0.2 * 200 + 0.8 * 100 = 120
    alpha = np.full((1, 1), 51, np.uint8)
    assert composite_bytes(grey(200, (1, 1)), grey(100, (1, 1)), alpha).tolist() == [[[120] * 3]]


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_is_the_composite_of_its_parts(monkeypatch, seed):
    monkeypatch.setattr(augmentation, "photographed", lambda image, _rng: image)
    alpha = soft_disc((64, 64), 20)
    sample = make_sample(Cutout(noise(1, 64, 64), alpha), noise(2, 64, 64), random(seed))
    assert np.array_equal(sample.alpha, alpha)
    expected = composed(sample.foreground, sample.background, sample.alpha)
    assert np.array_equal(sample.image, expected)


def test_a_photographed_sample_is_near_the_composite():
    alpha = soft_disc((64, 64), 20)
    flat = Cutout(grey(90), alpha)
    for seed in range(20):
        sample = make_sample(flat, grey(160), random(seed))
        difference = sample.image - composed(sample.foreground, sample.background, alpha)
        assert np.abs(difference.mean(axis=(0, 1))).max() < 3
        assert difference.std() < 16
        assert {128} <= set(np.unique(sample.trimap)) <= {0, 128, 255}


def test_a_sample_depends_on_its_generator_alone():
    cutout, background = Cutout(noise(1, 64, 64), soft_disc((64, 64), 20)), noise(2, 64, 64)
    first, again, other = (make_sample(cutout, background, random(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.image, other.image)


def test_merging_gives_what_both_give_one_after_the_other():
    front = Cutout(noise(1, 64, 64), noise(2, 64, 64)[..., 0])
    behind = Cutout(noise(3, 64, 64), noise(4, 64, 64)[..., 0])
    both = merged(front, behind)
    first, second = front.alpha / 255, behind.alpha / 255
    assert np.abs(both.alpha - 255 * (1 - (1 - first) * (1 - second))).max() <= 0.5 + 1e-3
    for background in (grey(0), grey(255), noise(5, 64, 64)):
        one_by_one = composed(
            front.colour, composed(behind.colour, background, behind.alpha), front.alpha
        )
        # Rounded: the merged alpha and colour, and both composites.
        assert np.abs(composed(both.colour, background, both.alpha) - one_by_one).max() <= 2


def test_merging_nothing_keeps_colours():
    nothing = np.zeros((64, 64), np.uint8)
    front, behind = Cutout(grey(10), nothing), Cutout(grey(20), nothing)
    assert np.array_equal(merged(front, behind).colour, front.colour)
    opaque = Cutout(grey(20), ~nothing)
    assert np.array_equal(merged(front, opaque).colour, opaque.colour)


def test_jitter_keeps_the_order_of_greys_and_changes_them():
    ramp = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    found = [jittered(ramp, random(seed)) for seed in range(20)]
    assert all((np.diff(picture[0].astype(int), axis=0) >= 0).all() for picture in found)
    assert np.ptp([picture[0, 128, 0] for picture in found]) > 60


def test_jitter_changes_saturation_around_grey():
    red = np.broadcast_to(np.array([160, 100, 100], np.uint8), (8, 8, 3)).copy()
    spread = [np.ptp(jittered(red, random(seed))[0, 0].astype(int)) for seed in range(40)]
    assert min(spread) < 25
    assert max(spread) > 60


def test_blurring_keeps_the_mean_and_loses_detail():
    background = noise(0, 64, 64)
    for seed in range(5):
        found = blurred(background, random(seed))
        assert abs(found.mean() - background.mean()) < 2
        assert found.std() < 0.7 * background.std()


def test_pulling_goes_towards_what_is_visible_of_the_foreground():
    alpha = np.zeros((64, 64), np.uint8)
    alpha[:, :8] = 255
    colour = grey(0)
    colour[:, :8] = (200, 100, 50)
    moved = [pulled(grey(120), Cutout(colour, alpha), random(seed))[0, 0] for seed in range(30)]
    shares = (np.array(moved, float) - 120) / np.array([80, -20, -70])
    assert np.ptp(shares, axis=1).max() < 0.1  # in a straight line, but for rounding
    assert shares.min() > 0.25
    assert shares.max() < 1.05


def test_certain_alpha_has_thresholds(monkeypatch):
    monkeypatch.setattr(augmentation, "WIDE", 0)
    monkeypatch.setattr(augmentation, "WHOLE", 0)
    monkeypatch.setattr(augmentation, "RADII", (1, 1))
    alpha = np.array([[0, 0, 3, 4, 4, 128, 251, 251, 252, 255, 255]], np.uint8)
    assert random_trimap(alpha, random()).tolist() == [[0] + [0] + [128] * 7 + [255] * 2]


@pytest.mark.parametrize("wide", [0, 1])
def test_certain_parts_keep_their_distance(monkeypatch, wide):
    monkeypatch.setattr(augmentation, "WIDE", wide)
    monkeypatch.setattr(augmentation, "WHOLE", 0)
    rows, columns = np.indices((256, 256))
    alpha = np.where(np.hypot(rows - 90, columns - 128) < 80, 255, 0).astype(np.uint8)
    lowest, highest = (3, 150) if wide else (1, 21)
    known = []
    for seed in range(30):
        trimap = random_trimap(alpha, random(seed))
        for value, region in ((0, alpha == 0), (255, alpha == 255)):
            distance = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 0)
            kept = trimap == value
            assert not kept[distance <= lowest * 0.97].any()
            assert kept[distance > highest * 1.03].all()
            known.append(distance[kept].min() if kept.any() else np.inf)
    assert min(known) < lowest * 2
    assert max(known) > highest * 0.8


@pytest.mark.parametrize("wide", [0, 1])
def test_each_side_of_a_band_has_a_width_of_its_own(monkeypatch, wide):
    """Beside a straight edge, a side is unknown for as many pixels as its radius."""
    monkeypatch.setattr(augmentation, "WIDE", wide)
    monkeypatch.setattr(augmentation, "WHOLE", 0)
    alpha = np.repeat(np.array([[0, 255]], np.uint8), 200, axis=1)
    trimaps = [random_trimap(alpha, random(seed))[0] for seed in range(60)]
    widths = [(np.sum(line[:200] == 128), np.sum(line[200:] == 128)) for line in trimaps]
    assert abs(np.corrcoef(widths, rowvar=False)[0, 1]) < 0.4


def test_a_whole_object_can_be_unknown(monkeypatch):
    monkeypatch.setattr(augmentation, "WHOLE", 1)
    alpha = np.zeros((256, 256), np.uint8)
    alpha[100:140, 100:140] = 255
    trimaps = [random_trimap(alpha, random(seed)) for seed in range(10)]
    assert {*np.unique(trimaps)} == {0, 128}
    assert all((trimap[alpha == 255] == 128).all() for trimap in trimaps)


def test_the_frame_erodes_nothing(monkeypatch):
    monkeypatch.setattr(augmentation, "WHOLE", 0)
    alpha = np.full((64, 64), 255, np.uint8)
    assert (random_trimap(alpha, random()) == 255).all()

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from atnet.arrays import resized
from atnet.files.images import read_image
from atnet.jobs.photo import ASSETS
from atnet.matting import evidence
from atnet.matting.evidence import _contrasts, clarity, locality
from atnet.trimaps import read_trimap


@pytest.fixture(scope="module")
def lemur():
    """The bundled photograph and its unknown region, at half size: as clear as photographs are."""
    image, trimap = read_image(ASSETS / "lemur.png"), read_trimap(ASSETS / "lemur_trimap.png")
    return resized(image, 220, 340), trimap[::2, ::2] == 128


def everywhere(image):
    return np.ones(image.shape[:2], bool)


def as_jpeg(image, quality, subsampling):
    file = io.BytesIO()
    Image.fromarray(np.round(image * 255).astype(np.uint8)).save(
        file, "JPEG", quality=quality, subsampling=subsampling
    )
    return read_image(file.getvalue())


def doubt(prior, unknown):
    """All parts together."""
    whole = np.zeros(prior.shape, np.float32)
    for part, doubts in evidence.doubt(prior, unknown):
        whole[part] = doubts
    return whole


def test_doubt_by_hand():
    """One pixel of 0.5 among 17 x 17 sure ones is a mean of 1 / 289; a column of them 1 / 17."""
    prior = np.zeros((41, 41), np.float32)
    prior[20, 20] = 0.5
    assert doubt(prior, everywhere(prior)).max() == 0
    prior[:, 20] = 0.5
    found = doubt(prior, everywhere(prior))
    assert found[20, 12] == pytest.approx((1 / 17 - 0.02) / 0.18, abs=1e-6)
    assert found[20, 11] == 0
    unknown = everywhere(prior)
    unknown[:10] = False
    assert (doubt(prior, unknown)[:10] == 0).all()


def test_parts_of_a_picture_leave_no_seam(monkeypatch):
    rng = np.random.default_rng(3)
    prior = cv2.blur(rng.random((90, 70)).astype(np.float32), (9, 9))
    change = rng.normal(0, 0.1, prior.shape).astype(np.float32)
    unknown = rng.random(prior.shape) < 0.9
    whole = doubt(prior, unknown), locality(change + 0.09, unknown)
    monkeypatch.setattr(evidence, "_BLOCK", 32)
    np.testing.assert_allclose(doubt(prior, unknown), whole[0], atol=1e-6)
    assert 0 < whole[1] < 1
    assert locality(change + 0.09, unknown) == pytest.approx(whole[1], abs=1e-6)


def test_a_clear_photograph_is_believed_and_chroma_at_half_size_by_half(lemur):
    image, unknown = lemur
    assert clarity(image, unknown) > 0.9
    assert clarity(as_jpeg(image, 98, "4:4:4"), unknown) > 0.9
    for quality in (75, 92, 98):
        assert clarity(as_jpeg(image, quality, "4:2:0"), unknown) == pytest.approx(0.5, abs=0.12)


def test_noise_takes_half(lemur):
    image, unknown = lemur
    clean = clarity(image, unknown)
    noise = np.random.default_rng(0).normal(0, 0.02, image.shape)
    noisy = clarity(np.clip(image + noise, 0, 1).astype(np.float32), unknown)
    assert noisy == pytest.approx(clean / 2, abs=0.05)


def test_the_noise_is_measured():
    """The mean of three channels has 1 / sqrt(3) of the noise of each."""
    noise = np.random.default_rng(1).normal(0.5, 0.03, (300, 300, 3)).astype(np.float32)
    *_, found = _contrasts(noise, everywhere(noise))
    assert found == pytest.approx(0.03 / np.sqrt(3), rel=0.05)


def test_a_grey_picture_has_no_lines(lemur):
    image, unknown = lemur
    grey = image.mean(axis=2, keepdims=True).repeat(3, axis=2)
    assert clarity(grey, unknown) == 0


def test_strips_give_the_figures_of_the_whole(lemur, monkeypatch):
    image, unknown = lemur
    expected = _contrasts(image, unknown)
    monkeypatch.setattr("atnet.matting.evidence._STRIP", 50)
    for one, other in zip(_contrasts(image, unknown), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0.02)


def test_all_types_of_pixels_are_equally_clear(lemur):
    image, unknown = lemur
    expected = clarity(image, unknown)
    for pixels in (
        np.round(image * 255).astype(np.uint8),
        np.round(image * 65535).astype(np.uint16),
    ):
        assert clarity(pixels, unknown) == pytest.approx(expected, abs=0.01)


def test_a_change_of_detail_is_local_and_one_of_areas_is_not():
    rng = np.random.default_rng(2)
    prior = rng.random((200, 200), np.float32)
    detail = rng.normal(0, 0.1, prior.shape).astype(np.float32)
    assert locality(detail, everywhere(prior)) == 1
    assert locality(np.abs(detail), everywhere(prior)) == 0
    assert locality(0 * prior, everywhere(prior)) == 1


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 2), (257, 3)])
@pytest.mark.parametrize("make", [np.zeros, np.ones, np.random.default_rng(2).random])
def test_no_picture_is_too_small_or_flat(size, make):
    image = make((*size, 3)).astype(np.float32)
    prior = image[..., 0]
    for unknown in (everywhere(image), ~everywhere(image)):
        assert 0 <= clarity(image, unknown) <= 1
        assert 0 <= locality(1 - 2 * prior, unknown) <= 1
        assert doubt(prior, unknown).shape == size

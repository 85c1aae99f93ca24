import cv2
import numpy as np
import pytest
from PIL import Image

from atnet import foreground
from atnet.foreground import composite, cutout, estimate_foreground

SIZE = 128


@pytest.fixture(scope="module")
def scene():
    """A hairy disc of smoothly varying colour before coloured noise, composed exactly."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices((SIZE, SIZE)).astype("float32") / SIZE
    foreground = np.dstack([0.7 + 0.2 * rows, 0.5 + 0.2 * columns, 0.3 * np.ones_like(rows)])
    background = cv2.GaussianBlur(rng.random((SIZE, SIZE, 3), "float32"), (0, 0), 6)
    background = np.clip((background - 0.5) * 6 + [0.1, 0.3, 0.8], 0, 1)
    distance = np.hypot(rows - 0.5, columns - 0.5)
    angle = np.arctan2(rows - 0.5, columns - 0.5)
    radius = 0.3 + 0.05 * np.sin(40 * angle)
    alpha = np.clip((radius - distance) * 20 + 0.5, 0, 1)
    foreground, background, alpha = (
        array.astype("float32") for array in (foreground, background, alpha)
    )
    return composite(foreground, background, alpha), foreground, background, alpha


def error(estimate, truth, alpha):
    """Mean colour error where it shows: in soft pixels, weighted by alpha."""
    soft = ((alpha > 0) & (alpha < 1)) * alpha
    return float((np.abs(estimate - truth).mean(axis=2) * soft).sum() / soft.sum())


def test_foreground_of_an_exact_composite_is_recovered(scene):
    image, truth, _, alpha = scene
    recovered = error(estimate_foreground(image, alpha), truth, alpha)
    assert recovered < 0.01
    assert recovered < error(image, truth, alpha) / 20


def test_the_composite_over_the_old_background_gives_the_image_back(scene):
    image, _, background, alpha = scene
    again = composite(estimate_foreground(image, alpha), background, alpha)
    assert np.abs(again - image).mean() < 0.003


def test_solid_pixels_keep_their_colour(scene):
    image, _, _, alpha = scene
    solid = alpha == 1
    np.testing.assert_allclose(estimate_foreground(image, alpha)[solid], image[solid], atol=1e-6)


def test_hidden_background_does_not_leak(scene):
    """A pattern hidden where alpha is 0 leaves no trace; foreground colours stand there instead."""
    image, _, _, alpha = scene
    hidden = alpha == 0
    secret = np.where(np.indices(alpha.shape).sum(axis=0) % 2, 0.9, 0.1).astype("float32")
    changed = np.where(hidden[..., None], secret[..., None], image)
    shown = estimate_foreground(changed, alpha)[hidden]
    trace = np.corrcoef(shown.mean(axis=1), secret[hidden])[0, 1]
    assert abs(trace) < 0.01
    assert np.abs(shown - [0.8, 0.6, 0.3]).mean() < 0.1


def test_a_faint_haze_brings_no_background_into_the_colours():
    """A network's alpha is never exact: around the subject it leaves 1 % where there is nothing."""
    rows, columns = np.indices((300, 300))
    distance = np.hypot(rows - 150, columns - 150)
    alpha = np.clip((60 - distance) / 20, 0, 1).astype(np.float32)
    grey, green = np.array([[0.6, 0.55, 0.6], [0.1, 0.7, 0.05]], np.float32)
    image = alpha[..., None] * grey + (1 - alpha[..., None]) * green
    alpha[(distance >= 60) & (distance < 64)] = 0.01
    found = estimate_foreground(image, alpha)
    assert np.abs(found - grey)[alpha > 0.3].mean() < 3e-4
    hidden = found[alpha == 0]
    assert (hidden[:, 1] - hidden[:, [0, 2]].max(axis=1)).max() < 0.25  # of 0.6 in the background


def test_everything_and_nothing():
    image = np.random.default_rng(0).random((20, 30, 3), "float32")
    np.testing.assert_allclose(
        estimate_foreground(image, np.ones((20, 30), "float32")), image, atol=1e-6
    )
    nothing = estimate_foreground(image, np.zeros((20, 30), "float32"))
    assert np.isfinite(nothing).all()


def test_large_pictures_are_computed_in_parts_without_seams(scene, monkeypatch):
    image, _, _, alpha = (np.tile(array, (8, 8, 1)[: array.ndim]) for array in scene)
    whole = estimate_foreground(image, alpha)
    monkeypatch.setattr(foreground, "_BLOCK", 300)
    parts = estimate_foreground(image, alpha)
    near = cv2.dilate(((alpha > 0) & (alpha < 1)).astype(np.uint8), np.ones((65, 65))) > 0
    assert np.abs(parts - whole)[near].max() < 1e-4


def test_cutout_is_straight_rgba(scene):
    image, _, _, alpha = scene
    result = cutout(image, alpha)
    assert result.shape == (SIZE, SIZE, 4)
    np.testing.assert_array_equal(result[..., 3], alpha)
    np.testing.assert_array_equal(result[..., :3], estimate_foreground(image, alpha))


def test_composite_by_hand():
    foreground = np.array([[[1.0, 0.5, 0.0]]], "float32")
    result = composite(foreground, np.array([0.0, 0.5, 1.0]), np.array([[0.25]], "float32"))
    # 0.25 * 1 + 0.75 * 0, 0.25 * 0.5 + 0.75 * 0.5, 0.25 * 0 + 0.75 * 1
    np.testing.assert_allclose(result[0, 0], [0.25, 0.5, 0.75])


IN_EVERY_TYPE = {
    "uint8": lambda values: np.round(values * 255).astype(np.uint8),
    "uint16": lambda values: np.round(values * 255).astype(np.uint16) * 257,
    "float64": lambda values: np.round(values * 255) / 255,
    "Pillow": lambda values: Image.fromarray(np.round(values * 255).astype(np.uint8)),
}


@pytest.mark.parametrize("kind", IN_EVERY_TYPE)
def test_every_type_gives_the_same_colours(scene, kind):
    """A uint8 image once came out white, uint8 alpha gave colours up to 231."""
    image, _, background, alpha = (np.round(values * 255) / np.float32(255) for values in scene)
    as_kind = IN_EVERY_TYPE[kind]
    expected = estimate_foreground(image, alpha)
    assert 0 <= expected.min() <= expected.max() <= 1
    np.testing.assert_allclose(
        estimate_foreground(as_kind(image), as_kind(alpha)), expected, atol=1e-5
    )
    np.testing.assert_allclose(
        cutout(as_kind(image), as_kind(alpha)), np.dstack([expected, alpha]), atol=1e-5
    )
    np.testing.assert_allclose(
        composite(as_kind(image), as_kind(background), as_kind(alpha)),
        composite(image, background, alpha),
        atol=1e-6,
    )


GOOD_IMAGE, GOOD_ALPHA = np.zeros((4, 5, 3)), np.ones((4, 5))
USES = {
    "estimate_foreground": estimate_foreground,
    "cutout": cutout,
    "composite": lambda image, alpha: composite(image, (0, 0, 0), alpha),
    "composite over": lambda image, alpha: composite(np.zeros((4, 5, 3)), image, alpha),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("image", "alpha", "message"),
    [
        (np.full((4, 5, 3), np.nan), GOOD_ALPHA, "spans nan"),
        (GOOD_IMAGE, np.full((4, 5), np.nan), "alpha spans nan"),
        (np.full((4, 5, 3), 200.0), GOOD_ALPHA, "divide by 255"),
        (GOOD_IMAGE, np.full((4, 5), 255.0), "divide by 255"),
        (np.zeros((4, 5, 3), np.int32), GOOD_ALPHA, "is int32; give uint8, uint16, bool, or"),
        (GOOD_IMAGE, np.zeros((4, 5), np.int64), "alpha is int64; give uint8"),
        (np.zeros((4, 5)), GOOD_ALPHA, r"has the shape \(4, 5\); give .*\(H, W, 3\) in RGB"),
        (GOOD_IMAGE, np.zeros((4, 5, 1)), r"alpha has the shape \(4, 5, 1\)"),
        (np.zeros((5, 4, 3)), GOOD_ALPHA, r"is \(5, 4\), alpha \(4, 5\); sizes must be equal"),
    ],
)
def test_other_arrays_are_refused_in_the_same_words(use, image, alpha, message):
    with pytest.raises(ValueError, match=message):
        USES[use](image, alpha)


def test_far_from_the_foreground_its_mean_colour_is_there():
    image = np.zeros((8, 8, 3), np.float32)
    image[:, :4], image[:, 4:] = (1, 0.5, 0), (0, 0, 1)
    alpha = np.zeros((8, 8), np.float32)
    alpha[:, :4] = 1
    found = estimate_foreground(image, alpha)
    np.testing.assert_allclose(found, np.broadcast_to([1, 0.5, 0], found.shape), atol=1e-6)

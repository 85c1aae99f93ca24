import importlib
from functools import cache, partial
from typing import Any

import keras
import numpy as np
import pytest

import pyramid_reference
from atnet.training.batches import Batch
from atnet.training.config import LossWeights
from atnet.training.losses import (
    MattingLoss,
    alpha_loss,
    composition_loss,
    laplacian_loss,
    perceptual_loss,
    released_perceptual_loss,
)
from atnet.training.perceptual import PerceptualFeatures

pytestmark = pytest.mark.backend

FEATURES = PerceptualFeatures("random")
LOSSES = [
    alpha_loss,
    composition_loss,
    laplacian_loss,
    partial(perceptual_loss, features=FEATURES),
]
each_loss = pytest.mark.parametrize(
    "loss", LOSSES, ids=["alpha", "composition", "laplacian", "perceptual"]
)


def tensor(values) -> Any:
    return keras.ops.convert_to_tensor(np.asarray(values, "float32"))


def make_batch(trimap, alpha, foreground: Any = 1.0, background: Any = 0.0):
    """A batch from `(B, H, W)` trimap and alpha; colours are broadcast."""
    trimap, alpha = np.asarray(trimap)[..., None], np.asarray(alpha)[..., None]
    colours = (*trimap.shape[:3], 3)
    foreground, background = (np.broadcast_to(c, colours) for c in (foreground, background))
    image = alpha * foreground + (1 - alpha) * background
    return Batch(*map(tensor, (image, trimap, alpha, foreground, background)))


def random_batch(seed=0, unknown=True):
    """Two images of 16 x 16 with all three trimap values, and a prediction."""
    rng = np.random.default_rng(seed)
    known = rng.integers(0, 2, (2, 16, 16))
    is_unknown = rng.random((2, 16, 16)) < 0.5 * unknown
    trimap = np.where(is_unknown, 0.5, known)
    alpha = np.where(is_unknown, rng.random((2, 16, 16)), known)
    batch = make_batch(trimap, alpha, rng.random((2, 16, 16, 3)), rng.random((2, 16, 16, 3)))
    return tensor(rng.random((2, 16, 16, 1))), batch


def array(values):
    return np.asarray(keras.ops.convert_to_numpy(values), "float64")


def value_and_gradient(loss, prediction, batch):
    """As a compiled training step would compute them."""
    if keras.backend.backend() == "torch":
        prediction = prediction.clone().requires_grad_()
        value = loss(prediction, batch)
        value.backward()
        return float(value.detach()), prediction.grad.cpu().numpy()
    value, gradient = compiled(loss)(prediction, batch)
    return float(value), np.asarray(gradient)


@cache
def compiled(loss):
    jax = importlib.import_module("jax")
    return jax.jit(jax.value_and_grad(loss))


def test_alpha_by_hand():
    batch = make_batch([[[0, 0.5, 0.5, 1]]], [[[0, 0.2, 0.9, 1]]])
    # Unknown errors 0.3 and 0.1; the known pixels' 0.9 and 1 do not count.
    assert float(alpha_loss(tensor([[[[0.9], [0.5], [0.8], [0]]]]), batch)) == pytest.approx(0.2)


def test_unknown_pixels_weigh_the_same_across_the_batch():
    batch = make_batch([[[0.5, 0, 0]], [[0.5, 0.5, 0.5]]], np.zeros((2, 1, 3)))
    prediction = tensor([[[[0.8], [0], [0]]], [[[0], [0], [0]]]])
    assert float(alpha_loss(prediction, batch)) == pytest.approx(0.2, abs=1e-5)


@pytest.mark.parametrize(("difference", "expected"), [(0, 1e-6), (1e-6, 1.41421e-6), (1e-3, 1e-3)])
def test_charbonnier_rounds_off_the_corner(difference, expected):
    batch = make_batch([[[0.5]]], [[[0]]])
    assert float(alpha_loss(tensor([[[[difference]]]]), batch)) == pytest.approx(expected, rel=1e-4)


def test_composition_by_hand():
    # Red differs by 0.25 * 1, green not at all, blue by 0.25 * 0.5; then the mean of the three.
    batch = make_batch([[[0.5, 1]]], [[[0.25, 1]]], [1, 0.5, 0.5], [0, 0.5, 1])
    prediction = tensor([[[[0.5], [0.3]]]])
    assert float(composition_loss(prediction, batch)) == pytest.approx(0.125, abs=1e-5)


def test_composition_compares_composites():
    prediction, batch = random_batch()
    alpha, trimap, foreground, background = (
        array(values) for values in (batch.alpha, batch.trimap, batch.foreground, batch.background)
    )
    predicted = array(prediction)
    composite = predicted * foreground + (1 - predicted) * background
    difference = np.abs(composite - (alpha * foreground + (1 - alpha) * background))
    expected = difference[trimap[..., 0] == 0.5].mean()
    assert float(composition_loss(prediction, batch)) == pytest.approx(expected, rel=1e-4)


def test_laplacian_of_a_constant_error_by_hand():
    """All of it is low-pass: one value of 0.5 for 256 pixels, weighing 16."""
    batch = make_batch(np.full((2, 16, 16), 0.5), np.zeros((2, 16, 16)))
    loss = float(laplacian_loss(tensor(np.full((2, 16, 16, 1), 0.5)), batch))
    assert loss == pytest.approx(0.5 * 16 / 256)


def test_laplacian_compares_pyramids():
    prediction, batch = random_batch()
    alpha, trimap, predicted = (
        array(values)[..., 0] for values in (batch.alpha, batch.trimap, prediction)
    )
    predicted = np.where(trimap == 0.5, predicted, alpha)
    expected = sum(
        2**level * np.abs(one - other).sum()
        for pair in zip(predicted, alpha, strict=True)
        for level, (one, other) in enumerate(
            zip(*(pyramid_reference.pyramid(image, 5) for image in pair), strict=True)
        )
    ) / np.count_nonzero(trimap == 0.5)
    assert float(laplacian_loss(prediction, batch)) == pytest.approx(expected, rel=1e-5)


def test_perceptual_by_hand():
    """With the composite for its only feature: relative squared error by the unknown share."""
    batch = make_batch([[[0.5, 1]]], [[[0.5, 1]]])
    prediction = tensor([[[[0.75], [0]]]])
    # Composites 0.75, 1 and 0.5, 1: mean squares of error and truth 0.0625 / 2 and 1.25 / 2.
    loss = perceptual_loss(prediction, batch, lambda image: [image])
    assert float(loss) == pytest.approx(0.05 / 0.5, rel=1e-4)


def test_perceptual_composes_with_the_true_colours():
    """As above with 0.8 over 0.2: composites 0.65, 0.8 and 0.5, 0.8."""
    batch = make_batch([[[0.5, 1]]], [[[0.5, 1]]], foreground=0.8, background=0.2)
    loss = perceptual_loss(tensor([[[[0.75], [0]]]]), batch, lambda image: [image])
    assert float(loss) == pytest.approx((0.15**2 / (0.5**2 + 0.8**2)) / 0.5, rel=1e-4)


def test_perceptual_is_the_mean_over_features_of_any_size():
    batch = make_batch([[[0.5, 1]]], [[[0.5, 1]]])
    prediction = tensor([[[[0.75], [0]]]])
    loss = perceptual_loss(prediction, batch, lambda image: [image, 100 * image, 0 * image])
    assert float(loss) == pytest.approx((0.1 + 0.1 + 0) / 3, rel=1e-4)


def test_the_released_perceptual_loss_by_hand():
    """With the composite for its only feature: squared error over all pixels, known ones too."""
    batch = make_batch([[[0.5, 1]]], [[[0.5, 1]]])
    prediction = tensor([[[[0.75], [0]]]])
    loss = released_perceptual_loss(prediction, batch, lambda image: [image])
    assert float(loss) == pytest.approx(0.25**2 / 2, rel=1e-4)
    # Features twice as large have four times the error; the loss is the mean of both.
    loss = released_perceptual_loss(prediction, batch, lambda image: [image, 2 * image])
    assert float(loss) == pytest.approx(0.25**2 / 2 * (1 + 4) / 2, rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "loss"), [("relative", perceptual_loss), ("released", released_perceptual_loss)]
)
def test_the_perceptual_loss_is_of_the_kind_that_is_named(kind, loss):
    prediction, batch = random_batch()
    weights = LossWeights(perceptual=1, perceptual_kind=kind)
    found = MattingLoss(weights, FEATURES)(prediction, batch)["perceptual"]
    assert float(found) == float(loss(prediction, batch, FEATURES))


@each_loss
def test_nothing_unknown_is_zero_with_zero_gradient(loss):
    value, gradient = value_and_gradient(loss, *random_batch(unknown=False))
    assert value == 0
    np.testing.assert_array_equal(gradient, 0)


@each_loss
def test_the_truth_is_the_minimum_with_zero_gradient(loss):
    prediction, batch = random_batch()
    value, gradient = value_and_gradient(loss, batch.alpha, batch)
    assert 0 <= value <= 1.001e-6
    np.testing.assert_allclose(gradient, 0, atol=1e-7)
    assert value_and_gradient(loss, prediction, batch)[0] > 0.01


@each_loss
def test_gradients_are_those_of_the_unknown_region(loss):
    prediction, batch = random_batch()
    value, gradient = value_and_gradient(loss, prediction, batch)
    unknown = array(batch.trimap) == 0.5
    np.testing.assert_array_equal(gradient[~unknown], 0)
    assert np.isfinite(gradient).all()
    assert np.count_nonzero(gradient[unknown]) > 0.95 * np.count_nonzero(unknown)
    # A small step down the gradient lessens the loss by what the gradient says.
    step = 1e-3 / np.linalg.norm(gradient)
    stepped = value_and_gradient(loss, prediction - tensor(step * gradient), batch)[0]
    assert value - stepped == pytest.approx(1e-3 * np.linalg.norm(gradient), rel=0.15)


def test_total_is_the_weighted_sum_of_unweighted_components():
    prediction, batch = random_batch()
    weights = LossWeights(alpha=0.4, composition=0.3, perceptual=0.2, laplacian=0.1)
    losses = MattingLoss(weights, FEATURES)(prediction, batch)
    assert list(losses) == ["alpha", "composition", "perceptual", "laplacian", "total"]
    components = dict(zip(("alpha", "composition", "laplacian", "perceptual"), LOSSES, strict=True))
    for name, component in components.items():
        assert float(losses[name]) == float(component(prediction, batch))
    total = sum(getattr(weights, name) * float(losses[name]) for name in components)
    assert float(losses["total"]) == pytest.approx(total)


def test_components_without_weight_are_not_computed():
    prediction, batch = random_batch()
    losses = MattingLoss(LossWeights(alpha=0, laplacian=2), FEATURES)(prediction, batch)
    assert list(losses) == ["composition", "laplacian", "total"]


def test_a_perceptual_weight_needs_features():
    with pytest.raises(ValueError, match="pass PerceptualFeatures"):
        MattingLoss(LossWeights(perceptual=0.2))

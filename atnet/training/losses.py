"""Losses of the unknown region: alpha, composition, perceptual, Laplacian pyramid."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras

from atnet.training.batches import Batch, unknown_weight
from atnet.training.config import LossWeights
from atnet.training.perceptual import PerceptualFeatures
from atnet.training.pyramid import laplacian_pyramid

ops: Any = keras.ops  # whose inferred types say that most results may be None

EPSILON = 1e-6
PYRAMID_LEVELS = 5


class MattingLoss:
    """The components of a recipe and their weighted sum.

    Args:
        weights: Weight of each component.
        features: VGG16's features; needed if the perceptual weight is above 0, else ignored.

    Call arguments:
        prediction: Predicted alpha, float32 `(B, H, W, 1)`.
        batch: What it is compared with.

    Returns:
        Dict of scalars: each component with a weight above 0, unweighted, by its name in
        `LossWeights`; and `total`, their weighted sum.

    Raises:
        ValueError: The perceptual weight is above 0 and there are no features.

    Example:
        >>> import numpy as np
        >>> grey, colour = np.ones((1, 16, 16, 1), "float32"), np.ones((1, 16, 16, 3), "float32")
        >>> batch = Batch(colour, grey / 2, grey, colour, 0 * colour)
        >>> losses = MattingLoss(LossWeights(laplacian=0))(grey / 4, batch)
        >>> {name: round(float(value), 3) for name, value in losses.items()}
        {'alpha': 0.75, 'composition': 0.75, 'total': 1.5}
    """

    def __init__(self, weights: LossWeights, features: PerceptualFeatures | None = None) -> None:
        components: dict[str, Callable[[Any, Batch], Any]] = {
            "alpha": alpha_loss,
            "composition": composition_loss,
            "laplacian": laplacian_loss,
        }
        if weights.perceptual:
            if features is None:
                raise ValueError("perceptual weight is above 0: pass PerceptualFeatures, or set 0")
            perceptual = PERCEPTUAL_LOSSES[weights.perceptual_kind]
            components["perceptual"] = partial(perceptual, features=features)
        self._weights = weights.weights
        self._components = {name: components[name] for name in self._weights}
        self.names = tuple(self._weights)

    def __call__(self, prediction: Any, batch: Batch) -> dict[str, Any]:
        """Computes the components and their weighted sum."""
        losses = {name: loss(prediction, batch) for name, loss in self._components.items()}
        return {**losses, "total": sum(self._weights[name] * losses[name] for name in losses)}


def alpha_loss(prediction: Any, batch: Batch) -> Any:
    """Mean Charbonnier difference `sqrt(d² + 1e-6²)` of alpha over the batch's unknown pixels.

    Args:
        prediction: Predicted alpha, float32 `(B, H, W, 1)`.
        batch: What it is compared with.

    Returns:
        Scalar; 0 if no pixel is unknown.

    Source:
        Xu et al., "Deep Image Matting", CVPR 2017, equation 1.
    """
    return _mean_over_unknown(_charbonnier(prediction - batch.alpha), batch)


def composition_loss(prediction: Any, batch: Batch) -> Any:
    """Mean Charbonnier difference of the composites over unknown pixels and the three channels.

    Both composites, `alpha * foreground + (1 - alpha) * background` with the predicted and with the
    true alpha, take the true colours.

    Args:
        prediction: Predicted alpha, float32 `(B, H, W, 1)`.
        batch: What it is compared with.

    Returns:
        Scalar; 0 if no pixel is unknown.

    Source:
        Xu et al., "Deep Image Matting", CVPR 2017, equation 2.
    """
    # The difference of the composites, without the rounding of composing and subtracting.
    difference = (prediction - batch.alpha) * (batch.foreground - batch.background)
    per_pixel = ops.mean(_charbonnier(difference), axis=-1, keepdims=True)
    return _mean_over_unknown(per_pixel, batch)


def perceptual_loss(prediction: Any, batch: Batch, features: Callable[[Any], list[Any]]) -> Any:
    """Relative squared error of VGG16's features of the composites.

    Known pixels of the predicted alpha are taken from the truth. The squared error of each feature
    is divided by the feature's own mean square, since the features' sizes differ a hundredfold,
    and by the unknown share of the pixels, as the other losses are; the mean is taken over scales.

    Args:
        prediction: Predicted alpha, float32 `(B, H, W, 1)`.
        batch: What it is compared with.
        features: VGG16's features of an image, `PerceptualFeatures`.

    Returns:
        Scalar; 0 if no pixel is unknown.
    """
    losses = [
        ops.mean(ops.square(one - other)) / (ops.mean(ops.square(other)) + EPSILON)
        for one, other in _pairs_of_features(prediction, batch, features)
    ]
    pixels = math.prod(batch.alpha.shape)
    return _per_unknown(sum(losses) / len(losses) * pixels, batch)


def released_perceptual_loss(
    prediction: Any, batch: Batch, features: Callable[[Any], list[Any]]
) -> Any:
    """Mean squared error of VGG16's features of the composites, as the released ATNet has it.

    Known pixels of the predicted alpha are taken from the truth, and the mean is over the whole
    feature, so that a small unknown region weighs little.

    Args:
        prediction: Predicted alpha, float32 `(B, H, W, 1)`.
        batch: What it is compared with.
        features: VGG16's features of an image, `PerceptualFeatures`; the release has block5_conv3
            of an image without VGG16's preprocessing.

    Returns:
        Scalar; 0 if no pixel is unknown.

    Source:
        The released code of the Attention Transfer Network, `utils.py`.
    """
    losses = [
        ops.mean(ops.square(one - other))
        for one, other in _pairs_of_features(prediction, batch, features)
    ]
    return sum(losses) / len(losses)


PERCEPTUAL_LOSSES = {"relative": perceptual_loss, "released": released_perceptual_loss}
"""By the name of `[loss] perceptual_kind`."""


def _pairs_of_features(
    prediction: Any, batch: Batch, features: Callable[[Any], list[Any]]
) -> Iterator[tuple[Any, Any]]:
    """Yields each feature of the predicted composite and of the true one."""
    alpha = ops.where(unknown_weight(batch) > 0, prediction, batch.alpha)
    contrast = batch.foreground - batch.background
    predicted, true = (
        features(batch.background + each * contrast) for each in (alpha, batch.alpha)
    )
    return zip(predicted, map(ops.stop_gradient, true), strict=True)


def laplacian_loss(prediction: Any, batch: Batch) -> Any:
    """Absolute difference of the Laplacian pyramids of alpha, per unknown pixel.

    Level i = 0...4 weighs 2ⁱ; the last is the low-pass rest, so that no error goes unseen. Known
    pixels of the prediction are taken from the truth. The sum over each pyramid is divided by the
    number of unknown pixels at full resolution.

    Args:
        prediction: Predicted alpha, float32 `(B, H, W, 1)`; H and W are multiples of 16.
        batch: What it is compared with.

    Returns:
        Scalar; 0 if no pixel is unknown.

    Source:
        Hou & Liu, "Context-Aware Image Matting for Simultaneous Foreground and Alpha Estimation",
        ICCV 2019, equation 2.
    """
    # The pyramid is linear: that of the difference is the difference of the pyramids.
    error = (prediction - batch.alpha) * unknown_weight(batch)
    pyramid = laplacian_pyramid(error, PYRAMID_LEVELS)
    # Not `ops.abs`, whose gradient at 0 is 1 on JAX.
    total = sum(2.0**i * ops.sum(level * ops.sign(level)) for i, level in enumerate(pyramid))
    return _per_unknown(total, batch)


def _charbonnier(difference: Any) -> Any:
    return ops.sqrt(ops.square(difference) + EPSILON**2)


def _mean_over_unknown(values: Any, batch: Batch) -> Any:
    return _per_unknown(ops.sum(values * unknown_weight(batch)), batch)


def _per_unknown(total: Any, batch: Batch) -> Any:
    """Divides by the number of unknown pixels; exactly 0 if there are none."""
    count = ops.sum(unknown_weight(batch))
    return total * ops.minimum(count, 1.0) / ops.maximum(count, 1.0)

import keras
import numpy as np
import pytest

import reference
from atnet.models.encoders import SKIP_CHANNELS
from atnet.models.original import ConvReluNorm, OriginalDecoder, OriginalModule
from helpers import randomise, to_numpy, weights_by_name

RNG = np.random.default_rng(0)


def feature(*shape):
    return RNG.normal(size=shape).astype("float32")


def unit(x, w):
    """Convolution, ReLU, then normalisation with Keras' default epsilon."""
    rectified = np.maximum(reference.conv(x, w["conv/kernel"], w["conv/bias"]), 0)
    return reference.batch_norm(
        rectified, w["bn/gamma"], w["bn/beta"], w["bn/moving_mean"], w["bn/moving_variance"], 1e-3
    )


def test_conv_relu_norm_equals_its_formula():
    layer = ConvReluNorm(3, 5)
    x = feature(2, 6, 7, 4)
    layer(x)
    randomise(layer)
    np.testing.assert_allclose(to_numpy(layer(x)), unit(x, weights_by_name(layer)), atol=1e-4)


@pytest.mark.parametrize("winner", [False, True])
def test_original_module_equals_its_formula(winner):
    module = OriginalModule(4, kernel_size=5, expand=False, winner=winner)
    x, skip = feature(1, 6, 8, 3), feature(1, 6, 8, 4)
    module(x, skip)
    randomise(module)
    context = unit(x, weights_by_name(module.context))
    gate = unit(context.mean(axis=(1, 2), keepdims=True), weights_by_name(module.gate))
    fused = np.where(skip * gate >= context, context, 0) if winner else context + skip * gate
    np.testing.assert_allclose(
        to_numpy(module(x, skip)), reference.depth_to_space(fused), atol=1e-4
    )


def test_the_decoder_brings_stride_32_to_the_logit():
    features = {
        f"level{level}": keras.KerasTensor((1, 64 >> level, 96 >> level, channels))
        for level, channels in enumerate(SKIP_CHANNELS, start=1)
    }
    features["bottom"] = keras.KerasTensor((1, 2, 3, 320))
    assert OriginalDecoder()(features).shape == (1, 64, 96, 1)


@pytest.mark.parametrize(
    "layer",
    [
        ConvReluNorm(3, 5),
        OriginalModule(4, kernel_size=1, expand=True, winner=True),
        OriginalDecoder(winner=True),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_constructor_arguments_survive_the_config(layer):
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config

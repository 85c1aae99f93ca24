import keras
import numpy as np
import pytest

import reference
from atnet.models.decoder import (
    AlphaHead,
    AttentionTransferDecoder,
    ConvReluNorm,
    OriginalDecoder,
    OriginalModule,
)
from atnet.models.encoders import SKIP_CHANNELS
from helpers import randomise, to_numpy, weights_by_name

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)


def feature(*shape):
    return RNG.normal(size=shape).astype("float32")


def pyramid(height, width, bottom_channels, finest_stride, make=feature):
    """Features of an encoder for an image of that size."""
    features = {"bottom": make(1, height // 32, width // 32, bottom_channels)}
    for level, channels in enumerate(SKIP_CHANNELS, start=1):
        stride = finest_stride << (level - 1)
        features[f"level{level}"] = make(1, height // stride, width // stride, channels)
    return features


def symbol(*shape):
    return keras.KerasTensor(shape)


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


def test_decoder_brings_stride_32_to_full_resolution():
    decoder = AttentionTransferDecoder()
    features = pyramid(64, 96, 320, finest_stride=1, make=symbol)
    assert decoder(features).shape == (1, 64, 96, 64)


def test_original_decoder_brings_stride_32_to_the_logit():
    features = pyramid(64, 96, 320, finest_stride=2, make=symbol)
    assert OriginalDecoder()(features).shape == (1, 64, 96, 1)


def test_every_skip_reaches_the_decoder():
    decoder = AttentionTransferDecoder(width=0.25)
    features = pyramid(32, 32, 8, finest_stride=1)
    before = to_numpy(decoder(features))
    for name, value in features.items():
        changed = to_numpy(decoder({**features, name: value + 1}))
        assert np.abs(changed - before).max() > 0, name


def test_head_equals_its_formula():
    head = AlphaHead()
    x = feature(1, 5, 6, 8)
    head(x)
    randomise(head)
    w = weights_by_name(head)
    normalised = reference.batch_norm(
        reference.conv(x, w["conv/kernel"]),
        w["bn/gamma"],
        w["bn/beta"],
        w["bn/moving_mean"],
        w["bn/moving_variance"],
        1e-5,
    )
    expected = reference.conv(np.maximum(normalised, 0), w["logit/kernel"], w["logit/bias"])
    np.testing.assert_allclose(to_numpy(head(x)), expected, atol=1e-4)


@pytest.mark.parametrize(
    "layer",
    [
        ConvReluNorm(3, 5),
        AttentionTransferDecoder(width=0.5),
        AlphaHead(channels=8),
        OriginalModule(4, kernel_size=1, expand=True, winner=True),
        OriginalDecoder(winner=True),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_constructor_arguments_survive_the_config(layer):
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config

import keras
import numpy as np
import pytest

import reference
from atnet.models.decoder import AlphaHead, AttentionTransferDecoder
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


def test_decoder_brings_stride_32_to_full_resolution():
    decoder = AttentionTransferDecoder()
    features = pyramid(64, 96, 320, finest_stride=1, make=symbol)
    assert decoder(features).shape == (1, 64, 96, 64)


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
        AttentionTransferDecoder(width=0.5, attention="none", upsampling="bilinear"),
        AlphaHead(channels=8),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_constructor_arguments_survive_the_config(layer):
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config

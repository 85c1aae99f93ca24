import keras
import numpy as np
import pytest

import reference
from atnet.models import decoder, original, refinement
from atnet.models.layers import AttentionTransferModule, FeatureAttentionBlock, NetworkInput
from atnet.models.upsampling import BilinearBlock, ScaleTransferBlock, TransposedBlock
from helpers import randomise, to_numpy, weights_by_name

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)


def feature(*shape):
    return RNG.normal(size=shape).astype("float32")


def test_network_input_by_hand():
    image = np.zeros((1, 32, 32, 3), "float32")
    image[0, 0, 0] = 1
    trimap = np.ones((1, 32, 32, 1), "float32")
    joined = to_numpy(NetworkInput()(image, trimap))
    # 255 less the mean of 123.68 is 131.32, by 64 is 2.051875; the trimap's 1 less 0.5 is 0.5.
    np.testing.assert_allclose(joined[0, 0, 0], [2.051875, 2.159703, 2.360328, 0.5], atol=1e-6)
    # Black is the negative mean by 64.
    np.testing.assert_allclose(joined[0, 1, 1], [-1.9325, -1.82467, -1.624047, 0.5], atol=1e-5)


@pytest.mark.backend
def test_the_released_input_is_what_its_files_hold_by_255():
    image = feature(1, 32, 32, 3)
    trimap = RNG.choice(np.array([0, 0.5, 1], "float32"), (1, 32, 32, 1))
    joined = to_numpy(NetworkInput(released=True)(image, trimap))
    np.testing.assert_array_equal(joined[..., :3], image)
    stored = np.array([0, 128, 255])[(2 * trimap).astype(int)]
    np.testing.assert_allclose(joined[..., 3:] * 255, stored, rtol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(33, 64), (64, 31), (1, 1)])
def test_network_input_refuses_sizes_the_encoder_cannot_halve(height, width):
    with pytest.raises(ValueError, match="multiples of 32"):
        NetworkInput()(np.zeros((1, height, width, 3)), np.zeros((1, height, width, 1)))


def test_feature_attention_equals_its_formula():
    block = FeatureAttentionBlock()
    context, skip = feature(2, 4, 6, 5), feature(2, 4, 6, 7)
    block(context, skip)
    randomise(block)
    expected = reference.feature_attention(context, skip, weights_by_name(block))
    np.testing.assert_allclose(to_numpy(block(context, skip)), expected, atol=1e-5)


OPEN = {
    "channel_gate/kernel": np.zeros((1, 1, 5, 7)),
    "channel_gate/bias": np.full(7, 50.0),
    "spatial_gate/kernel": np.zeros((3, 3, 5, 1)),
    "spatial_gate/bias": np.full(1, 50.0),
}
"""Gates that let everything through."""


@pytest.mark.parametrize("attention", ["channel", "spatial"])
def test_feature_attention_may_have_one_gate(attention):
    block = FeatureAttentionBlock(attention)
    context, skip = feature(2, 4, 6, 5), feature(2, 4, 6, 7)
    block(context, skip)
    randomise(block)
    weights = weights_by_name(block)
    assert set(weights) == {f"{attention}_gate/kernel", f"{attention}_gate/bias"}
    expected = reference.feature_attention(context, skip, {**OPEN, **weights})
    np.testing.assert_allclose(to_numpy(block(context, skip)), expected, atol=1e-5)


def test_without_feature_attention_the_skip_passes_unchanged():
    block, skip = FeatureAttentionBlock("none"), feature(2, 4, 6, 7)
    np.testing.assert_array_equal(to_numpy(block(feature(2, 4, 6, 5), skip)), skip)
    assert block.weights == []


def test_feature_attention_starts_open():
    """sigmoid(1)² = 0.534 with a zero context: nothing is suppressed before training."""
    skip = np.ones((1, 4, 4, 3), "float32")
    attended = to_numpy(FeatureAttentionBlock()(np.zeros((1, 4, 4, 2), "float32"), skip))
    np.testing.assert_allclose(attended, 0.5344, atol=1e-4)


def test_attention_transfer_equals_its_formula():
    module = AttentionTransferModule(transfer_channels=3, channels=5)
    x, skip = feature(2, 3, 4, 6), feature(2, 6, 8, 7)
    module(x, skip)
    randomise(module)
    expected = reference.attention_transfer(x, skip, weights_by_name(module))
    np.testing.assert_allclose(to_numpy(module(x, skip)), expected, atol=1e-4)


def test_a_step_of_training_moves_the_statistics_by_a_twentieth():
    module = AttentionTransferModule(transfer_channels=3, channels=5)
    x, skip = feature(4, 8, 8, 6), feature(4, 16, 16, 7)
    means = []
    for _ in range(2):
        module(x, skip, training=True)
        means.append(to_numpy(module.fuse_bn.moving_mean))
    # From 0 to 0.05 of the batch's mean; then 0.95 of what it was, and again 0.05 of the same mean.
    np.testing.assert_allclose(means[1], 1.95 * means[0], rtol=1e-4)


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (NetworkInput(), [(1, 32, 32, 3), (1, 32, 32, 1)]),
        (NetworkInput(released=True), [(1, 32, 32, 3), (1, 32, 32, 1)]),
        (ScaleTransferBlock(3), [(1, 4, 4, 6)]),
        (BilinearBlock(3), [(1, 4, 4, 6)]),
        (TransposedBlock(3), [(1, 4, 4, 6)]),
        (FeatureAttentionBlock(), [(1, 4, 4, 6), (1, 4, 4, 3)]),
        (AttentionTransferModule(3, 5), [(1, 4, 4, 6), (1, 8, 8, 2)]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, keras.Layer) else "",
)
def test_layers_survive_a_config_round_trip(layer, shapes):
    clone = type(layer).from_config(layer.get_config())
    inputs = [feature(*shape) for shape in shapes]
    expected = layer(*inputs)
    clone(*inputs)
    clone.set_weights(layer.get_weights())
    np.testing.assert_array_equal(to_numpy(clone(*inputs)), to_numpy(expected))
    symbolic = clone(*(keras.KerasTensor(shape) for shape in shapes))
    assert symbolic.shape == expected.shape


@pytest.mark.parametrize(
    "layer",
    [
        (NetworkInput, {"released": True}),
        (ScaleTransferBlock, {"channels": 3}),
        (BilinearBlock, {"channels": 3}),
        (TransposedBlock, {"channels": 3}),
        (FeatureAttentionBlock, {"attention": "spatial"}),
        (
            AttentionTransferModule,
            {
                "transfer_channels": 3,
                "channels": 5,
                "attention": "none",
                "upsampling": "transposed",
            },
        ),
        (
            decoder.AttentionTransferDecoder,
            {"width": 0.25, "attention": "channel", "upsampling": "bilinear"},
        ),
        (decoder.AlphaHead, {"channels": 8}),
        (original.ConvReluNorm, {"channels": 3, "kernel_size": 5}),
        (
            original.OriginalModule,
            {"channels": 4, "kernel_size": 1, "expand": True, "winner": True},
        ),
        (original.OriginalDecoder, {"winner": True}),
        (refinement.ResidualRefinement, {"channels": 8}),
        (refinement.OriginalRefinement, {}),
    ],
    ids=lambda layer: layer[0].__name__,
)
def test_every_argument_survives_the_config(layer):
    kind, arguments = layer
    original = kind(**arguments, name="mine", trainable=False, dtype="mixed_bfloat16")
    clone = kind.from_config(original.get_config())
    assert clone.get_config() == original.get_config()
    assert {name: getattr(clone, name) for name in arguments} == arguments
    assert (clone.name, clone.trainable) == ("mine", False)
    assert {part.dtype_policy.name for part in clone._flatten_layers()} == {"mixed_bfloat16"}

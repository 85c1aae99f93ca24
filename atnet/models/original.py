"""The released ATNet's decoder and refinement unit of convolution, for ablation."""

import keras
from keras import layers, ops

from atnet.models.decoder import LEVELS


@keras.saving.register_keras_serializable("atnet")
class ConvReluNorm(layers.Layer):
    """Convolution, ReLU, then batch normalisation: the released ATNet's unit.

    Args:
        channels: Channels of the result.
        kernel_size: Side of the square kernel in pixels.

    Output shape:
        `(B, H, W, channels)`.
    """

    def __init__(self, channels: int, kernel_size: int, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.kernel_size = kernel_size
        self.conv = layers.Conv2D(
            channels,
            kernel_size,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            name="conv",
            dtype=self.dtype_policy,
        )
        self.bn = layers.BatchNormalization(name="bn", dtype=self.dtype_policy)

    def build(self, input_shape):
        """Creates convolution and normalisation."""
        self.conv.build(input_shape)
        self.bn.build((*input_shape[:-1], self.channels))

    def call(self, x, training=None):
        """Convolves, rectifies, normalises."""
        return self.bn(self.conv(x), training=training)

    def get_config(self):
        """Constructor arguments."""
        return {
            **super().get_config(),
            "channels": self.channels,
            "kernel_size": self.kernel_size,
        }


@keras.saving.register_keras_serializable("atnet")
class OriginalModule(layers.Layer):
    """One level of the released ATNet's decoder.

    `gate = unit1x1(mean(context))`, fused with the pooled skip, then moved from channels to pixels.

    Args:
        channels: Channels of context and skip.
        kernel_size: Kernel of the first convolution, 1 or 5.
        expand: Whether a 1x1 convolution makes up for the channels that become pixels.
        winner: True fuses as the released code: context where the gated skip is at least as
            large, else 0. The comparison passes no gradient, so gate and skip never learn.
            False adds the gated skip.

    Output shape:
        `(B, 2H, 2W, channels)` when expanding, else `(B, 2H, 2W, channels / 4)`.
    """

    def __init__(self, channels: int, kernel_size: int, expand: bool, winner: bool, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.kernel_size = kernel_size
        self.expand = expand
        self.winner = winner
        self.context = ConvReluNorm(channels, kernel_size, name="context", dtype=self.dtype_policy)
        self.gate = ConvReluNorm(channels, 1, name="gate", dtype=self.dtype_policy)
        self.expansion = (
            layers.Conv2D(
                4 * channels, 1, use_bias=False, name="expansion", dtype=self.dtype_policy
            )
            if expand
            else None
        )

    def build(self, x_shape, skip_shape):
        """Creates the convolutions."""
        self.context.build(x_shape)
        self.gate.build((skip_shape[0], 1, 1, self.channels))
        if self.expansion is not None:
            self.expansion.build((*skip_shape[:-1], self.channels))

    def call(self, x, skip, training=None):
        """Fuses and magnifies."""
        context = self.context(x, training=training)
        mean_context = ops.mean(context, axis=(1, 2), keepdims=True)
        gated = skip * self.gate(mean_context, training=training)
        if self.winner:
            fused = ops.where(gated >= context, context, ops.zeros_like(context))
        else:
            fused = context + gated
        if self.expansion is not None:
            fused = self.expansion(fused)
        return ops.depth_to_space(fused, 2)

    def compute_output_shape(self, x_shape, skip_shape):  # noqa: ARG002  (Keras' signature)
        """Twice the skip's place."""
        batch, height, width, _ = skip_shape
        return (batch, _double(height), _double(width), self.output_channels)

    @property
    def output_channels(self) -> int:
        """Channels after the move from channels to pixels."""
        return self.channels if self.expand else self.channels // 4

    def get_config(self):
        """Constructor arguments."""
        return {
            **super().get_config(),
            "channels": self.channels,
            "kernel_size": self.kernel_size,
            "expand": self.expand,
            "winner": self.winner,
        }


@keras.saving.register_keras_serializable("atnet")
class OriginalDecoder(layers.Layer):
    """The released ATNet's decoder, for ablation; takes an encoder with pooled skips.

    Args:
        winner: Fusion by comparison, as released; see `OriginalModule`.

    Output shape:
        Logit `(B, H, W, 1)`.
    """

    CHANNELS = (512, 512, 256, 128, 64)

    def __init__(self, winner: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.winner = winner
        self.levels = [
            OriginalModule(
                channels,
                kernel_size=1 if level == 5 else 5,
                expand=level in (5, 1),
                winner=winner,
                name=f"level{level}",
                dtype=self.dtype_policy,
            )
            for level, channels in zip(LEVELS, self.CHANNELS, strict=True)
        ]
        self.conv = ConvReluNorm(64, 5, name="conv", dtype=self.dtype_policy)
        self.logit = layers.Conv2D(1, 5, padding="same", name="logit", dtype=self.dtype_policy)

    def build(self, features_shape):
        """Creates modules and head."""
        channels = features_shape["bottom"][-1]
        for level, module in zip(LEVELS, self.levels, strict=True):
            skip_shape = features_shape[f"level{level}"]
            module.build((*skip_shape[:-1], channels), skip_shape)
            channels = module.output_channels
        full_shape = (features_shape["bottom"][0], None, None, channels)
        self.conv.build(full_shape)
        self.logit.build(full_shape)

    def call(self, features, training=None):
        """Runs the modules from coarse to fine, then the head."""
        x = features["bottom"]
        for level, module in zip(LEVELS, self.levels, strict=True):
            x = module(x, features[f"level{level}"], training=training)
        return self.logit(self.conv(x, training=training))

    def compute_output_shape(self, features_shape):
        """Twice the finest skip's place."""
        batch, height, width, _ = features_shape["level1"]
        return (batch, _double(height), _double(width), 1)

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "winner": self.winner}


def _double(size: int | None) -> int | None:
    return None if size is None else 2 * size

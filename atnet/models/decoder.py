"""The decoder: from an encoder's features to the logit of the coarse alpha at full resolution."""

import keras
from keras import layers, ops

from atnet.models.layers import AttentionTransferModule

LEVELS = (5, 4, 3, 2, 1)
"""Levels from the coarsest (stride 16) to the finest (stride 1)."""


@keras.saving.register_keras_serializable("atnet")
class AttentionTransferDecoder(layers.Layer):
    """Five attention transfer modules, from stride 32 to full resolution.

    Args:
        width: Factor on the number of channels.
        attention: Gates on the skips, a name in `ATTENTION` of `layers`.
        upsampling: What magnifies, a name in `UPSAMPLING`.

    Call arguments:
        features: The encoder's dict: `bottom` at stride 32, `level5` … `level1` at strides 16 … 1.

    Output shape:
        `(B, H, W, 64 * width)`.
    """

    TRANSFER_CHANNELS = (512, 128, 64, 32, 64)
    CHANNELS = (512, 256, 128, 64, 64)

    def __init__(
        self,
        width: float = 1.0,
        attention: str = "full",
        upsampling: str = "scale_transfer",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.width = width
        self.attention = attention
        self.upsampling = upsampling
        self.levels = [
            AttentionTransferModule(
                round(width * transfer_channels),
                round(width * channels),
                attention,
                upsampling,
                name=f"level{level}",
                dtype=self.dtype_policy,
            )
            for level, transfer_channels, channels in zip(
                LEVELS, self.TRANSFER_CHANNELS, self.CHANNELS, strict=True
            )
        ]

    def build(self, features_shape):
        """Creates the modules."""
        shape = features_shape["bottom"]
        for level, module in zip(LEVELS, self.levels, strict=True):
            skip_shape = features_shape[f"level{level}"]
            module.build(shape, skip_shape)
            shape = (*skip_shape[:-1], module.channels)

    def call(self, features, training=None):
        """Runs the modules from coarse to fine."""
        x = features["bottom"]
        for level, module in zip(LEVELS, self.levels, strict=True):
            x = module(x, features[f"level{level}"], training=training)
        return x

    def compute_output_shape(self, features_shape):
        """The finest skip's place."""
        return (*features_shape["level1"][:-1], self.levels[-1].channels)

    def get_config(self):
        """Constructor arguments."""
        return {
            **super().get_config(),
            "width": self.width,
            "attention": self.attention,
            "upsampling": self.upsampling,
        }


@keras.saving.register_keras_serializable("atnet")
class AlphaHead(layers.Layer):
    """Two 3x3 convolutions from decoder features to the logit of the coarse alpha.

    Args:
        channels: Channels between them.

    Input shape:
        `(B, H, W, C)`.

    Output shape:
        `(B, H, W, 1)`.
    """

    def __init__(self, channels: int = 64, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.conv = layers.Conv2D(
            channels,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name="conv",
            dtype=self.dtype_policy,
        )
        self.bn = layers.BatchNormalization(
            momentum=0.95, epsilon=1e-5, name="bn", dtype=self.dtype_policy
        )
        self.logit = layers.Conv2D(1, 3, padding="same", name="logit", dtype=self.dtype_policy)

    def build(self, input_shape):
        """Creates both convolutions."""
        hidden_shape = (*input_shape[:-1], self.channels)
        self.conv.build(input_shape)
        self.bn.build(hidden_shape)
        self.logit.build(hidden_shape)

    def call(self, x, training=None):
        """Computes the logit."""
        return self.logit(ops.relu(self.bn(self.conv(x), training=training)))

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "channels": self.channels}

"""The blocks of ATNet: input, feature attention, and the module that joins it to upsampling."""

import keras
from keras import layers, ops

from atnet.models.upsampling import UPSAMPLING

ATTENTION = {
    "full": ("channel", "spatial"),
    "channel": ("channel",),
    "spatial": ("spatial",),
    "none": (),
}
"""Gates of the feature attention block, by the name of `ATNet`'s `attention`."""


@keras.saving.register_keras_serializable("atnet")
class NetworkInput(layers.Layer):
    """Joins image and trimap into the encoder's four channels.

    `concat[(255 * image - mean) / 64, trimap - 0.5]`, where `mean` is ImageNet's mean colour.

    Args:
        released: True joins them as the released ATNet saw them, `concat[image, trimap]` with the
            byte 128 of its trimaps for 0.5. What convolutions pad with is black and background
            then, not the mean colour and unknown, which no weights could make up for.

    Call arguments:
        image: `(B, H, W, 3)`, RGB in [0, 1].
        trimap: `(B, H, W, 1)`, 0 background, 0.5 unknown, 1 foreground.

    Output shape:
        `(B, H, W, 4)`.

    Raises:
        ValueError: A known height or width is not a multiple of 32.
    """

    MEAN_COLOUR = (123.68, 116.779, 103.939)
    MULTIPLE = 32

    def __init__(self, released: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.released = released

    def call(self, image, trimap):
        """Normalises and concatenates."""
        for side, size in zip(("height", "width"), image.shape[1:3], strict=True):
            if isinstance(size, int) and size % self.MULTIPLE:
                raise ValueError(
                    f"image has {side} {size}; allowed are multiples of {self.MULTIPLE}: "
                    "pad image and trimap (atnet.Matting does so for you)"
                )
        if self.released:
            byte = ops.convert_to_tensor(128 / 255, dtype=trimap.dtype)
            return ops.concatenate([image, ops.where(trimap == 0.5, byte, trimap)], axis=-1)
        mean = ops.convert_to_tensor(self.MEAN_COLOUR, dtype=image.dtype)
        return ops.concatenate([(255.0 * image - mean) / 64.0, trimap - 0.5], axis=-1)

    def compute_output_shape(self, image_shape, trimap_shape):
        """Colours and trimap."""
        return (*image_shape[:-1], image_shape[-1] + trimap_shape[-1])

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "released": self.released}


@keras.saving.register_keras_serializable("atnet")
class FeatureAttentionBlock(layers.Layer):
    """Lets the decoder's context choose the encoder features that belong to the foreground.

    `skip * sigmoid(conv1x1(mean(context))) * sigmoid(conv3x3(context))`: attention over channels,
    then over places. Both gates start almost open.

    Args:
        attention: `full`, or for ablation one gate alone, `channel` or `spatial`, or `none`, which
            leaves the skip as it is.

    Call arguments:
        context: Decoder feature, `(B, H, W, C)`.
        skip: Encoder feature of the same height and width, `(B, H, W, S)`.

    Output shape:
        `(B, H, W, S)`.

    Reference:
        Attention Transfer Network for Nature Image Matting, "feature attention block"; the
        released code has the channel gate alone, without sigmoid.

    Example:
        >>> import numpy as np
        >>> context, skip = np.zeros((1, 4, 6, 8)), np.ones((1, 4, 6, 16))
        >>> FeatureAttentionBlock()(context, skip).shape
        (1, 4, 6, 16)
    """

    def __init__(self, attention: str = "full", **kwargs):
        super().__init__(**kwargs)
        self.attention = attention
        self.gates = ATTENTION[attention]
        if "spatial" in self.gates:
            self.spatial_gate = layers.Conv2D(
                1,
                3,
                padding="same",
                activation="sigmoid",
                bias_initializer="ones",
                name="spatial_gate",
                dtype=self.dtype_policy,
            )

    def build(self, context_shape, skip_shape):
        """Creates the gates; the channel gate has as many channels as the skip."""
        if "channel" in self.gates:
            self.channel_gate = layers.Conv2D(
                skip_shape[-1],
                1,
                activation="sigmoid",
                kernel_initializer="zeros",
                bias_initializer="ones",
                name="channel_gate",
                dtype=self.dtype_policy,
            )
            self.channel_gate.build((context_shape[0], 1, 1, context_shape[-1]))
        if "spatial" in self.gates:
            self.spatial_gate.build(context_shape)

    def call(self, context, skip):
        """Gates the skip."""
        if "channel" in self.gates:
            mean_context = ops.mean(context, axis=(1, 2), keepdims=True)  # (B, 1, 1, C)
            skip = skip * self.channel_gate(mean_context)
        if "spatial" in self.gates:
            skip = skip * self.spatial_gate(context)
        return skip

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "attention": self.attention}


@keras.saving.register_keras_serializable("atnet")
class AttentionTransferModule(layers.Layer):
    """One level of the decoder: magnify, attend to the skip, fuse.

    Args:
        transfer_channels: Channels after the scale transfer block.
        channels: Channels of the result.
        attention: Gates on the skip, a name in `ATTENTION`.
        upsampling: What magnifies, a name in `UPSAMPLING`.

    Call arguments:
        x: Decoder feature of the coarser level, `(B, H, W, C)`.
        skip: Encoder feature of this level, `(B, 2H, 2W, S)`.

    Output shape:
        `(B, 2H, 2W, channels)`.

    Reference:
        Attention Transfer Network for Nature Image Matting, "attention transfer module".

    Example:
        >>> import numpy as np
        >>> x, skip = np.zeros((1, 4, 6, 8)), np.ones((1, 8, 12, 16))
        >>> AttentionTransferModule(transfer_channels=8, channels=32)(x, skip).shape
        (1, 8, 12, 32)
    """

    def __init__(
        self,
        transfer_channels: int,
        channels: int,
        attention: str = "full",
        upsampling: str = "scale_transfer",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.transfer_channels = transfer_channels
        self.channels = channels
        self.attention = attention
        self.upsampling = upsampling
        # Keras' files name weights by attribute: it is called the same whatever magnifies.
        self.scale_transfer = UPSAMPLING[upsampling](
            transfer_channels, name=upsampling, dtype=self.dtype_policy
        )
        self.feature_attention = FeatureAttentionBlock(
            attention, name="feature_attention", dtype=self.dtype_policy
        )
        self.fuse = layers.Conv2D(
            channels,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name="fuse",
            dtype=self.dtype_policy,
        )
        self.fuse_bn = layers.BatchNormalization(
            momentum=0.95, epsilon=1e-5, name="fuse_bn", dtype=self.dtype_policy
        )

    def build(self, x_shape, skip_shape):
        """Creates the three parts."""
        context_shape = (*skip_shape[:-1], self.transfer_channels)
        self.scale_transfer.build(x_shape)
        self.feature_attention.build(context_shape, skip_shape)
        self.fuse.build((*skip_shape[:-1], self.transfer_channels + skip_shape[-1]))
        self.fuse_bn.build((*skip_shape[:-1], self.channels))

    def call(self, x, skip, training=None):
        """Magnifies x and fuses it with the attended skip."""
        context = self.scale_transfer(x)  # (B, 2H, 2W, transfer_channels)
        attended = self.feature_attention(context, skip)  # (B, 2H, 2W, S)
        fused = self.fuse(ops.concatenate([context, attended], axis=-1))
        return ops.relu(self.fuse_bn(fused, training=training))

    def compute_output_shape(self, x_shape, skip_shape):  # noqa: ARG002  (Keras' signature)
        """The skip's place, the module's channels."""
        return (*skip_shape[:-1], self.channels)

    def get_config(self):
        """Constructor arguments."""
        return {
            **super().get_config(),
            "transfer_channels": self.transfer_channels,
            "channels": self.channels,
            "attention": self.attention,
            "upsampling": self.upsampling,
        }

"""What doubles height and width in a level of the decoder: scale transfer, and its rivals."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("atnet")
class ScaleTransferBlock(layers.Layer):
    """Doubles height and width by moving channels into pixels, so nothing is interpolated.

    `depth_to_space(conv1x1(x), 2)`; the convolution has no bias.

    Args:
        channels: Channels of the result; the convolution expands to four times as many.

    Input shape:
        `(B, H, W, C)`.

    Output shape:
        `(B, 2H, 2W, channels)`.

    Reference:
        Attention Transfer Network for Nature Image Matting, "scale transfer block".

    Example:
        >>> import numpy as np
        >>> ScaleTransferBlock(8)(np.zeros((1, 4, 6, 16), "float32")).shape
        (1, 8, 12, 8)
    """

    def __init__(self, channels: int, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.expand = layers.Conv2D(
            4 * channels,
            1,
            use_bias=False,
            kernel_initializer="he_normal",
            name="expand",
            dtype=self.dtype_policy,
        )

    def build(self, input_shape):
        """Creates the expanding convolution."""
        self.expand.build(input_shape)

    def call(self, x):
        """Magnifies twice."""
        return ops.depth_to_space(self.expand(x), 2)

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "channels": self.channels}


@keras.saving.register_keras_serializable("atnet")
class BilinearBlock(layers.Layer):
    """Doubles height and width by interpolation, for ablation.

    `bilinear(conv1x1(x), 2)`; the convolution has no bias. Both steps are linear along different
    axes, so their order changes nothing but the cost.

    Args:
        channels: Channels of the result.

    Input shape:
        `(B, H, W, C)`.

    Output shape:
        `(B, 2H, 2W, channels)`.

    Example:
        >>> import numpy as np
        >>> BilinearBlock(8)(np.zeros((1, 4, 6, 16), "float32")).shape
        (1, 8, 12, 8)
    """

    def __init__(self, channels: int, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.project = layers.Conv2D(
            channels,
            1,
            use_bias=False,
            kernel_initializer="he_normal",
            name="project",
            dtype=self.dtype_policy,
        )
        self.magnify = layers.UpSampling2D(
            2, interpolation="bilinear", name="magnify", dtype=self.dtype_policy
        )

    def build(self, input_shape):
        """Creates the convolution."""
        self.project.build(input_shape)

    def call(self, x):
        """Magnifies twice."""
        return self.magnify(self.project(x))

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "channels": self.channels}


@keras.saving.register_keras_serializable("atnet")
class TransposedBlock(layers.Layer):
    """Doubles height and width by a transposed convolution, for ablation.

    The kernel of 4x4 overlaps its neighbours by half. One of 2x2 would be the scale transfer block
    again: a 1x1 convolution before depth-to-space is that kernel in another order.

    Args:
        channels: Channels of the result.

    Input shape:
        `(B, H, W, C)`.

    Output shape:
        `(B, 2H, 2W, channels)`.

    Example:
        >>> import numpy as np
        >>> TransposedBlock(8)(np.zeros((1, 4, 6, 16), "float32")).shape
        (1, 8, 12, 8)
    """

    def __init__(self, channels: int, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.expand = layers.Conv2DTranspose(
            channels,
            4,
            strides=2,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name="expand",
            dtype=self.dtype_policy,
        )

    def build(self, input_shape):
        """Creates the convolution."""
        self.expand.build(input_shape)

    def call(self, x):
        """Magnifies twice."""
        return self.expand(x)

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "channels": self.channels}


UPSAMPLING = {
    "scale_transfer": ScaleTransferBlock,
    "bilinear": BilinearBlock,
    "transposed": TransposedBlock,
}
"""Blocks by the names that `ATNet` knows them by; the first is the network's own."""

"""Refinement networks: from image and coarse alpha to a sharper alpha."""

import keras
from keras import layers, ops

from atnet.models.original import ConvReluNorm


@keras.saving.register_keras_serializable("atnet")
class ResidualRefinement(layers.Layer):
    """Predicts what to add to the coarse alpha's logit; starts at zero, so as the identity.

    Three 3x3 convolutions with ReLU on `concat[image, coarse alpha, trimap]`, then one to a single
    channel.

    Args:
        channels: Channels between them.

    Call arguments:
        image: `(B, H, W, 3)`; coarse_alpha, trimap: `(B, H, W, 1)`.

    Output shape:
        `(B, H, W, 1)`.
    """

    def __init__(self, channels: int = 64, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.convs = [
            layers.Conv2D(
                channels,
                3,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"conv{n}",
                dtype=self.dtype_policy,
            )
            for n in (1, 2, 3)
        ]
        self.residual = layers.Conv2D(
            1,
            3,
            padding="same",
            kernel_initializer="zeros",
            name="residual",
            dtype=self.dtype_policy,
        )

    def build(self, image_shape, coarse_alpha_shape, trimap_shape):
        """Creates the convolutions."""
        place = tuple(image_shape[:-1])
        channels = image_shape[-1] + coarse_alpha_shape[-1] + trimap_shape[-1]
        for conv in self.convs:
            conv.build((*place, channels))
            channels = conv.filters
        self.residual.build((*place, channels))

    def call(self, image, coarse_alpha, trimap):
        """Computes the residual logit."""
        x = ops.concatenate([image, coarse_alpha, trimap], axis=-1)
        for conv in self.convs:
            x = conv(x)
        return self.residual(x)

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "channels": self.channels}


@keras.saving.register_keras_serializable("atnet")
class OriginalRefinement(layers.Layer):
    """The released ATNet's refinement: predicts alpha afresh, without the trimap.

    Call arguments:
        image: `(B, H, W, 3)`; coarse_alpha: `(B, H, W, 1)`.

    Output shape:
        Logit `(B, H, W, 1)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.convs = [
            ConvReluNorm(64, 3, name=f"conv{n}", dtype=self.dtype_policy) for n in (1, 2, 3)
        ]
        self.logit = layers.Conv2D(1, 3, padding="same", name="logit", dtype=self.dtype_policy)

    def build(self, image_shape, coarse_alpha_shape):
        """Creates the convolutions."""
        place = tuple(image_shape[:-1])
        channels = image_shape[-1] + coarse_alpha_shape[-1]
        for conv in self.convs:
            conv.build((*place, channels))
            channels = conv.channels
        self.logit.build((*place, channels))

    def call(self, image, coarse_alpha, training=None):
        """Computes the refined logit."""
        x = ops.concatenate([image, coarse_alpha], axis=-1)
        for conv in self.convs:
            x = conv(x, training=training)
        return self.logit(x)

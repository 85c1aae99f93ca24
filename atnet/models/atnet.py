"""ATNet: encoder, attention transfer decoder, refinement."""

from functools import partial
from typing import Any

import keras
from keras import layers

from atnet.models.decoder import AlphaHead, AttentionTransferDecoder, OriginalDecoder
from atnet.models.encoders import build_encoder
from atnet.models.layers import NetworkInput
from atnet.models.refinement import OriginalRefinement, ResidualRefinement

DECODERS = ("attention_transfer", "light", "original", "original_winner")
_WIDTHS = {"light": 0.5}


@keras.saving.register_keras_serializable("atnet")
class ATNet(keras.Model):
    """Attention transfer network for natural image matting.

    Args:
        encoder: `vgg16`, `resnet50`, `mobilenet_v2` or `efficientnet_lite0`.
        decoder: `attention_transfer`, the project's own; `light`, the same with half the channels,
            refinement included; `original`, the released topology with additive fusion;
            `original_winner`, exactly as released, whose attention never learns.
        refinement: Whether the refinement network follows. Without it, `alpha` is the coarse alpha.

    Call arguments:
        inputs: Dict of `image`, `(B, H, W, 3)` RGB in [0, 1], and `trimap`, `(B, H, W, 1)` with 0
            background, 0.5 unknown and 1 foreground. H and W are multiples of 32.

    Returns:
        Dict of `coarse_alpha` and `alpha`, float32 `(B, H, W, 1)` in [0, 1].

    Raises:
        ValueError: Unknown encoder or decoder; a height or width that is no multiple of 32.

    Reference:
        Attention Transfer Network for Nature Image Matting.

    Example:
        >>> import numpy as np
        >>> model = ATNet("mobilenet_v2")
        >>> inputs = {"image": np.ones((1, 32, 64, 3)), "trimap": np.full((1, 32, 64, 1), 0.5)}
        >>> model.predict_on_batch(inputs)["alpha"].shape
        (1, 32, 64, 1)
    """

    def __init__(
        self,
        encoder: str = "vgg16",
        decoder: str = "attention_transfer",
        refinement: bool = True,
        **kwargs: Any,
    ):
        if decoder not in DECODERS:
            raise ValueError(f"decoder is {decoder!r}; allowed are {', '.join(DECODERS)}")
        original = decoder.startswith("original")
        width = _WIDTHS.get(decoder, 1.0)

        # === Layers ===
        encoder_model = build_encoder(encoder, pooled_skips=original, width=width)
        decode = _original_decoder(decoder) if original else _attention_transfer_decoder(width)
        refine = _original_refinement if original else partial(_residual_refinement, width)

        # === Functional model ===
        image = keras.Input((None, None, 3), name="image")
        trimap = keras.Input((None, None, 1), name="trimap")
        features = encoder_model(NetworkInput(name="network_input")(image, trimap))
        logit = decode(features)
        coarse_alpha = _sigmoid("coarse_alpha")(logit)
        alpha = refine(image, trimap, coarse_alpha, logit) if refinement else coarse_alpha
        super().__init__(
            inputs={"image": image, "trimap": trimap},
            outputs={"coarse_alpha": coarse_alpha, "alpha": alpha},
            **kwargs,
        )

        # === Config ===
        self.encoder = encoder
        self.decoder = decoder
        self.refinement = refinement

    def get_config(self):
        """Constructor arguments."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "encoder": self.encoder,
            "decoder": self.decoder,
            "refinement": self.refinement,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):  # noqa: ARG003  (Keras' signature)
        """Rebuilds the network from `get_config`."""
        return cls(**config)


def _sigmoid(name: str) -> layers.Layer:
    # float32 whatever the policy: bfloat16 has eight bits between 0 and 1, alpha needs more.
    return layers.Activation("sigmoid", dtype="float32", name=name)


def _attention_transfer_decoder(width: float):
    decoder = AttentionTransferDecoder(width, name="decoder")
    head = AlphaHead(round(64 * width), name="head")
    return lambda features: head(decoder(features))


def _original_decoder(name: str):
    return OriginalDecoder(winner=name == "original_winner", name="decoder")


def _residual_refinement(width: float, image, trimap, coarse_alpha, logit):
    refinement = ResidualRefinement(round(64 * width), name="refinement")
    residual = refinement(image, coarse_alpha, trimap)
    return _sigmoid("alpha")(layers.Add(dtype="float32", name="refined_logit")([logit, residual]))


def _original_refinement(image, trimap, coarse_alpha, logit):  # noqa: ARG001  (same signature)
    return _sigmoid("alpha")(OriginalRefinement(name="refinement")(image, coarse_alpha))

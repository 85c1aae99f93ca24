"""ATNet: encoder, attention transfer decoder, refinement."""

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
from keras import layers

from atnet.models.decoder import AlphaHead, AttentionTransferDecoder
from atnet.models.encoders import build_encoder
from atnet.models.layers import ATTENTION, NetworkInput
from atnet.models.original import OriginalDecoder
from atnet.models.refinement import OriginalRefinement, ResidualRefinement
from atnet.models.upsampling import UPSAMPLING

_WIDTHS = {"full": 1.0, "half": 0.5}
_ALLOWED = {
    "decoder": ("attention_transfer", "original"),
    "width": _WIDTHS,
    "fusion": ("add", "winner", "released"),
    "attention": ATTENTION,
    "upsampling": UPSAMPLING,
}
"""Names of parts, the default first."""
_OWNERS = {
    "width": "attention_transfer",
    "fusion": "original",
    "attention": "attention_transfer",
    "upsampling": "attention_transfer",
}
"""Decoders that have a choice of a part; others take the default."""
_FORMER_DECODERS = {
    "light": {"decoder": "attention_transfer", "width": "half"},
    "original_winner": {"decoder": "original", "fusion": "winner"},
}


@keras.saving.register_keras_serializable("atnet")
class ATNet(keras.Model):
    """Attention transfer network for natural image matting.

    Args:
        encoder: `vgg16`, `resnet50`, `mobilenet_v2` or `efficientnet_lite0`.
        decoder: `attention_transfer`, the project's own; `original`, the released topology.
        width: `full`, or `half` the channels in skips, decoder and refinement, which
            `attention_transfer` alone has.
        fusion: How the `original` decoder joins context and gated skip: `add`, or `winner`,
            exactly as released, whose attention never learns. `released` is `winner` behind the
            released network's own input too, for its weights.
        attention: Gates of `attention_transfer` on its skips: `full`, or for ablation `channel`,
            `spatial` or `none`.
        upsampling: What magnifies in `attention_transfer`: `scale_transfer`, or for ablation
            `bilinear` or `transposed` (convolution).
        refinement: Whether the refinement network follows. Without it, `alpha` is the coarse alpha.
        **kwargs: Keras' `name`, `trainable` and `dtype`, a policy such as `mixed_bfloat16`; by
            default the global one. Alpha is float32 under all.

    Call arguments:
        inputs: Dict of `image`, `(B, H, W, 3)` RGB in [0, 1], and `trimap`, `(B, H, W, 1)` with 0
            background, 0.5 unknown and 1 foreground. H and W are multiples of 32.

    Returns:
        Dict of `coarse_alpha` and `alpha`, float32 `(B, H, W, 1)` in [0, 1].

    Raises:
        TypeError: Unknown argument.
        ValueError: Unknown name of a part; one that the decoder does not have; a height or width of
            the input that is no multiple of 32.

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
        width: str = "full",
        fusion: str = "add",
        attention: str = "full",
        upsampling: str = "scale_transfer",
        refinement: bool = True,
        **kwargs: Any,
    ):
        parts = {
            "decoder": decoder,
            "width": width,
            "fusion": fusion,
            "attention": attention,
            "upsampling": upsampling,
        }
        _check_parts(parts)
        if unknown := sorted(kwargs.keys() - {"name", "trainable", "dtype"}):  # Keras drops them
            raise TypeError(f"ATNet takes no {', '.join(unknown)}")
        original = decoder == "original"
        factor = _WIDTHS[width]

        with _precision(kwargs.pop("dtype", None)):
            # === Layers ===
            encoder_model = build_encoder(encoder, pooled_skips=original, width=factor)
            decode = (
                _original_decoder(fusion)
                if original
                else _attention_transfer_decoder(factor, attention, upsampling)
            )
            refine = _original_refinement if original else partial(_residual_refinement, factor)

            # === Functional model ===
            image = keras.Input((None, None, 3), name="image")
            trimap = keras.Input((None, None, 1), name="trimap")
            network_input = NetworkInput(fusion == "released", name="network_input")
            features = encoder_model(network_input(image, trimap))
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
        self.width = width
        self.fusion = fusion
        self.attention = attention
        self.upsampling = upsampling
        self.refinement = refinement

    @classmethod
    def from_preset(cls, preset: str | Path) -> "ATNet":
        """Loads a shipped model, or any file of a network, with its weights.

        Args:
            preset: As `load_network` takes it: a shipped model's name, an `.onnx`, `.npz` or
                `.keras` file, a training run's folder.

        Returns:
            The network.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: Unknown preset, or the file holds no such network.

        Example:
            >>> ATNet.from_preset("atnet-lite").width
            'half'
        """
        from atnet.models.loading import load_network  # noqa: PLC0415  (built on this)

        return load_network(preset)

    def get_config(self):
        """Constructor arguments."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "encoder": self.encoder,
            "decoder": self.decoder,
            "width": self.width,
            "fusion": self.fusion,
            "attention": self.attention,
            "upsampling": self.upsampling,
            "refinement": self.refinement,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):  # noqa: ARG003  (Keras' signature)
        """Rebuilds the network from `get_config`."""
        return cls(**current_names(config))


def current_names(arguments: dict[str, Any]) -> dict[str, Any]:
    """Translates the arguments of networks saved before `width` and `fusion` had names.

    Args:
        arguments: Of `ATNet`, in the former or the present names.

    Returns:
        The same network's, in the present names.

    Example:
        >>> current_names({"encoder": "vgg16", "decoder": "light"})
        {'encoder': 'vgg16', 'decoder': 'attention_transfer', 'width': 'half'}
    """
    return {**arguments, **_FORMER_DECODERS.get(arguments.get("decoder", ""), {})}


@contextlib.contextmanager
def _precision(dtype: Any) -> Iterator[None]:
    """Sets the policy of the layers made inside: backbones of keras.applications take none."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(keras.dtype_policies.get(dtype))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _check_parts(parts: dict[str, str]) -> None:
    for name, value in parts.items():
        if value not in _ALLOWED[name]:
            raise ValueError(f"{name} is {value!r}; allowed are {', '.join(_ALLOWED[name])}")
    decoder = parts["decoder"]
    for name, owner in _OWNERS.items():
        plain = next(iter(_ALLOWED[name]))
        if parts[name] != plain and decoder != owner:
            raise ValueError(
                f"{name} is {parts[name]!r}, which decoder {decoder!r} does not have: "
                f"leave it {plain!r}, or take decoder {owner!r}"
            )


def _sigmoid(name: str) -> layers.Layer:
    # float32 whatever the policy: bfloat16 has eight bits between 0 and 1, alpha needs more.
    return layers.Activation("sigmoid", dtype="float32", name=name)


def _attention_transfer_decoder(factor: float, attention: str, upsampling: str):
    decoder = AttentionTransferDecoder(factor, attention, upsampling, name="decoder")
    head = AlphaHead(round(64 * factor), name="head")
    return lambda features: head(decoder(features))


def _original_decoder(fusion: str):
    return OriginalDecoder(winner=fusion != "add", name="decoder")


def _residual_refinement(factor: float, image, trimap, coarse_alpha, logit):
    refinement = ResidualRefinement(round(64 * factor), name="refinement")
    residual = refinement(image, coarse_alpha, trimap)
    return _sigmoid("alpha")(layers.Add(dtype="float32", name="refined_logit")([logit, residual]))


def _original_refinement(image, trimap, coarse_alpha, logit):  # noqa: ARG001  (same signature)
    return _sigmoid("alpha")(OriginalRefinement(name="refinement")(image, coarse_alpha))

"""Encoders on four channels (image and trimap): five skips and the coarsest feature.

Each backbone yields the features that enter and those that leave its five halvings of the
resolution. The project's decoder takes the entering ones (strides 1 to 16), the released ATNet
took the leaving ones (strides 2 to 32).
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

SKIP_CHANNELS = (64, 128, 256, 512, 512)
"""Channels of the skips of level 1 (finest) to 5, whatever the backbone."""

Features = list[Any]

_UNTRAINED: dict[str, Any] = {"include_top": False, "weights": None}


def build_encoder(name: str, pooled_skips: bool = False, width: float = 1.0) -> keras.Model:
    """Builds an encoder: four channels in, five skips and the coarsest feature out.

    Args:
        name: `vgg16`, `resnet50`, `mobilenet_v2` or `efficientnet_lite0`.
        pooled_skips: False gives skips at strides 1, 2, 4, 8, 16; True at 2, 4, 8, 16, 32, as in
            the released ATNet.
        width: Factor on the skips' channels; VGG16, which needs no projections, has its own.

    Returns:
        Model from `(B, H, W, 4)` to a dict: `level1` (finest) to `level5` with `SKIP_CHANNELS`
        times `width` channels, and `bottom` at stride 32 with the backbone's own number of
        channels. Backbones other than VGG16 reach those channels through linear 1x1 convolutions.

    Raises:
        ValueError: `name` is unknown.

    Example:
        >>> encoder = build_encoder("vgg16")
        >>> [encoder.output[f"level{n}"].shape[-1] for n in (1, 2, 3, 4, 5)]
        [64, 128, 256, 512, 512]
    """
    if name not in BACKBONES:
        raise ValueError(f"encoder is {name!r}; allowed are {', '.join(BACKBONES)}")
    inputs = keras.Input((None, None, 4), name="four_channels")
    entering, leaving = BACKBONES[name](inputs)
    skips = leaving if pooled_skips else entering
    if name != "vgg16":  # whose channels are SKIP_CHANNELS already
        skips = [
            layers.Conv2D(round(width * channels), 1, name=f"project{level}")(skip)
            for level, (skip, channels) in enumerate(zip(skips, SKIP_CHANNELS, strict=True), 1)
        ]
    outputs = {f"level{level}": skip for level, skip in enumerate(skips, start=1)}
    return keras.Model(inputs, {**outputs, "bottom": leaving[-1]}, name="encoder")


def _vgg16(x: Any) -> tuple[Features, Features]:
    """VGG16's thirteen convolutions (Simonyan & Zisserman 2015, configuration D)."""
    entering, leaving = [], []
    for block, (repeats, channels) in enumerate(
        zip((2, 2, 3, 3, 3), SKIP_CHANNELS, strict=True), start=1
    ):
        for conv in range(1, repeats + 1):
            x = layers.Conv2D(
                channels,
                3,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"block{block}_conv{conv}",
            )(x)
        entering.append(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        leaving.append(x)
    return entering, leaving


def _resnet50(x: Any) -> tuple[Features, Features]:
    """ResNet-50 (He et al. 2016)."""
    backbone = keras.applications.ResNet50(**_UNTRAINED, input_tensor=x)
    return _taps(
        x,
        backbone,
        "conv1_relu",
        "conv2_block3_out",
        "conv3_block4_out",
        "conv4_block6_out",
        "conv5_block3_out",
    )


def _mobilenet_v2(x: Any) -> tuple[Features, Features]:
    """MobileNetV2, width 1.0 (Sandler et al. 2018)."""
    backbone = keras.applications.MobileNetV2(**_UNTRAINED, input_tensor=x)
    return _taps(
        x,
        backbone,
        "expanded_conv_project_BN",
        "block_2_add",
        "block_5_add",
        "block_12_add",
        "block_16_project_BN",
    )


def _taps(x: Any, backbone: keras.Model, *names: str) -> tuple[Features, Features]:
    """The named layers leave the halvings; the input itself enters the first one."""
    leaving = [backbone.get_layer(name).output for name in names]
    return [x, *leaving[:-1]], leaving


# (repeats, kernel size, first stride, expansion, channels), Tan & Le 2019, table 1.
_LITE0_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def _efficientnet_lite0(x: Any) -> tuple[Features, Features]:
    """EfficientNet-Lite0: B0 without squeeze-and-excitation, with ReLU6."""
    stem = layers.Conv2D(32, 3, strides=2, use_bias=False, name="stem_conv")
    y = _norm(stem(_pad_to_halve(x, 3)), "stem", activate=True)
    leaving = []
    for stage, (repeats, kernel, first_stride, expansion, channels) in enumerate(_LITE0_STAGES):
        if first_stride == 2:
            leaving.append(y)
        for block in range(repeats):
            stride = first_stride if block == 0 else 1
            y = _inverted_residual(y, kernel, stride, expansion, channels, f"block{stage}_{block}")
    leaving.append(y)
    return [x, *leaving[:-1]], leaving


def _inverted_residual(
    x: Any, kernel: int, stride: int, expansion: int, channels: int, name: str
) -> Any:
    y = x
    if expansion > 1:
        y = layers.Conv2D(x.shape[-1] * expansion, 1, use_bias=False, name=f"{name}_expand")(y)
        y = _norm(y, f"{name}_expand", activate=True)
    if stride == 2:
        y = _pad_to_halve(y, kernel)
    padding = "same" if stride == 1 else "valid"
    y = layers.DepthwiseConv2D(
        kernel, strides=stride, padding=padding, use_bias=False, name=f"{name}_depthwise"
    )(y)
    y = _norm(y, f"{name}_depthwise", activate=True)
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(y)
    y = _norm(y, f"{name}_project", activate=False)
    if stride == 1 and x.shape[-1] == channels:
        y = layers.Add(name=f"{name}_add")([x, y])
    return y


def _pad_to_halve(x: Any, kernel: int) -> Any:
    """Pads even sizes as "same" does before a stride of 2.

    Spelt "same" it would be computed anew for each size, which the exporter takes minutes to trace.
    """
    after = kernel // 2
    return layers.ZeroPadding2D(((after - 1, after), (after - 1, after)))(x)


def _norm(x: Any, name: str, activate: bool) -> Any:
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if activate else x


BACKBONES: dict[str, Callable[[Any], tuple[Features, Features]]] = {
    "vgg16": _vgg16,
    "resnet50": _resnet50,
    "mobilenet_v2": _mobilenet_v2,
    "efficientnet_lite0": _efficientnet_lite0,
}

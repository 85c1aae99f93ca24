"""The released ATNet in plain Keras layers, with the names that it had.

Written from a description of its topology, apart from the network that the project builds of it.
"""

import h5py
import keras
from keras import layers, ops

from helpers import to_numpy

SKIPS = (64, 128, 256, 512, 512)


def build(encoder, refinement=True, size=64):
    """Blue, green, red and trimap in [0, 1] to alpha."""
    inputs = keras.Input((size, size, 4))
    skips = ENCODERS[encoder](inputs)
    x = skips[-1]
    if encoder != "vgg16":
        # The last one was made first; Keras names and sorts by that.
        skips = [layers.Conv2D(n, 1)(s) for n, s in zip(SKIPS[::-1], skips[::-1], strict=True)]
        skips.reverse()
    for level in (5, 4, 3, 2, 1):
        x = _module(x, skips[level - 1], level)
    x = layers.Conv2D(64, 5, padding="same", activation="relu", name="deconv1")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(1, 5, padding="same", activation="sigmoid", name="pred")(x)
    return keras.Model(inputs, _refine(inputs, x) if refinement else x)


def _module(x, skip, level):
    channels = SKIPS[level - 1]
    side = 1 if level == 5 else 5
    name = f"deconv{level + 1}"
    x = layers.Conv2D(channels, side, padding="same", activation="relu", name=name)(x)
    high = layers.BatchNormalization()(x)
    gate = layers.GlobalAveragePooling2D()(high)
    gate = layers.Reshape((1, 1, channels))(gate)
    gate = layers.Conv2D(channels, 1, activation="relu")(gate)
    gate = layers.BatchNormalization()(gate)
    x = Winner()([layers.multiply([skip, gate]), high])
    if level in (5, 1):
        x = layers.Conv2D(4 * channels, 1, use_bias=False)(x)
    return PixelShuffler()(x)


def _refine(inputs, alpha):
    x = layers.Concatenate()([Colours()(inputs), alpha])
    for _ in range(3):
        x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
        x = layers.BatchNormalization()(x)
    return layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="refinement_pred")(x)


class Winner(layers.Layer):
    def call(self, inputs):
        low, high = inputs
        return ops.where(low >= high, high, ops.zeros_like(high))

    def compute_output_shape(self, input_shape):
        return input_shape[1]


class PixelShuffler(layers.Layer):
    def call(self, inputs):
        _, height, width, channels = inputs.shape
        x = ops.reshape(inputs, (-1, height, width, 2, 2, channels // 4))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, 2 * height, 2 * width, channels // 4))


class Colours(layers.Layer):
    def call(self, inputs):
        return inputs[..., :3]


# === Encoders ===


def _vgg16(x):
    taps = []
    for block, (repeats, channels) in enumerate(zip((2, 2, 3, 3, 3), SKIPS, strict=True), 1):
        for n in range(1, repeats + 1):
            name = f"block{block}_conv{n}"
            x = layers.Conv2D(channels, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        taps.append(x)
    return taps


def _resnet50(x):
    """Normalisation has Keras 2's default epsilon of 1e-3, which Keras 3's ResNet50 has not."""
    x = layers.ZeroPadding2D(3)(x)
    x = layers.Conv2D(64, 7, strides=2, name="conv1")(x)
    x = layers.BatchNormalization(name="bn_conv1")(x)
    x = layers.Activation("relu")(x)
    taps = [x]
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for stage, blocks in ((2, "abc"), (3, "abcd"), (4, "abcdef"), (5, "abc")):
        for block in blocks:
            x = _bottleneck(x, stage, block)
        taps.append(x)
    return taps


def _bottleneck(x, stage, block):
    width = 2 ** (stage + 4)
    stride = 2 if block == "a" and stage > 2 else 1
    place = f"{stage}{block}_branch"

    def unit(y, branch, channels, side=1, stride=1):
        y = layers.Conv2D(
            channels, side, strides=stride, padding="same", name=f"res{place}{branch}"
        )(y)
        return layers.BatchNormalization(name=f"bn{place}{branch}")(y)

    y = layers.Activation("relu")(unit(x, "2a", width, stride=stride))
    y = layers.Activation("relu")(unit(y, "2b", width, side=3))
    y = unit(y, "2c", 4 * width)
    shortcut = unit(x, "1", 4 * width, stride=stride) if block == "a" else x
    return layers.Activation("relu")(layers.add([y, shortcut]))


def _mobilenet_v2(x):
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.Conv2D(32, 3, strides=2, use_bias=False, name="Conv1")(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization(name="bn_Conv1")(x))
    number, taps = 0, []
    stages = ((1, 16, 1), (2, 24, 2), (3, 32, 2), (4, 64, 2), (3, 96, 1), (3, 160, 2), (1, 320, 1))
    for repeats, channels, first in stages:
        for repeat in range(repeats):
            x = _inverted_residual(x, number, channels, first if repeat == 0 else 1)
            number += 1
        taps.append(x)
    return [taps[0], taps[1], taps[2], taps[4], taps[6]]


def _inverted_residual(x, number, channels, stride):
    name = f"block_{number}" if number else "expanded_conv"
    y = x
    if number:
        y = layers.Conv2D(6 * x.shape[-1], 1, use_bias=False, name=f"{name}_expand")(y)
        y = layers.ReLU(6.0)(layers.BatchNormalization(name=f"{name}_expand_BN")(y))
    if stride == 2:
        y = layers.ZeroPadding2D(((0, 1), (0, 1)))(y)
    padding = "same" if stride == 1 else "valid"
    y = layers.DepthwiseConv2D(
        3, strides=stride, padding=padding, use_bias=False, name=f"{name}_depthwise"
    )(y)
    y = layers.ReLU(6.0)(layers.BatchNormalization(name=f"{name}_depthwise_BN")(y))
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(y)
    y = layers.BatchNormalization(name=f"{name}_project_BN")(y)
    return layers.add([x, y]) if stride == 1 and x.shape[-1] == channels else y


ENCODERS = {"vgg16": _vgg16, "resnet50": _resnet50, "mobilenet_v2": _mobilenet_v2}


# === Files ===


def stored(model):
    """Layer, in the network's order, to name of weight, as Keras 2 has it, to array."""
    return {
        layer.name: {_stored_name(layer, weight): to_numpy(weight) for weight in layer.weights}
        for layer in model.layers
    }


def _stored_name(layer, weight):
    depthwise = isinstance(layer, layers.DepthwiseConv2D) and weight.name == "kernel"
    return f"{layer.name}/{'depthwise_' if depthwise else ''}{weight.name}:0"


def write(path, content, whole_model=False):
    """Writes what `stored` gives in Keras 2's layout; of a whole model the weights are a group."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole_model else file
        root.attrs["layer_names"] = [name.encode() for name in content]
        root.attrs["backend"], root.attrs["keras_version"] = b"tensorflow", b"2.2.4"
        for layer, weights in content.items():
            group = root.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in weights]
            for name, array in weights.items():
                group[name] = array

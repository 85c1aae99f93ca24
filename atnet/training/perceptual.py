"""VGG16's features of a composite, for the perceptual loss."""

from pathlib import Path
from typing import Any

import keras
from keras import layers

from atnet.models.pretrained import assign_arrays, vgg16_arrays

ops: Any = keras.ops  # whose inferred types say that most results may be None

FINE = ("block1_conv2", "block2_conv2", "block3_conv3")
"""What the project's own perceptual loss looks at, fine enough for strands and edges."""
RELEASED = ("block5_conv3",)
"""What the released ATNet looks at."""


class PerceptualFeatures:
    """VGG16's features of an image after the ReLU of some convolutions, frozen.

    By default the last convolutions of blocks 1, 2 and 3, at strides 1, 2 and 4: fine enough for
    the strands and edges at which matting errs. Deeper features answer to what an object is, which
    a slightly wrong alpha does not change, at a third of the cost again and four times the weights.
    Computed in float32 under any policy: what counts is the small difference of two large features.

    Args:
        source: Path of an `.npz` archive in VGG16's "caffe" convention, `imagenet` for the weights
            of `keras.applications`, or `random` for untrained ones.
        names: Convolutions, such as `block5_conv3`.
        preprocess: Scale and shift the image as VGG16 was trained. The released ATNet does not: it
            passes colours in [0, 1].

    Call arguments:
        image: `(B, H, W, 3)`, RGB in [0, 1].

    Returns:
        The features; by default `(B, H, W, 64)`, `(B, H/2, W/2, 128)` and `(B, H/4, W/4, 256)`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Arrays are missing or misshapen, all named.

    Reference:
        Johnson, Alahi, Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and
        Super-Resolution", ECCV 2016. The released ATNet takes block5_conv3 alone.
    """

    MEAN_BLUE_GREEN_RED = (103.939, 116.779, 123.68)

    def __init__(
        self, source: str | Path, names: tuple[str, ...] = FINE, preprocess: bool = True
    ) -> None:
        self._names = names
        self._network = _vgg16(names)
        self._preprocess = preprocess
        if source != "random":
            assign_arrays(self._network.weights, vgg16_arrays(source), source)

    def __call__(self, image: Any) -> list[Any]:
        """Computes the features."""
        blue_first = ops.flip(image, axis=-1)
        if self._preprocess:
            mean = ops.convert_to_tensor(self.MEAN_BLUE_GREEN_RED, dtype="float32")
            blue_first = 255.0 * blue_first - mean
        features = self._network(blue_first)
        return [features[name] for name in self._names]


def _vgg16(names: tuple[str, ...]) -> keras.Model:
    """The part of VGG16 that the named convolutions need; gives their results by name."""
    x = image = keras.Input((None, None, 3), dtype="float32")
    features = {}
    for block, (repeats, channels) in enumerate(
        ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), start=1
    ):
        for conv in range(1, repeats + 1):
            name = f"block{block}_conv{conv}"
            x = layers.Conv2D(
                channels, 3, padding="same", activation="relu", dtype="float32", name=name
            )(x)
            if name in names:
                features[name] = x
        x = layers.MaxPooling2D(2, dtype="float32")(x)
    network = keras.Model(image, features, name="vgg16_features")
    network.trainable = False
    return network

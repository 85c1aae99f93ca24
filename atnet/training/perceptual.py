"""VGG16's features of a composite, for the perceptual loss."""

from pathlib import Path
from typing import Any

import keras
from keras import layers

from atnet.models.pretrained import assign_arrays, vgg16_arrays

ops: Any = keras.ops  # whose inferred types say that most results may be None


class PerceptualFeatures:
    """VGG16's features of an image at three scales, frozen.

    The last convolution (after its ReLU) of blocks 1, 2 and 3, at strides 1, 2 and 4: fine enough
    for the strands and edges at which matting errs. Deeper features answer to what an object is,
    which a slightly wrong alpha does not change, at a third of the cost again and four times the
    weights. Computed in float32 under any policy: what counts is the small difference of two large
    features.

    Args:
        source: Path of an `.npz` archive in VGG16's "caffe" convention, `imagenet` for the weights
            of `keras.applications`, or `random` for untrained ones.

    Call arguments:
        image: `(B, H, W, 3)`, RGB in [0, 1].

    Returns:
        Three features, `(B, H, W, 64)`, `(B, H/2, W/2, 128)` and `(B, H/4, W/4, 256)`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Arrays are missing or misshapen, all named.

    Reference:
        Johnson, Alahi, Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and
        Super-Resolution", ECCV 2016. The released ATNet takes block5_conv3 alone.
    """

    MEAN_BLUE_GREEN_RED = (103.939, 116.779, 123.68)

    def __init__(self, source: str | Path) -> None:
        self._network = _first_blocks_of_vgg16()
        if source != "random":
            assign_arrays(self._network.weights, vgg16_arrays(source), source)

    def __call__(self, image: Any) -> list[Any]:
        """Applies VGG's own preprocessing and its first three blocks."""
        mean = ops.convert_to_tensor(self.MEAN_BLUE_GREEN_RED, dtype="float32")
        return self._network(255.0 * ops.flip(image, axis=-1) - mean)


def _first_blocks_of_vgg16() -> keras.Model:
    x = image = keras.Input((None, None, 3), dtype="float32")
    features = []
    for block, (repeats, channels) in enumerate(((2, 64), (2, 128), (3, 256)), start=1):
        if features:
            x = layers.MaxPooling2D(2, dtype="float32")(x)
        for conv in range(1, repeats + 1):
            name = f"block{block}_conv{conv}"
            x = layers.Conv2D(
                channels, 3, padding="same", activation="relu", dtype="float32", name=name
            )(x)
        features.append(x)
    network = keras.Model(image, features, name="vgg16_features")
    network.trainable = False
    return network

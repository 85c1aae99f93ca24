"""The batch normalisation of a network, wherever it lies."""

from typing import Any

import keras
from keras import layers


def normalisations(network: keras.Model) -> list[Any]:
    """Lists all batch normalisation of a network, also what lies inside of layers.

    Args:
        network: Built.

    Returns:
        The layers, `BatchNormalization`, in order.

    Example:
        >>> from atnet.models import ATNet
        >>> len(normalisations(ATNet("vgg16")))
        6
    """
    every: Any = network
    # Keras lists the layers of models alone, and ours lie within layers.
    return [
        layer for layer in every._flatten_layers() if isinstance(layer, layers.BatchNormalization)
    ]

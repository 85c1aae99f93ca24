"""Registers the encoder `small`, for tests that do not depend on the encoder: their time does."""

from keras import layers

from atnet.models.encoders import BACKBONES


def small(x):
    """One convolution a level."""
    entering, leaving = [], []
    for level in range(5):
        x = layers.Conv2D(8, 3, padding="same", activation="relu", name=f"conv{level}")(x)
        entering.append(x)
        x = layers.MaxPooling2D(2, name=f"pool{level}")(x)
        leaving.append(x)
    return entering, leaving


BACKBONES["small"] = small
NAME = "small"

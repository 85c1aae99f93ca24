"""Scales for the layers of VGG16, which has no normalisation of its own."""

from typing import Any

import keras
import numpy as np
from keras import layers

ops: Any = keras.ops  # whose inferred types say that most results may be None


def noise_images(count: int = 4, size: int = 128, seed: int = 0) -> np.ndarray:
    """Draws smooth noise that varies as photographs do, the default to measure deviations on.

    Amplitudes fall with frequency to the power of 1.4, the colours correlate by 0.75 and vary by
    one, about as in web photographs. Phases are random, so there are no edges: on photographs,
    convolutions scaled by this noise vary by 0.5 to 0.9 instead of 1.

    Args:
        count: Number of images.
        size: Height and width in pixels.
        seed: Of the noise.

    Returns:
        Network inputs, float32 `(count, size, size, 4)`; the fourth channel is 0: unknown.

    Source:
        Field, "Relations between the statistics of natural images and the response properties of
        cortical cells", Journal of the Optical Society of America A 4 (12), 1987.

    Example:
        >>> noise_images(2, 32).shape
        (2, 32, 32, 4)
    """
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    frequency[0, 0] = np.inf  # no constant part: the mean colour is already subtracted
    white = np.random.default_rng(seed).normal(size=(count, 4, size, size))
    noise = np.fft.irfft2(np.fft.rfft2(white) / frequency**1.4, s=(size, size))
    noise /= noise.std(axis=(2, 3), keepdims=True)
    brightness, tints = noise[:, :1], noise[:, 1:]
    images = np.zeros((count, size, size, 4), "float32")
    images[..., :3] = np.moveaxis(np.sqrt(0.75) * brightness + 0.5 * tints, 1, -1)
    return images


def with_unit_deviations(
    encoder: keras.Model, arrays: dict[str, np.ndarray], images: np.ndarray
) -> dict[str, np.ndarray]:
    """Scales VGG16 so that every convolution's output has a standard deviation of one.

    A convolution whose input is s times the original one gives s times the original output if its
    bias is multiplied by s, and ReLU and pooling keep positive factors: a feature changes by a
    constant only.

    Args:
        encoder: A chain of biased 3x3 convolutions, each followed by ReLU, and pooling.
        arrays: Kernels and biases by name, such as `block1_conv1/kernel`.
        images: Inputs that the deviations are measured on, over images, places and channels,
            `(N, H, W, 4)`, H and W at least 32.

    Returns:
        Scaled kernels and biases.

    Raises:
        ValueError: Images of another shape; a convolution's output does not vary.
    """
    _check_images(images)
    scaled = dict(arrays)
    scale, x = 1.0, ops.convert_to_tensor(images, dtype="float32")
    for layer in encoder.layers:
        if isinstance(layer, layers.MaxPooling2D):
            x = ops.max_pool(x, layer.pool_size, layer.strides)
        if not isinstance(layer, layers.Conv2D):
            continue
        names = f"{layer.name}/kernel", f"{layer.name}/bias"
        kernel, bias = (scaled[name].astype("float32") for name in names)
        y = ops.add(ops.conv(x, kernel, padding="same"), scale * bias)
        deviation = float(ops.std(y))
        if not deviation > 1e-5 * float(ops.max(ops.abs(y))):  # no more than rounding
            raise ValueError(f"{layer.name} gives a constant; check the weights and calibration")
        scaled[names[0]], scaled[names[1]] = kernel / deviation, scale * bias / deviation
        scale, x = scale / deviation, ops.relu(y / deviation)
    return scaled


def _check_images(images: np.ndarray) -> None:
    if images.ndim != 4 or images.shape[3] != 4 or not len(images) or min(images.shape[1:3]) < 32:
        raise ValueError(
            f"calibration is {images.shape}; expected network inputs (N, H, W, 4) with H and W "
            "at least 32"
        )

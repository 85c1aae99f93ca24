"""The blocks of the paper in plain NumPy, written from their formulas."""

import numpy as np

NO_BIAS = np.zeros(1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def conv(x, kernel, bias=NO_BIAS):
    """Stride 1, zero padding, `(B, H, W, C)` and `(h, w, C, D)`."""
    size = kernel.shape[0]
    padded = np.pad(x, ((0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)))
    height, width = x.shape[1:3]
    total = np.zeros((*x.shape[:3], kernel.shape[3])) + bias
    for row in range(size):
        for column in range(size):
            window = padded[:, row : row + height, column : column + width]
            total += window @ kernel[row, column]
    return total


def depth_to_space(x):
    """Channel 2 * row + column of each group of four becomes the pixel (row, column)."""
    batch, height, width, channels = x.shape
    result = np.zeros((batch, 2 * height, 2 * width, channels // 4))
    for row in (0, 1):
        for column in (0, 1):
            first = (2 * row + column) * (channels // 4)
            result[:, row::2, column::2] = x[..., first : first + channels // 4]
    return result


def batch_norm(x, gamma, beta, mean, variance, epsilon):
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def feature_attention(context, skip, w):
    mean_context = context.mean(axis=(1, 2), keepdims=True)
    channels = sigmoid(conv(mean_context, w["channel_gate/kernel"], w["channel_gate/bias"]))
    places = sigmoid(conv(context, w["spatial_gate/kernel"], w["spatial_gate/bias"]))
    return skip * channels * places


def attention_transfer(x, skip, w):
    context = depth_to_space(conv(x, w["expand/kernel"]))
    fused = conv(
        np.concatenate([context, feature_attention(context, skip, w)], axis=-1), w["fuse/kernel"]
    )
    normalised = batch_norm(
        fused,
        w["fuse_bn/gamma"],
        w["fuse_bn/beta"],
        w["fuse_bn/moving_mean"],
        w["fuse_bn/moving_variance"],
        1e-5,
    )
    return np.maximum(normalised, 0)

"""Burt & Adelson's pyramid in plain NumPy, written from the paper, one `(H, W)` image at a time."""

import numpy as np

KERNEL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def blur(padded):
    height, width = padded.shape[0] - 4, padded.shape[1] - 4
    total = np.zeros((height, width))
    for row in range(5):
        for column in range(5):
            total += KERNEL[row, column] * padded[row : row + height, column : column + width]
    return total


def reduce(image):
    return blur(np.pad(image, 2, mode="edge"))[::2, ::2]


def expand(image):
    padded = np.pad(image, 1, mode="edge")
    spread = np.zeros((2 * padded.shape[0], 2 * padded.shape[1]))
    spread[::2, ::2] = padded
    return 4 * blur(spread)


def pyramid(image, levels):
    if levels == 1:
        return [image]
    low_pass = reduce(image)
    return [image - expand(low_pass), *pyramid(low_pass, levels - 1)]


def collapse(levels):
    image = levels[-1]
    for band in reversed(levels[:-1]):
        image = band + expand(image)
    return image

"""A small training set on disk: soft discs of many colours, and noise to put them on."""

import numpy as np

from scene_files import save, soft_disc


def random(seed=0):
    return np.random.default_rng(seed)


def grey(value, size=(64, 64)):
    return np.full((*size, 3), value, np.uint8)


def noise(seed, height, width):
    return random(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def write_training_set(folder, count=5, size=(72, 80), suffix=""):
    """Foregrounds of a data set in the original's layout."""
    for number in range(count):
        save(folder / f"fg{suffix}" / f"disc{number}.png", noise(number, *size))
        save(folder / f"mask{suffix}" / f"disc{number}.png", soft_disc(size, 12 + 4 * number))
    return folder


def write_backgrounds(folder, count=4, size=(60, 90)):
    for number in range(count):
        save(folder / f"photo{number}.jpg", noise(100 + number, *size))
    return folder

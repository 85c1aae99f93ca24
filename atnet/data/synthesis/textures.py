"""Colours for foregrounds: noise, palettes, crops of photographs, light."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from atnet.arrays import resized
from atnet.files.images import read_image

Texture = Callable[[np.random.Generator, int], np.ndarray]
"""Makes float32 `(size, size, 3)` in [0, 1] from a generator and a size."""


def noise(rng: np.random.Generator, size: int, cells: int, roughness: float = 0.55) -> np.ndarray:
    """Makes smooth random values `(size, size)`; `noise_field` of as many cells on both axes."""
    return noise_field(rng, (size, size), (cells, cells), roughness)


def noise_field(
    rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int], roughness: float
) -> np.ndarray:
    """Makes smooth random values: noise that is enlarged and joined by finer noise, in turns.

    Args:
        rng: Source of randomness.
        shape: Height and width in pixels.
        cells: Cells of the coarsest octave, down and across.
        roughness: Strength of each octave relative to the coarser one before.

    Returns:
        float32 `(height, width)`, stretched to [0, 1].
    """
    height, width = shape
    rows, columns = cells
    total, strength = rng.standard_normal(cells, np.float32), 1.0
    while 2 * rows <= height and 2 * columns <= width and strength > 0.02:
        rows, columns, strength = 2 * rows, 2 * columns, strength * roughness
        finer = strength * rng.standard_normal((rows, columns), np.float32)
        total = cv2.resize(total, (columns, rows), interpolation=cv2.INTER_CUBIC) + finer
    total = cv2.resize(total, (width, height), interpolation=cv2.INTER_CUBIC)
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-6)


def colour(rng: np.random.Generator) -> np.ndarray:
    """Draws a colour as things have them: often brown or sandy, seldom garish, any brightness."""
    hue = rng.uniform(12, 50) if rng.random() < 0.5 else rng.uniform(0, 360)
    value = 255 * rng.uniform(0.15, 1)
    saturation = 255 * rng.beta(1.3, 2)
    pixel = np.array([[[hue / 2, saturation, value]]]).astype(np.uint8)
    return cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32) / 255


def varied(
    rng: np.random.Generator, base: np.ndarray, count: int, amount: float = 0.15
) -> np.ndarray:
    """Draws `(count, 3)` colours near one, lighter and darker and a little of other hue."""
    light = np.exp(amount * rng.standard_normal((count, 1)))
    return np.clip(base * light + 0.2 * amount * rng.standard_normal((count, 3)), 0, 1)


def procedural(rng: np.random.Generator, size: int) -> np.ndarray:
    """Makes a texture of noise, stripes or spots in a few colours.

    Args:
        rng: Source of randomness.
        size: Side in pixels.

    Returns:
        float32 `(size, size, 3)` in [0, 1].
    """
    value = noise(rng, size, int(rng.integers(2, 7)))
    pattern = rng.choice(["clouds", "clouds", "stripes", "spots"])
    if pattern == "stripes":
        angle, number = rng.uniform(0, np.pi), rng.uniform(4, 16)
        y, x = np.mgrid[:size, :size].astype(np.float32) / size
        value = 0.5 + 0.5 * np.sin(
            2 * np.pi * number * (x * np.cos(angle) + y * np.sin(angle) + 0.25 * value)
        )
    elif pattern == "spots":
        value = np.clip(8 * (noise(rng, size, int(rng.integers(8, 24)), 0.3) - 0.5) + 0.5, 0, 1)
    colours = varied(rng, colour(rng), 3, 0.35)
    if rng.random() < 0.3:
        colours[rng.integers(3)] = colour(rng)
    stops = np.linspace(0, 1, len(colours))
    painted = np.stack([np.interp(value, stops, colours[:, c]) for c in range(3)], -1)
    grain = 0.9 + 0.2 * noise(rng, size, max(2, size // 16))
    return np.clip(painted * grain[..., None], 0, 1).astype(np.float32)


def from_photographs(paths: Sequence[Path]) -> Texture:
    """Makes a texture that crops photographs, and at times tones or draws one instead.

    Args:
        paths: Image files, at least one.

    Returns:
        The texture.
    """

    def texture(rng: np.random.Generator, size: int) -> np.ndarray:
        if rng.random() < 0.2:
            return procedural(rng, size)
        crop = _crop(rng, read_image(paths[int(rng.integers(len(paths)))]), size)
        if rng.random() < 0.3:  # one hue, as of animals and cloth
            crop = crop.mean(axis=2, keepdims=True) * (0.4 + 0.8 * colour(rng))
        return np.clip(crop, 0, 1)

    return texture


def light(rng: np.random.Generator, size: int, contrast: float = 0.4) -> np.ndarray:
    """Makes soft light from one side: float32 `(size, size)` around 1."""
    angle = rng.uniform(-np.pi, 0)  # from above
    y, x = np.mgrid[:size, :size].astype(np.float32) / size - 0.5
    ramp = x * np.cos(angle) + y * np.sin(angle)
    return 1 + contrast * (ramp + 0.3 * (noise(rng, size, 2) - 0.5))


def look_up(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Reads a picture `(size, size, ...)` at points `(..., 2)` in shares of its side."""
    size = len(field)
    column, row = np.clip((np.asarray(points) * size).astype(int), 0, size - 1).T
    return field[row.T, column.T]


def _crop(rng: np.random.Generator, photograph: np.ndarray, size: int) -> np.ndarray:
    height, width = photograph.shape[:2]
    side = int(min(height, width) * rng.uniform(0.6, 1))
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    part = photograph[top : top + side, left : left + side]
    return resized(part, size, size)

"""Feathers: barbs on both sides of a shaft, split here and there, downy at the foot."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import grow, rotated, smooth, thick
from atnet.data.synthesis.textures import Texture, light, varied

_STEPS = 8


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one to three feathers."""
    canvas = Canvas(size)
    for _ in range(rng.integers(1, 4)):
        bands = texture(rng, 64).mean(1)
        _feather(rng, canvas, bands)
    return canvas.layer().tinted(light(rng, size, 0.6))


def _feather(rng: np.random.Generator, canvas: Canvas, bands: np.ndarray) -> None:
    length, turn = rng.uniform(0.6, 0.85), rng.uniform(0, 2 * np.pi)
    along = np.linspace(-0.5, 0.5, 5) * length
    spine = np.stack([along, rng.uniform(-0.12, 0.12) * np.cos(3 * along / length)], 1)
    shaft = rng.uniform(0.42, 0.58, 2) + rotated(smooth(spine, 240), turn)
    angles = np.arctan2(*np.gradient(shaft, axis=0).T[::-1])
    width = rng.uniform(0.07, 0.15)
    for side in (-1, 1):
        _vane(rng, canvas, shaft, angles, side * width * rng.uniform(0.7, 1), bands)
    quill = thick(shaft, np.linspace(0.009, 0.0015, len(shaft)))
    canvas.polygon(quill, varied(rng, np.array([0.8, 0.74, 0.62]), 1, 0.2)[0])


def _vane(
    rng: np.random.Generator,
    canvas: Canvas,
    shaft: np.ndarray,
    angles: np.ndarray,
    width: float,
    bands: np.ndarray,
) -> None:
    count, side = 900, np.sign(width)
    place = np.sort(rng.uniform(0.14, 1, count))
    index = np.minimum((place * len(shaft)).astype(int), len(shaft) - 1)
    # Barbs cling together between splits; each group leans a little differently.
    splits = np.sort(rng.uniform(0.14, 1, rng.integers(2, 9)))
    lean = rng.normal(0, 0.09, len(splits) + 1)[np.searchsorted(splits, place)]
    down = np.clip((0.32 - place) / 0.15, 0, 1)
    rise = np.clip((place - 0.1) / 0.3, 0.15, 1) ** 0.6
    lengths = abs(width) * 1.25 * rise * np.clip((1.03 - place) / 0.3, 0, 1) ** 0.5
    lengths *= 1 + (0.02 + 0.25 * down) * rng.standard_normal(count)
    start = angles[index] + side * (0.85 + lean + 0.5 * down * rng.standard_normal(count))
    turns = np.tile(-side * np.linspace(0, 0.12, _STEPS), (count, 1))
    turns += (0.25 * down)[:, None] * rng.standard_normal((count, _STEPS))
    tone = bands[(place * (len(bands) - 1)).astype(int)] * rng.uniform(0.85, 1.12, (count, 1))
    tone = np.clip(tone + 0.3 * down[:, None] * (0.85 - tone), 0, 1)
    curves = grow(shaft[index], start, np.abs(lengths) + 0.003, turns)
    canvas.strands(curves, np.where(down > 0, 0.0012, 0.0034), tone)

"""Single strands: tufts of grass, loose threads, whiskers and wires."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import bend_towards, grow
from atnet.data.synthesis.textures import Texture, light, varied

_STEPS = 24


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws a tuft that rises from the ground, or threads that cross the image."""
    canvas = Canvas(size)
    tone = texture(rng, 8).mean((0, 1))
    if rng.random() < 0.5:
        _tuft(rng, canvas, tone)
    else:
        for _ in range(rng.integers(1, 4)):
            _threads(rng, canvas, varied(rng, tone, 1, 0.4)[0])
    return canvas.layer().tinted(light(rng, size, 0.8))


def _tuft(rng: np.random.Generator, canvas: Canvas, tone: np.ndarray) -> None:
    count = int(rng.integers(60, 260))
    # From dark green over yellow green to straw; seldom another, as of dyed or of dark grass.
    dry = rng.uniform(0, 1) ** 1.5
    grass = rng.uniform(0.55, 1.2) * np.array(
        [0.32 + 0.4 * dry, 0.48 + 0.12 * dry, 0.18 + 0.2 * dry]
    )
    tone = grass if rng.random() < 0.9 else tone
    spread = rng.uniform(0.02, 0.2)
    roots = np.stack([0.5 + spread * rng.standard_normal(count), np.full(count, 1.0)], 1)
    angles = -np.pi / 2 + 2 * (roots[:, 0] - 0.5) + 0.2 * rng.standard_normal(count)
    lengths = rng.uniform(0.35, 0.95, count)
    turns = bend_towards(angles, np.pi / 2, rng.uniform(0, 0.5, count), _STEPS)
    widths = rng.uniform(0.003, 0.012) * np.exp(0.4 * rng.standard_normal(count))
    order = np.argsort(-lengths, kind="stable")
    curves = grow(roots, angles, lengths, turns)[order]
    shades = varied(rng, tone, count, 0.3)
    canvas.strands(curves, widths[order], shades)
    midrib = np.clip(shades * 1.25, 0, 1)
    canvas.strands(curves[::2], 0.3 * widths[order][::2], midrib[::2])


def _threads(rng: np.random.Generator, canvas: Canvas, tone: np.ndarray) -> None:
    """A bundle: lines of like shape, side by side, that stray from each other."""
    count = int(rng.integers(4, 28))
    start, heading = rng.uniform(0.05, 0.95, 2), rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.6:
        heading = np.arctan2(*(0.5 - start)[::-1]) + rng.normal(0, 0.4)
    common = rng.uniform(0.02, 0.25) * rng.standard_normal(_STEPS)
    turns = common + rng.uniform(0.005, 0.1) * rng.standard_normal((count, _STEPS))
    roots = start + rng.uniform(0.002, 0.06) * rng.standard_normal((count, 2))
    lengths = rng.uniform(0.5, 1.2, count)
    curves = grow(roots, heading + 0.1 * rng.standard_normal(count), lengths, turns)
    width = rng.uniform(0.001, 0.006)
    for curve, shade in zip(curves, varied(rng, tone, count, 0.2), strict=True):
        canvas.line(curve, width, shade * 0.7)
        canvas.line(curve - 0.15 * width, 0.4 * width, shade)

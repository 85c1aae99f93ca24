"""Glass: bottles, bulbs and goblets, clear in the middle and dense at the rim."""

from itertools import pairwise

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer, coverage, over
from atnet.data.synthesis.shapes import smooth
from atnet.data.synthesis.textures import Texture, colour, light, noise

# Half widths from top to foot, and where the opaque part (cork, cap, screw base) begins and ends.
_PROFILES = {
    "bottle": ([0.28, 0.28, 0.26, 0.27, 0.45, 0.92, 1, 1, 1, 1, 0.96, 0.9], (0.0, 0.09)),
    "bulb": ([0.05, 0.55, 0.85, 0.99, 1, 0.93, 0.78, 0.58, 0.44, 0.4, 0.4, 0.3], (0.78, 1.0)),
    "goblet": ([0.8, 0.92, 1, 0.98, 0.85, 0.5, 0.1, 0.07, 0.07, 0.12, 0.5, 0.75], (0.0, 0.0)),
    "jar": ([0.75, 0.75, 0.78, 0.95, 1, 1, 1, 1, 1, 1, 0.98, 0.9], (0.0, 0.12)),
}


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one vessel, perhaps with something to drink in it."""
    widths, lid = _PROFILES[rng.choice(list(_PROFILES))]
    top, bottom = rng.uniform(0.08, 0.18), rng.uniform(0.82, 0.94)
    middle, half = rng.uniform(0.45, 0.55), rng.uniform(0.14, 0.24)
    knots = np.stack([np.linspace(0, 1, len(widths)), np.array(widths)], 1)
    level, radius = smooth(knots, 300).T
    radius = np.clip(radius * half, 0.004, None)
    row, column = (np.mgrid[:size, :size].astype(np.float32) + 0.5) / size
    height = (row - top) / (bottom - top)
    side = np.clip((column - middle) / np.interp(height, level, radius), -1, 1)
    drink = lid[1] > 0 and rng.random() < 0.45  # a goblet would be filled down to its foot
    body = _body(rng, height, side, drink=drink)
    y = top + level * (bottom - top)
    outline = np.stack([np.r_[middle + radius, middle - radius[::-1]], np.r_[y, y[::-1]]], 1)
    glass = body.faded(coverage(outline, size))
    if lid[1] == 0:
        return glass
    part = (level >= lid[0]) & (level <= lid[1])
    return over(_lid(rng, size, texture, middle, radius[part] * 1.06, y[part]), glass)


def _body(rng: np.random.Generator, height: np.ndarray, side: np.ndarray, *, drink: bool) -> Layer:
    size = len(side)
    facing = np.sqrt(np.clip(1 - side**2, 0, 1))  # 1 where the surface faces the eye
    rim = (1 - facing) ** rng.uniform(1, 2.5)  # as reflection grows at grazing angles
    ripple = noise(rng, size, 4)
    tone = np.full(3, rng.uniform(0.5, 0.95)) if rng.random() < 0.5 else colour(rng)
    alpha = rng.uniform(0.03, 0.35) + rng.uniform(0.4, 0.9) * rim + 0.06 * ripple
    painted = tone * (1.05 - 0.55 * rim[..., None])
    if drink:
        full = np.clip((height - rng.uniform(0.3, 0.6)) * size / 2, 0, 1)
        liquid = colour(rng) * (0.75 + 0.4 * facing[..., None])
        alpha += full * (1 - alpha) * rng.uniform(0.3, 0.9)
        painted = painted + full[..., None] * (liquid - painted)
    shine = np.zeros_like(alpha)
    for place in rng.uniform(-0.85, 0.85, rng.integers(1, 4)):
        wide, start = rng.uniform(0.02, 0.12), rng.uniform(0.05, 0.4)
        along = np.clip(12 * (height - start), 0, 1) * np.clip(12 * (0.92 - height), 0, 1)
        streak = np.exp(-(((side - place - 0.05 * (ripple - 0.5)) / wide) ** 2)) * along
        shine = np.maximum(shine, streak * rng.uniform(0.4, 1))
    alpha = np.clip(alpha, 0, 1)
    alpha, shine = alpha + shine * (1 - alpha), shine[..., None]
    painted = np.clip(painted + shine * (1 - painted), 0, 1)
    return Layer(painted.astype(np.float32), np.clip(alpha, 0, 1).astype(np.float32))


def _lid(
    rng: np.random.Generator,
    size: int,
    texture: Texture,
    middle: float,
    radius: np.ndarray,
    y: np.ndarray,
) -> Layer:
    """An opaque part, in upright stripes from dark over light to dark, as round things are."""
    canvas, tone = Canvas(size), colour(rng)
    edges = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 25))
    for left, right in pairwise(edges):
        bright = 0.35 + 0.8 * np.exp(-((((left + right) / 2 + 0.35) / 0.45) ** 2))
        x = np.r_[middle + left * radius, (middle + right * radius)[::-1]]
        canvas.polygon(np.stack([x, np.r_[y, y[::-1]]], 1), np.clip(tone * bright, 0, 1))
    surface = 0.7 + 0.6 * texture(rng, size).mean(2)
    return canvas.layer().tinted(surface * light(rng, size, 0.3))

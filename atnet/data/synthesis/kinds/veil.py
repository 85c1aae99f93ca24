"""Veils: translucent cloth that is denser where it folds and at its hem."""

import numpy as np

from atnet.data.synthesis.raster import Layer, coverage
from atnet.data.synthesis.shapes import smooth
from atnet.data.synthesis.textures import Texture, colour, light, noise


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one hanging piece of cloth."""
    del texture  # a veil has one colour
    y, x = np.mgrid[:size, :size].astype(np.float32) / size
    outline = _outline(rng)
    inside = coverage(outline, size)
    waver = noise(rng, size, 2, 0.25)
    count = rng.uniform(5, 14)
    # Folds run from a gathered top and spread below.
    across = (x - 0.5) / (0.35 + 0.9 * y) + 0.1 * (waver - 0.5)
    phase = 2 * np.pi * count * across
    height = np.sin(phase) + 0.5 * np.sin(2.3 * phase + 2 * waver)
    slope = np.cos(phase) + 1.15 * np.cos(2.3 * phase + 2 * waver)
    steep = rng.uniform(0.4, 1.6)
    # A ray crosses cloth that is seen at an angle over a longer way.
    clear = 1 - rng.uniform(0.12, 0.5)
    alpha = 1 - clear ** np.sqrt(1 + (steep * slope) ** 2)
    inner = coverage(0.5 + (outline - 0.5) * 0.97, size)
    hem = inside * (1 - inner) * rng.uniform(0.1, 0.6)
    alpha = np.clip(inside * alpha + hem * (1 - alpha), 0, 1)
    tone = np.full(3, rng.uniform(0.8, 1)) if rng.random() < 0.6 else colour(rng)
    shade = (0.85 + 0.12 * slope / 2 + 0.08 * height) * light(rng, size, 0.3)
    painted = np.clip(tone * shade[..., None], 0, 1)
    return Layer(painted.astype(np.float32), alpha.astype(np.float32))


def _outline(rng: np.random.Generator) -> np.ndarray:
    top, bottom = rng.uniform(0.08, 0.2), rng.uniform(0.75, 0.92)
    gathered, spread = rng.uniform(0.1, 0.3), rng.uniform(0.25, 0.42)
    lean = rng.uniform(-0.1, 0.1)
    across = np.linspace(1, -1, 12)
    hem = np.stack([0.5 + lean + spread * across, bottom + rng.normal(0, 0.02, 12)], 1)
    left, right = ([0.5 + side * gathered, top] for side in (-1, 1))
    waist = 0.5 * (gathered + spread) * rng.uniform(0.75, 1.05)
    level = 0.5 * (top + bottom)
    right_side = np.array([right, [0.5 + lean / 2 + waist, level], hem[0]])
    left_side = np.array([hem[-1], [0.5 + lean / 2 - waist, level], left])
    return np.concatenate([smooth(right_side, 30), smooth(hem, 120), smooth(left_side, 30)])

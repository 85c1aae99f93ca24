"""Smoke, steam and mist: turbulent and soft, nowhere quite opaque."""

import cv2
import numpy as np

from atnet.data.synthesis.raster import Layer
from atnet.data.synthesis.textures import Texture, colour, noise


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one plume that rises and widens."""
    del texture  # smoke has one colour
    y, x = np.mgrid[:size, :size].astype(np.float32) / size
    rise = 1 - y
    drift = rng.uniform(-0.3, 0.3) * rise**2 + 0.25 * rise * (noise(rng, size, 3) - 0.5)
    width = rng.uniform(0.03, 0.08) + rng.uniform(0.1, 0.28) * rise ** rng.uniform(0.6, 1.2)
    plume = np.exp(-(((x - rng.uniform(0.4, 0.6) - drift) / width) ** 2))
    ends = np.clip(4 * (0.97 - y), 0, 1) * np.clip(rng.uniform(3, 6) * (y - 0.04), 0, 1)
    density = np.clip(plume * ends * (rng.uniform(0, 0.15) + _wisps(rng, size)) - 0.02, 0, None)
    # Thick or thin, but never too thin to be seen: the densest parts' alpha is what is drawn.
    dense = -np.log(1 - rng.uniform(0.55, 0.97)) / max(float(np.quantile(density, 0.97)), 1e-3)
    alpha = 1 - np.exp(-dense * density)
    tone = np.full(3, rng.uniform(0.55, 1)) if rng.random() < 0.7 else colour(rng)
    shade = 0.8 + 0.3 * noise(rng, size, 4)
    painted = np.clip(tone * shade[..., None], 0, 1)
    return Layer(painted.astype(np.float32), np.clip(alpha, 0, 1).astype(np.float32))


def _wisps(rng: np.random.Generator, size: int) -> np.ndarray:
    """Noise folded along its own currents, so that it curls and streaks."""
    column, row = np.meshgrid(*[np.arange(size, dtype=np.float32)] * 2)
    pattern = noise(rng, size, 4, 0.42)
    for cells, strength in ((2, 0.12), (4, 0.06), (8, 0.02)):
        stream = noise(rng, size, cells, 0.25)
        down, right = np.gradient(stream)
        turn = strength * size * size / cells
        pattern = cv2.remap(
            pattern,
            column + turn * down.astype(np.float32),
            row - turn * right.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
    return np.clip((pattern - 0.25) * rng.uniform(1.2, 2.2), 0, 1.5) ** rng.uniform(1, 1.8)

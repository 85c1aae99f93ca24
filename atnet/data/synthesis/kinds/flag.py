"""Flags and other flat things with a pattern: waving cloth on a pole."""

import cv2
import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer, coverage, over
from atnet.data.synthesis.shapes import thick
from atnet.data.synthesis.textures import Texture, colour, light, noise


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one flag."""
    pole, top = rng.uniform(0.1, 0.22), rng.uniform(0.1, 0.25)
    width, height = rng.uniform(0.5, 0.75), rng.uniform(0.28, 0.5)
    x = np.linspace(0, 1, 80)
    depth, waves, phase = rng.uniform(0.01, 0.06), rng.uniform(1, 3), rng.uniform(0, 7)
    droop = rng.uniform(-0.05, 0.15)

    def wave(share: np.ndarray) -> np.ndarray:
        swing = np.sin(2 * np.pi * waves * share + phase) - np.sin(phase)
        return droop * share**2 + depth * np.sqrt(share) * swing

    upper = np.stack([pole + width * x, top + wave(x)], 1)
    lower = np.stack([pole + width * x, top + height + wave(x)], 1)
    row, column = np.mgrid[:size, :size].astype(np.float32) / size
    share = np.clip((column - pole) / width, 0, 1)
    level = (row - top - wave(share)) / height
    cloth = cv2.remap(
        _pattern(rng, size, texture),
        (share * (size - 1)).astype(np.float32),
        (np.clip(level, 0, 1) * (size - 1)).astype(np.float32),
        cv2.INTER_LINEAR,
    )
    lean = np.cos(2 * np.pi * waves * share + phase + 0.8 * level)
    weave = 0.95 + 0.1 * noise(rng, size, max(2, size // 8))
    shade = (1 + rng.uniform(0.1, 0.35) * lean) * weave * light(rng, size, 0.3)
    outline = np.concatenate([upper, lower[::-1]])
    flag = Layer(np.clip(cloth * shade[..., None], 0, 1), coverage(outline, size))
    if rng.random() < 0.3:
        flag = flag.faded(rng.uniform(0.75, 0.97))  # thin cloth lets light through
    return over(_pole(rng, size, pole, top), flag)


def _pattern(rng: np.random.Generator, size: int, texture: Texture) -> np.ndarray:
    """Stripes or a cross in clear colours, or any texture."""
    if rng.random() < 0.5:
        return texture(rng, size)
    row, column = np.mgrid[:size, :size] / size
    bands = column if rng.random() < 0.5 else row
    colours = np.stack([colour(rng) for _ in range(rng.integers(2, 5))])
    painted = colours[np.minimum((bands * len(colours)).astype(int), len(colours) - 1)]
    if rng.random() < 0.4:
        arm = rng.uniform(0.05, 0.1)
        cross = (np.abs(row - 0.5) < arm) | (np.abs(column - rng.uniform(0.3, 0.5)) < 0.6 * arm)
        painted[cross] = colour(rng)
    return cv2.GaussianBlur(painted.astype(np.float32), (0, 0), 0.7)


def _pole(rng: np.random.Generator, size: int, place: float, top: float) -> Layer:
    canvas, width = Canvas(size), rng.uniform(0.01, 0.022)
    tone = colour(rng)
    axis = np.array([[place - width / 2, top - 0.04], [place - width / 2, 1.1]])
    for shift, share, bright in ((0, 1, 0.5), (0, 0.7, 0.75), (-0.15, 0.25, 1.15)):
        outline = thick(axis + np.array([shift * width, 0]), np.full(2, share * width))
        canvas.polygon(outline, np.clip(tone * bright, 0, 1))
    canvas.disc(axis[0], 0.9 * width, tone)
    return canvas.layer()

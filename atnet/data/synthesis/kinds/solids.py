"""Polygons and rods: hard edges, long straight lines, stars, rings, sharp corners."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer, over
from atnet.data.synthesis.shapes import blob, ellipse, rotated, thick
from atnet.data.synthesis.textures import Texture, colour, light


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws two to six textured solids in front of each other."""
    layers, surface = [], 0.4 + 1.2 * texture(rng, size)
    for _ in range(rng.integers(2, 7)):
        part = (_polygon, _star, _ring, _rod, _rod, _pebble)[rng.integers(6)]
        canvas = Canvas(size)
        part(rng, canvas)
        layers.append(
            canvas.layer().tinted(
                np.flip(surface, int(rng.integers(2))) * light(rng, size, 1.0)[..., None]
            )
        )
    return over(*layers)


def _place(rng: np.random.Generator) -> np.ndarray:
    return 0.5 + rng.normal(0, 0.13, 2)


def _polygon(rng: np.random.Generator, canvas: Canvas) -> None:
    angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
    radius = rng.uniform(0.1, 0.26)
    corners = np.stack([np.cos(angle), rng.uniform(0.5, 1) * np.sin(angle)], 1)
    canvas.polygon(_place(rng) + radius * rotated(corners, rng.uniform(0, 3)), colour(rng))


def _star(rng: np.random.Generator, canvas: Canvas) -> None:
    points = int(rng.integers(4, 14))
    radius = np.where(np.arange(2 * points) % 2, rng.uniform(0.3, 0.7), 1) * rng.uniform(0.1, 0.25)
    angle = np.pi * np.arange(2 * points) / points + rng.uniform(0, 1)
    corners = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    canvas.polygon(_place(rng) + corners, colour(rng))


def _ring(rng: np.random.Generator, canvas: Canvas) -> None:
    centre, radius, turn = _place(rng), rng.uniform(0.1, 0.24), rng.uniform(0, np.pi)
    flat, hole = rng.uniform(0.4, 1), rng.uniform(0.5, 0.92)
    tone = colour(rng)
    for share, bright in ((1.0, 0.7), (0.5 + hole / 2, 1.0)):
        canvas.polygon(
            ellipse(centre, (share * radius, share * flat * radius), turn), tone * bright
        )
    canvas.erase(ellipse(centre, (hole * radius, hole * flat * radius), turn))


def _rod(rng: np.random.Generator, canvas: Canvas) -> None:
    middle, angle = _place(rng), rng.uniform(0, np.pi)
    half = rng.uniform(0.2, 0.6) * np.array([np.cos(angle), np.sin(angle)])
    axis, width, tone = (
        np.stack([middle - half, middle + half]),
        rng.uniform(0.004, 0.04),
        colour(rng),
    )
    across = np.array([-half[1], half[0]]) / np.linalg.norm(half)
    for step in np.linspace(0, 1, 8):  # round: brighter towards a line off its middle
        outline = thick(axis + 0.18 * step * width * across, np.full(2, width * (1 - 0.9 * step)))
        canvas.polygon(outline, np.clip(tone * (0.5 + 0.75 * step), 0, 1))


def _pebble(rng: np.random.Generator, canvas: Canvas) -> None:
    canvas.polygon(blob(rng, _place(rng), rng.uniform(0.08, 0.2), 0.25), colour(rng))

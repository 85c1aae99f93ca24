"""Seed heads: dandelion clocks, a ball of tiny parachutes on a stem."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import grow, smooth
from atnet.data.synthesis.textures import Texture, light, varied


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one seed head; some have lost seeds to the wind."""
    canvas = Canvas(size)
    centre = np.array([rng.uniform(0.4, 0.6), rng.uniform(0.34, 0.46)])
    radius = rng.uniform(0.2, 0.3)
    stem = np.array(
        [centre, centre + np.array([rng.normal(0, 0.03), 0.3]), [rng.uniform(0.4, 0.6), 1.1]]
    )
    green = varied(rng, np.array([0.42, 0.48, 0.22]), 1, 0.3)[0]
    canvas.line(smooth(stem, 40), 0.016, green * 0.8)
    canvas.line(smooth(stem, 40) - 0.002, 0.006, green * 1.2)
    hairs = 0.35 * texture(rng, 8).mean((0, 1)) + 0.65
    _parachutes(rng, canvas, centre, radius, hairs)
    return canvas.layer().tinted(light(rng, size, 0.5))


def _parachutes(
    rng: np.random.Generator, canvas: Canvas, centre: np.ndarray, radius: float, tone: np.ndarray
) -> None:
    count = int(rng.integers(90, 200))
    ball = rng.standard_normal((count, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    ball = ball[np.argsort(ball[:, 2], kind="stable")]  # from far to near
    if rng.random() < 0.4:  # the wind has taken one side
        gone = ball @ np.append(rng.standard_normal(2), 0) > rng.uniform(0.2, 0.9)
        ball = ball[~gone | (rng.random(count) < 0.1)]
    seeds = varied(rng, np.array([0.35, 0.26, 0.16]), len(ball), 0.2)
    core = 0.13 * radius
    for seed_tone, direction in zip(seeds, ball, strict=True):
        flat = direction[:2]
        tip = centre + 0.72 * radius * flat
        shade = tone * (0.8 + 0.2 * direction[2])
        canvas.strands(
            np.linspace(centre + core * flat, centre + 2 * core * flat, 4)[None],
            np.array([0.008]),
            seed_tone[None],
        )
        canvas.line(np.stack([centre + 1.5 * core * flat, tip]), 0.0012, shade * 0.9)
        _tuft(rng, canvas, tip, direction, radius * 0.34, shade)
    canvas.disc(centre, core, seeds[0] * 0.9)


def _tuft(
    rng: np.random.Generator,
    canvas: Canvas,
    tip: np.ndarray,
    direction: np.ndarray,
    reach: float,
    tone: np.ndarray,
) -> None:
    """A cone of hairs around the direction of the stalk, as it is seen from the front."""
    count = int(rng.integers(12, 22))
    around = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.uniform(0, 1)
    side = np.cross(direction, [0.31, 0.77, 0.55])
    side /= np.linalg.norm(side) + 1e-9
    other = np.cross(direction, side)
    ring = np.cos(around)[:, None] * side + np.sin(around)[:, None] * other
    rays = (0.65 * direction + 0.9 * ring)[:, :2] * reach * rng.uniform(0.8, 1.1, (count, 1))
    lengths = np.linalg.norm(rays, axis=1)
    angles = np.arctan2(rays[:, 1], rays[:, 0])
    curves = grow(np.tile(tip, (count, 1)), angles, lengths, 0.03 * rng.standard_normal((count, 3)))
    canvas.strands(curves, np.full(count, 0.0008), np.tile(np.clip(tone, 0, 1), (count, 1)))

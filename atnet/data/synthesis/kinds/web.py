"""Spider webs: sagging threads between irregular spokes, with dew, on twigs."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import smooth
from atnet.data.synthesis.textures import Texture, light


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one web."""
    canvas = Canvas(size)
    hub = rng.uniform(0.4, 0.6, 2)
    tint = texture(rng, 8).mean((0, 1)) - 0.5
    bark = rng.uniform(0.5, 1.3) * (np.array([0.34, 0.26, 0.19]) + 0.12 * tint)
    for _ in range(rng.integers(1, 4)):
        _twig(rng, canvas, hub, bark)
    spokes = int(rng.integers(14, 30))
    angles = np.linspace(0, 2 * np.pi, spokes, endpoint=False)
    angles += rng.normal(0, 0.5 / spokes, spokes)
    reach = rng.uniform(0.32, 0.46, spokes)
    squash = np.array([1, rng.uniform(0.6, 1)])
    ends = hub + squash * reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    silk = np.full(3, rng.uniform(0.75, 1))
    width = rng.uniform(0.0008, 0.0024)
    for index, end in enumerate(ends):
        held = 2.6 if index % 3 == 0 else 1.04  # some reach what the web hangs from
        canvas.line(np.stack([hub, hub + held * (end - hub)]), width, silk)
    dewy = rng.random() < 0.5
    for points in _spiral(rng, hub, ends):
        canvas.line(points, width * 0.8, silk * 0.95)
        if dewy:
            for place in points[rng.random(len(points)) < 0.3]:
                canvas.disc(place, rng.uniform(0.8, 2) * width, silk)
    return canvas.layer().tinted(light(rng, size, 0.5))


def _spiral(rng: np.random.Generator, hub: np.ndarray, ends: np.ndarray) -> list[np.ndarray]:
    """Threads from spoke to spoke, ever further out; some are missing."""
    turns = int(rng.integers(12, 26))
    threads = []
    for index in range(turns * len(ends)):
        first, second = ends[index % len(ends)] - hub, ends[(index + 1) % len(ends)] - hub
        share = 0.1 + 0.82 * index / (turns * len(ends))
        if rng.random() < 0.04:
            continue
        start, end = hub + share * first, hub + (share + 0.82 / turns / len(ends)) * second
        middle = (start + end) / 2
        sag = 0.12 * np.linalg.norm(end - start)
        pull = (hub - middle) * sag / (np.linalg.norm(hub - middle) + 1e-6) + [0, 0.5 * sag]
        threads.append(smooth(np.stack([start, middle + pull, end]), 9))
    return threads


def _twig(rng: np.random.Generator, canvas: Canvas, hub: np.ndarray, bark: np.ndarray) -> None:
    angle = rng.uniform(0, 2 * np.pi)
    away = np.array([np.cos(angle), np.sin(angle)])
    along = np.array([-away[1], away[0]])
    places = np.linspace(-0.9, 0.9, 7)[:, None]
    points = hub + 0.42 * away + places * along + rng.normal(0, 0.02, (7, 2))
    width = rng.uniform(0.008, 0.025)
    canvas.line(smooth(points, 60), width, bark)
    canvas.line(smooth(points, 60) - 0.2 * width, 0.35 * width, np.clip(bark * 1.6, 0, 1))

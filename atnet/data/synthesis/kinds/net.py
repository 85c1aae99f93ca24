"""Nets and wire fences: square, diamond, hexagonal and chain-link mesh, in perspective."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from atnet.data.synthesis.finishing import blurred, bokeh_kernel
from atnet.data.synthesis.raster import Canvas, Layer, over
from atnet.data.synthesis.shapes import blob
from atnet.data.synthesis.textures import Texture, colour, light, look_up, noise


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one mesh, or two at different depths, framed or torn."""
    near = _mesh(rng, size, texture)
    if rng.random() < 0.35:
        far = blurred(_mesh(rng, size, texture), bokeh_kernel(size * rng.uniform(0.002, 0.006)))
        near = over(near, far.tinted(np.full((size, size), 0.6)))
    return near


def _mesh(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    step = rng.uniform(0.025, 0.09)
    width = step * rng.uniform(0.06, 0.2)
    pattern = (_squares, _diamonds, _hexagons, _chain)[rng.integers(4)]
    bent = _sheet(rng)
    tone = texture(rng, 16).mean((0, 1)) if rng.random() < 0.5 else colour(rng)
    canvas = Canvas(size)
    for line in pattern(step):
        points = bent(line)
        canvas.line(points, width, tone * 0.55)
        # The lit side of a round wire.
        canvas.line(points - width * 0.15, width * 0.5, np.clip(tone * 1.1 + 0.05, 0, 1))
    if rng.random() < 0.7:
        _frame(rng, canvas, bent, tone, 2.5 * width)
    return canvas.layer().tinted(light(rng, size, 0.8))


def _frame(
    rng: np.random.Generator,
    canvas: Canvas,
    bent: Callable[[np.ndarray], np.ndarray],
    tone: np.ndarray,
    width: float,
) -> None:
    if rng.random() < 0.5:
        outline = blob(rng, rng.uniform(0.42, 0.58, 2), rng.uniform(0.28, 0.42), 0.08)
    else:
        corner = rng.uniform(0.28, 0.42)
        square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * corner
        outline = bent(_dense(square))
    canvas.clip(outline)
    canvas.line(np.concatenate([outline, outline[:1]]), width, tone * 0.5)
    canvas.line(np.concatenate([outline, outline[:1]]) - width * 0.12, width * 0.4, tone)


def _sheet(rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Turns, tilts and dents the plane: a map of points around the origin into the image."""
    turn, tilt = rng.uniform(0, np.pi), rng.normal(0, 0.55, 2)
    centre, dents = rng.uniform(0.42, 0.58, 2), rng.uniform(0, 0.09)
    fields = [noise(rng, 64, 2) - 0.5 for _ in range(2)]

    def bent(points: np.ndarray) -> np.ndarray:
        cosine, sine = np.cos(turn), np.sin(turn)
        flat = points @ np.array([[cosine, sine], [-sine, cosine]])
        depth = np.clip(1 + flat @ tilt, 0.35, 3)[:, None]
        dent = np.stack([look_up(field, flat / 2 + 0.5) for field in fields], 1)
        return centre + (flat + dents * dent) / depth

    return bent


def _dense(corners: np.ndarray, step: float = 0.01) -> np.ndarray:
    """Puts points on straight edges, so that they can bend."""
    edges = pairwise(corners)
    parts = [
        np.linspace(start, end, max(2, int(np.linalg.norm(end - start) / step)))
        for start, end in edges
    ]
    return np.concatenate(parts)


def _squares(step: float) -> Iterator[np.ndarray]:
    for place in np.arange(-0.8, 0.8, step):
        along = _dense(np.array([[-0.8, place], [0.8, place]]))
        yield along
        yield along[:, ::-1]


def _diamonds(step: float) -> Iterator[np.ndarray]:
    for line in _squares(step):
        yield np.stack([line[:, 0] + line[:, 1], 0.6 * (line[:, 0] - line[:, 1])], 1)


def _hexagons(step: float) -> Iterator[np.ndarray]:
    """Chicken wire: neighbouring zigzags that share their flat parts."""
    for row, place in enumerate(np.arange(-0.8, 0.8, step)):
        x = np.arange(-0.8, 0.8, step / 4)
        cycle = np.clip(3 * np.abs((x / step + row % 2) % 2 - 1) - 1, 0, 1)
        yield np.stack([x, place + step * cycle], 1)


def _chain(step: float) -> Iterator[np.ndarray]:
    """Chain-link: zigzags whose corners hook into the next."""
    for column, place in enumerate(np.arange(-0.8, 0.8, step)):
        y = np.arange(-0.8, 0.8, step / 2)
        zigzag = 0.54 * step * (-1.0) ** (column + np.arange(len(y)))
        yield _dense(np.stack([place + zigzag, y], 1))

"""Lace: flowers and eyelets on fine tulle, with a scalloped border, on gently moved cloth."""

from collections.abc import Callable

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import ellipse, leaf, rotated
from atnet.data.synthesis.textures import Texture, colour, light, look_up, noise

Bend = Callable[[np.ndarray], np.ndarray]


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one piece of lace."""
    del texture  # lace has one colour
    tone = np.full(3, rng.uniform(0.75, 1)) if rng.random() < 0.6 else colour(rng)
    canvas, half = Canvas(size), rng.uniform(0.28, 0.42, 2)
    bend = _cloth(rng)
    teeth = int(rng.integers(6, 14))
    border = _scalloped(half, teeth)
    _tulle(canvas, bend, half.max() * 1.2, rng.uniform(0.012, 0.022), tone * 0.92)
    canvas.clip(bend(border))
    _motifs(rng, canvas, bend, half, tone)
    closed = np.concatenate([border, border[:1]])
    for scale, width in ((1.0, 0.009), (0.95, 0.004), (0.9, 0.006)):
        canvas.line(bend(closed * scale), width, tone)
    for point in border[:: len(border) // (4 * teeth)] * 0.95:
        canvas.disc(bend(point[None])[0], 0.007, tone)
    folds = 1 + 0.5 * (noise(rng, size, 3) - 0.5)
    return canvas.layer().tinted(light(rng, size, 0.5) * folds)


def _cloth(rng: np.random.Generator) -> Bend:
    turn, centre, amount = rng.uniform(-0.5, 0.5), rng.uniform(0.46, 0.54, 2), rng.uniform(0, 0.12)
    fields = [noise(rng, 64, 2, 0.3) - 0.5 for _ in range(2)]

    def bend(points: np.ndarray) -> np.ndarray:
        moved = np.stack([look_up(field, points + 0.5) for field in fields], 1)
        return centre + rotated(points + amount * moved, turn)

    return bend


def _scalloped(half: np.ndarray, teeth: int) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 80 * teeth, endpoint=False)
    bulge = 1 + 0.06 * np.abs(np.sin(2 * teeth * angle))
    # Between an ellipse and a rectangle.
    corner = (np.abs(np.cos(angle)) ** 4 + np.abs(np.sin(angle)) ** 4) ** -0.25
    return (bulge * corner)[:, None] * half * np.stack([np.cos(angle), np.sin(angle)], 1)


def _tulle(canvas: Canvas, bend: Bend, reach: float, step: float, tone: np.ndarray) -> None:
    along = np.arange(-reach, reach, step / 2)
    for place in np.arange(-reach, reach, step):
        for slope in (0.58, -0.58):
            line = np.stack([along, place + slope * along], 1)
            canvas.line(bend(line), 0.0014, tone)
        canvas.line(bend(np.stack([np.full_like(along, place), along], 1)), 0.0014, tone)


def _motifs(
    rng: np.random.Generator, canvas: Canvas, bend: Bend, half: np.ndarray, tone: np.ndarray
) -> None:
    step = rng.uniform(0.11, 0.2)
    petals, rings = int(rng.integers(5, 9)), rng.random() < 0.5
    for row, y in enumerate(np.arange(-half[1], half[1], step)):
        for x in np.arange(-half[0], half[0], step) + step / 2 * (row % 2):
            if (np.abs([x, y]) + 0.35 * step > 0.9 * half).any():
                continue
            centre = np.array([x, y])
            _flower(canvas, bend, centre, 0.38 * step, petals, tone)
            if rings:
                circle = ellipse(centre, (0.46 * step, 0.46 * step))
                canvas.line(bend(np.concatenate([circle, circle[:1]])), 0.004, tone)


def _flower(
    canvas: Canvas, bend: Bend, centre: np.ndarray, radius: float, petals: int, tone: np.ndarray
) -> None:
    for index in range(petals):
        petal = centre + rotated(leaf(radius, 0.6 * radius), 2 * np.pi * index / petals)
        canvas.polygon(bend(petal), tone * 0.97)
    for index in range(petals):  # an eyelet in each petal
        place = centre + rotated(np.array([0.62 * radius, 0.0]), 2 * np.pi * index / petals)
        canvas.erase(bend(ellipse(place, (0.1 * radius, 0.1 * radius))))
    canvas.erase(bend(ellipse(centre, (0.16 * radius, 0.16 * radius))))

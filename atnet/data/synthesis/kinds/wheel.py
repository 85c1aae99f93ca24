"""Fans and spokes: bicycle wheels and the guards of fans, seen at an angle."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import ellipse, rotated
from atnet.data.synthesis.textures import Texture, colour, light


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one wheel, or one guard with blades behind it."""
    canvas = Canvas(size)
    view = _View(rng)
    metal = np.full(3, rng.uniform(0.25, 0.9))
    (_guard if rng.random() < 0.5 else _wheel)(rng, canvas, view, metal)
    return canvas.layer().tinted(light(rng, size, 0.9) * (0.8 + 0.4 * texture(rng, size).mean(2)))


class _View:
    """Maps the wheel's own plane, in which its radius is 1, into the image."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.centre, self.turn = rng.uniform(0.45, 0.55, 2), rng.uniform(0, np.pi)
        self.radius = rng.uniform(0.3, 0.42)
        self.squash = np.array([1, rng.uniform(0.5, 1)])

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return self.centre + rotated(self.radius * points * self.squash, self.turn)

    def circle(self, radius: float) -> np.ndarray:
        outline = self(ellipse(np.zeros(2), (radius, radius)))
        return np.concatenate([outline, outline[:1]])


def _wheel(rng: np.random.Generator, canvas: Canvas, view: _View, metal: np.ndarray) -> None:
    tyre, rim = rng.uniform(0.02, 0.05), rng.uniform(0.01, 0.025)
    count, hub = 2 * int(rng.integers(8, 20)), rng.uniform(0.04, 0.09)
    cross = rng.uniform(0, 1.2)  # spokes leave the hub at a tangent, to both sides
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    width = rng.uniform(0.0015, 0.004)
    for index, angle in enumerate(angles):
        start = angle + cross * (1 if index % 2 else -1)
        ends = np.array([[np.cos(start), np.sin(start)], [np.cos(angle), np.sin(angle)]])
        spoke = view(ends * [[hub], [0.95]])
        canvas.line(spoke, width, metal * 0.7)
        canvas.line(spoke - 0.2 * width, 0.4 * width, np.clip(metal * 1.3, 0, 1))
    canvas.line(view.circle(0.93), rim, metal * 0.8)
    canvas.line(view.circle(0.94), 0.3 * rim, np.clip(metal * 1.3, 0, 1))
    canvas.line(view.circle(1), tyre, np.full(3, rng.uniform(0.05, 0.2)))
    canvas.line(view.circle(1.01), 0.25 * tyre, np.full(3, rng.uniform(0.2, 0.35)))
    canvas.polygon(view.circle(1.3 * hub), metal * 0.6)
    canvas.polygon(view.circle(0.6 * hub), metal * 0.9)


def _guard(rng: np.random.Generator, canvas: Canvas, view: _View, metal: np.ndarray) -> None:
    blades, tone = int(rng.integers(3, 7)), colour(rng)
    twist = rng.uniform(0.5, 1)
    for angle in np.linspace(0, 2 * np.pi, blades, endpoint=False):
        edge = np.linspace(0.1, 0.8, 20)
        front = rotated(np.stack([edge, 0.15 * np.sin(4 * edge)], 1), angle)
        rear = rotated(np.stack([edge, 0.15 * np.sin(4 * edge)], 1), angle + twist)
        for share in np.linspace(0, 0.95, 10):  # a blade is darker where it turns away
            part = np.concatenate([front + share * (rear - front), rear[::-1]])
            canvas.polygon(view(part), tone * (1 - 0.5 * share))
    canvas.polygon(view.circle(0.18), tone * 0.7)
    width = rng.uniform(0.002, 0.005)
    rings = np.linspace(0.25, 1, int(rng.integers(4, 16)))
    count, swirl = int(rng.integers(16, 60)), rng.uniform(-0.6, 0.6)
    along = np.linspace(0.18, 1, 12)
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        turn = angle + swirl * along
        wire = view(along[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1))
        canvas.line(wire, width, metal * 0.65)
        canvas.line(wire - 0.2 * width, 0.4 * width, metal)
    for radius in rings:
        canvas.line(view.circle(radius), width, metal * 0.8)
    canvas.line(view.circle(1), 4 * width, metal * 0.7)
    canvas.line(view.circle(1.005), 1.2 * width, metal)

"""Wire baskets and cages: a front and a back of wires around a hollow, seen from above."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer, over
from atnet.data.synthesis.shapes import ellipse
from atnet.data.synthesis.textures import Texture, colour, light, varied


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one basket, empty or with balls of yarn, fruit or eggs."""
    tone = np.full(3, rng.uniform(0.1, 0.8)) if rng.random() < 0.6 else colour(rng)
    back, inside, front = Canvas(size), Canvas(size), Canvas(size)
    shape = _Shape(rng)
    width = rng.uniform(0.004, 0.012)
    for canvas, side, shade in ((back, -1, 0.55), (front, 1, 1.0)):
        for curve in shape.wires(side):
            _wire(canvas, curve, width, tone * shade)
        for curve, wide in shape.edges(side):
            _wire(canvas, curve, wide * width, tone * shade)
    layers = [front.layer(), back.layer()]
    if rng.random() < 0.5:
        _fill(rng, inside, shape)
        layers.insert(1, inside.layer().tinted(0.5 + texture(rng, size)))
    return over(*layers).tinted(light(rng, size, 0.8))


class _Shape:
    """A vessel of revolution in parallel projection: height 0 at its foot, 1 at its rim."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.centre, self.foot = rng.uniform(0.44, 0.56), rng.uniform(0.72, 0.82)
        self.height, self.tilt = rng.uniform(0.25, 0.48), rng.uniform(0.15, 0.45)
        self.rim, self.base = rng.uniform(0.24, 0.34), rng.uniform(0.14, 0.26)
        self.bulge, self.count = rng.uniform(-0.03, 0.08), int(rng.integers(9, 30))
        self.rows, self.twist = int(rng.integers(2, 11)), rng.choice([0, 0, 0.5, 1.0])

    def radius(self, height: np.ndarray) -> np.ndarray:
        bulge = self.bulge * np.sin(np.pi * height)
        return self.base + (self.rim - self.base) * height + bulge

    def place(self, angle: np.ndarray, height: np.ndarray) -> np.ndarray:
        radius = self.radius(height)
        x = self.centre + radius * np.cos(angle)
        y = self.foot - self.height * height + self.tilt * radius * np.sin(angle)
        return np.stack([x, y], 1)

    def wires(self, side: int) -> list[np.ndarray]:
        """Uprights, straight or crossing like a lattice, and the hoops between."""
        height = np.linspace(0, 1, 24)
        lines = []
        for turn in {self.twist, -self.twist}:
            for angle in np.linspace(0, 2 * np.pi, self.count, endpoint=False):
                angles = angle + turn * height
                visible = np.sin(angles) * side >= 0
                if visible.sum() > 1:
                    lines.append(self.place(angles, height)[visible])
        levels = np.linspace(0, 1, self.rows + 1)[1:-1]
        return lines + [self._half(side, level) for level in levels]

    def edges(self, side: int) -> list[tuple[np.ndarray, float]]:
        """Foot and rim, and how much thicker than the wires they are."""
        return [(self._half(side, 0.0), 1.4), (self._half(side, 1.0), 2.2)]

    def _half(self, side: int, level: float) -> np.ndarray:
        angles = side * np.linspace(0, np.pi, 60)
        return self.place(angles, np.full(60, level))


def _wire(canvas: Canvas, curve: np.ndarray, width: float, tone: np.ndarray) -> None:
    canvas.line(curve, width, tone * 0.6)
    canvas.line(curve - 0.15 * width, 0.45 * width, np.clip(tone * 1.2 + 0.04, 0, 1))


def _fill(rng: np.random.Generator, canvas: Canvas, shape: _Shape) -> None:
    for tone in varied(rng, colour(rng), int(rng.integers(3, 9)), 0.3):
        radius = rng.uniform(0.05, 0.09)
        reach = 0.6 * min(shape.base, shape.rim) - 0.3 * radius
        centre = np.array(
            [
                shape.centre + rng.uniform(-reach, reach),
                shape.foot - radius - rng.uniform(0, 0.5) * shape.height,
            ]
        )
        for step in np.linspace(0, 0.75, 12):  # lit from above left
            shade = np.clip(tone * (0.55 + 0.7 * step), 0, 1)
            canvas.polygon(
                ellipse(centre - 0.3 * step * radius, (radius * (1 - step), radius * (1 - step))),
                shade,
            )

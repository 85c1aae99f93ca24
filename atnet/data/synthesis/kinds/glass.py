"""Glass: bottles, bulbs, goblets and jars, clear in the middle and dense at the rim."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer, coverage, over
from atnet.data.synthesis.shapes import ellipse, smooth
from atnet.data.synthesis.textures import Texture, colour, light, noise


class _Form(NamedTuple):
    """A vessel's right half: half widths and levels, 0 at the top and 1 at the foot.

    Attributes:
        knots: `(n, 2)`, width and level.
        lid: Levels between which it is opaque: cork, cap, the base of a bulb.
        holds: Levels between which there may be a drink; beyond 1 it fills the foot.
    """

    knots: list[tuple[float, float]]
    lid: tuple[float, float] = (0, 0)
    holds: tuple[float, float] = (0, 0)


_BOTTLE = _Form(
    [
        (0.27, 0), (0.27, 0.1), (0.26, 0.26), (0.32, 0.33), (0.72, 0.42), (0.97, 0.5),
        (1, 0.58), (1, 0.8), (1, 0.93), (0.97, 0.98), (0.9, 1),
    ],
    lid=(0, 0.09),
    holds=(0.3, 1.2),
)  # fmt: skip
_BULB = _Form(
    [
        (0, 0), (0.42, 0.02), (0.78, 0.1), (0.97, 0.22), (1, 0.33), (0.92, 0.46),
        (0.72, 0.6), (0.5, 0.72), (0.42, 0.79), (0.41, 0.9), (0.4, 0.97), (0.25, 1),
    ],
    lid=(0.78, 1),
)  # fmt: skip
_GOBLET = _Form(
    [
        (0.78, 0), (0.92, 0.12), (1, 0.27), (0.93, 0.4), (0.66, 0.51), (0.25, 0.57),
        (0.08, 0.63), (0.06, 0.75), (0.06, 0.88), (0.1, 0.95), (0.35, 0.985), (0.78, 1),
    ],
    holds=(0.12, 0.56),
)  # fmt: skip
_JAR = _Form(
    [
        (0.76, 0), (0.76, 0.11), (0.8, 0.15), (0.97, 0.22), (1, 0.3), (1, 0.6),
        (1, 0.9), (0.97, 0.97), (0.9, 1),
    ],
    lid=(0, 0.12),
    holds=(0.22, 1.2),
)  # fmt: skip
_FORMS = (_BOTTLE, _BULB, _GOBLET, _JAR)


class _Vessel:
    """A form placed in the image and seen a little from above."""

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self.size, self.form = size, _FORMS[rng.integers(len(_FORMS))]
        self.top, self.bottom = rng.uniform(0.08, 0.18), rng.uniform(0.8, 0.92)
        self.middle, half = rng.uniform(0.45, 0.55), rng.uniform(0.14, 0.24)
        self.tilt = rng.uniform(0.06, 0.2)
        curve = smooth(np.array(self.form.knots), 300)
        self.level = np.maximum.accumulate(curve[:, 1])
        self.radius = np.clip(curve[:, 0] * half, 0.002, None)
        self.y = self.top + self.level * (self.bottom - self.top)

    def shape(self) -> np.ndarray:
        """Coverage `(size, size)` of the whole, with a foot that is round."""
        across = np.r_[self.middle + self.radius, self.middle - self.radius[::-1]]
        outline = np.stack([across, np.r_[self.y, self.y[::-1]]], 1)
        return np.maximum(coverage(outline, self.size), coverage(self.ring(1), self.size))

    def ring(self, level: float) -> np.ndarray:
        """The outline of a cut at a level, which the eye sees as an ellipse."""
        radius = float(np.interp(level, self.level, self.radius))
        y = self.top + level * (self.bottom - self.top)
        return ellipse(np.array([self.middle, y]), (radius, self.tilt * radius))

    def coordinates(self) -> tuple[np.ndarray, np.ndarray]:
        """Level, and place from -1 at the left edge to 1 at the right, of every pixel."""
        row, column = (np.mgrid[: self.size, : self.size].astype(np.float32) + 0.5) / self.size
        height = (row - self.top) / (self.bottom - self.top)
        radius = np.interp(height, self.level, self.radius)
        return height, np.clip((column - self.middle) / radius, -1, 1)


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one vessel, perhaps with something to drink in it."""
    vessel = _Vessel(rng, size)
    glass = _body(rng, vessel).faded(vessel.shape())
    start, end = vessel.form.lid
    if end == 0:
        return over(_edges(rng, vessel), glass)
    part = (vessel.level >= start) & (vessel.level <= end)
    return over(_lid(rng, vessel, texture, part), glass)


def _body(rng: np.random.Generator, vessel: _Vessel) -> Layer:
    height, side = vessel.coordinates()
    facing = np.sqrt(np.clip(1 - side**2, 0, 1))  # 1 where the surface faces the eye
    rim = (1 - facing) ** rng.uniform(1, 2.5)  # as reflection grows at grazing angles
    ripple = noise(rng, vessel.size, 4)
    tone = np.full(3, rng.uniform(0.5, 0.95)) if rng.random() < 0.5 else colour(rng)
    alpha = rng.uniform(0.03, 0.35) + rng.uniform(0.4, 0.9) * rim + 0.06 * ripple
    painted = tone * (1.05 - 0.55 * rim[..., None])
    if vessel.form.holds[1] > 0 and rng.random() < 0.45:
        full, surface = _drink(rng, vessel, height)
        liquid = colour(rng) * (0.75 + 0.4 * facing + 0.3 * surface)[..., None]
        alpha += full * (1 - alpha) * rng.uniform(0.3, 0.9)
        painted = painted + full[..., None] * (liquid - painted)
    shine = np.zeros_like(alpha)
    for place in rng.uniform(-0.85, 0.85, rng.integers(1, 4)):
        wide, start = rng.uniform(0.02, 0.12), rng.uniform(0.05, 0.4)
        along = np.clip(12 * (height - start), 0, 1) * np.clip(12 * (0.92 - height), 0, 1)
        streak = np.exp(-(((side - place - 0.05 * (ripple - 0.5)) / wide) ** 2)) * along
        shine = np.maximum(shine, streak * rng.uniform(0.4, 1))
    alpha = np.clip(alpha, 0, 1)
    alpha, shine = alpha + shine * (1 - alpha), shine[..., None]
    painted = np.clip(painted + shine * (1 - painted), 0, 1)
    return Layer(painted.astype(np.float32), np.clip(alpha, 0, 1).astype(np.float32))


def _drink(
    rng: np.random.Generator, vessel: _Vessel, height: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where there is liquid, and where it shows its surface."""
    start, end = vessel.form.holds
    level = start + (end - start) * rng.uniform(0.15, 0.7)
    pixels = vessel.size * (vessel.bottom - vessel.top)
    below = np.clip((height - level) * pixels, 0, 1)
    inside = np.clip((end - height) * pixels / 3, 0, 1)
    surface = coverage(vessel.ring(level), vessel.size)
    return np.maximum(below * inside, surface), surface


def _edges(rng: np.random.Generator, vessel: _Vessel) -> Layer:
    """The rims of an open vessel, at its mouth and its foot, which catch the light."""
    canvas, tone = Canvas(vessel.size), np.full(3, rng.uniform(0.7, 1))
    width = rng.uniform(0.002, 0.005)
    for level in (0.0, 1.0):
        ring = vessel.ring(level)
        canvas.line(np.concatenate([ring, ring[:1]]), width, tone)
    return canvas.layer().faded(rng.uniform(0.4, 0.8))


def _lid(rng: np.random.Generator, vessel: _Vessel, texture: Texture, part: np.ndarray) -> Layer:
    """An opaque part, in upright stripes from dark over light to dark, as round things are."""
    canvas, tone = Canvas(vessel.size), colour(rng)
    radius, y = 1.06 * vessel.radius[part], vessel.y[part]
    edges = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 25))
    for left, right in pairwise(edges):
        bright = 0.35 + 0.8 * np.exp(-((((left + right) / 2 + 0.35) / 0.45) ** 2))
        bulge = vessel.tilt * radius * np.sqrt(1 - ((left + right) / 2) ** 2)
        x = np.r_[vessel.middle + left * radius, (vessel.middle + right * radius)[::-1]]
        rows = np.r_[y + bulge, (y + bulge)[::-1]]
        canvas.polygon(np.stack([x, rows], 1), np.clip(tone * bright, 0, 1))
    if vessel.form.lid[0] == 0:  # the top of a cap
        cap = ellipse(np.array([vessel.middle, y[0]]), (radius[0], vessel.tilt * radius[0]))
        canvas.polygon(cap, np.clip(tone * 0.9, 0, 1))
    surface = 0.7 + 0.6 * texture(rng, vessel.size).mean(2)
    return canvas.layer().tinted(surface * light(rng, vessel.size, 0.3))

"""Hair: a head and shoulders from behind, with long locks and fly-away hairs."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import ellipse, smooth
from atnet.data.synthesis.textures import Texture, colour, light, noise, varied

_POINTS = 16
# Right halves, x and y in radii of the head from its centre.
_NECK = np.array([[0.45, 0.3], [0.45, 1.2], [0.6, 1.6], [1.0, 2.2]])
_SHOULDERS = np.array(
    [[0.55, 1.55], [0.9, 1.72], [1.6, 1.95], [2.15, 2.35], [2.42, 3.1], [2.6, 4.5], [2.7, 7.0]]
)


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one person from behind."""
    centre = np.array([rng.uniform(0.42, 0.58), rng.uniform(0.32, 0.4)])
    radius = rng.uniform(0.11, 0.15)
    canvas = Canvas(size)
    cloth, skin = texture(rng, size).mean((0, 1)), rng.uniform(0.35, 0.95)
    skin_tone = skin * np.array([0.85, 0.62, 0.5])
    canvas.polygon(centre + radius * _mirrored(_NECK), skin_tone)
    broad = np.array([rng.uniform(0.85, 1.15), rng.uniform(0.95, 1.1)])
    canvas.polygon(centre + radius * broad * _mirrored(_SHOULDERS), cloth)
    if rng.random() < 0.75:
        tone = np.array([0.5, 0.33, 0.2]) * rng.uniform(0.15, 1.6)
    else:
        tone = colour(rng)
    # The cap closes the crown, which separate hairs would leave open.
    canvas.polygon(ellipse(centre, (1.02 * radius, 1.2 * radius)), tone * 0.5)
    strays = int(rng.integers(80, 350))
    styles = [(int(rng.integers(2200, 3600)), 0.05, 1.0), (strays, rng.uniform(0.2, 0.7), 0.6)]
    lock_count, length = int(rng.integers(8, 30)), rng.uniform(1.6, 4)
    lock_mood = rng.standard_normal((lock_count + 1, 3))
    for count, mess, fineness in styles:
        across = rng.uniform(-1, 1, count)
        lock = ((across + 1) / 2 * lock_count).astype(int)
        curves = centre + radius * _fall(rng, across, lock_mood[lock], length, mess)
        widths = fineness * rng.uniform(0.001, 0.0026) * np.exp(0.25 * rng.standard_normal(count))
        lock_tone = tone * np.exp(0.15 * lock_mood[lock, :1])
        canvas.strands(curves, widths, varied(rng, lock_tone, count, 0.2))
    return canvas.layer().tinted(light(rng, size, 0.7) * (0.8 + 0.4 * noise(rng, size, 4)))


def _mirrored(knots: np.ndarray) -> np.ndarray:
    """Completes the smooth right half of an outline, from above to below, by its left half."""
    right = smooth(knots, 40)
    return np.concatenate([right, right[::-1] * [-1, 1]])


def _fall(
    rng: np.random.Generator, across: np.ndarray, mood: np.ndarray, length: float, mess: float
) -> np.ndarray:
    """Curves `(n, P, 2)` from the crown over the head's side and down, in radii of the head.

    `across` is -1 at the left and 1 at the right; hairs of one lock share their mood.
    """
    count = len(across)
    spread, volume = rng.uniform(0.9, 1.6), rng.uniform(1, 1.25)
    # Where a hair leaves the head: the outermost ones at its side, the others over its back.
    rise = np.sqrt(np.clip(1 - across**2, 0, 1))
    end = length + 0.35 * mood[:, 0] + 0.25 * rng.standard_normal(count)
    knots = [
        (0.5 * across, -volume * (1 + 0.15 * rise)),
        (0.92 * across * volume, -0.5 - 0.4 * rise * rng.uniform(0.3, 1, count)),
        (1.12 * across * volume, 0.3 + 0 * across),
        ((1.1 + 0.3 * spread) * across + 0.1 * mood[:, 1], 0.3 + 0.45 * end),
        ((0.8 + 0.6 * spread) * across + 0.22 * mood[:, 2], 0.3 + 0.8 * end),
    ]
    points = np.array(knots).transpose(0, 2, 1)  # (5, n, 2)
    growing = np.linspace(0, 1, len(knots))[:, None, None]
    points += mess * growing * rng.standard_normal(points.shape)
    curves = smooth(points.reshape(len(knots), -1), _POINTS).reshape(_POINTS, count, 2)
    along = np.linspace(0, 1, _POINTS)[:, None]
    wave = rng.uniform(0, 0.13) * along * np.sin(rng.uniform(6, 24) * along + 4 * mood[:, 0])
    curves[..., 0] += wave
    return curves.transpose(1, 0, 2)

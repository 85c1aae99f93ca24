"""Foliage: branches with leaves or needles."""

import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import bend_towards, grow, leaf, rotated, thick
from atnet.data.synthesis.textures import Texture, light, noise, varied

_STEPS = 30
_TONES = np.array(
    [
        [0.29, 0.4, 0.15], [0.18, 0.3, 0.12], [0.37, 0.45, 0.18], [0.37, 0.38, 0.2],  # green
        [0.2, 0.36, 0.22], [0.48, 0.54, 0.42],  # fir, olive tree
        [0.72, 0.52, 0.14], [0.66, 0.3, 0.1], [0.5, 0.14, 0.1],  # autumn
        [0.3, 0.13, 0.17], [0.42, 0.3, 0.17],  # copper beech, withered
    ]
)  # fmt: skip
_GREENS = 6


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws one to four branches of one plant."""
    canvas = Canvas(size)
    needles = rng.random() < 0.25
    tones = _TONES[:_GREENS] if needles or rng.random() < 0.6 else _TONES
    tone = varied(rng, tones[rng.integers(len(tones))], 1, 0.2)[0]
    tone = tone + rng.uniform(0, 0.15) * (texture(rng, 8).mean((0, 1)) - tone)
    draw_leaves = _needles if needles else _leaves
    for _ in range(rng.integers(2, 6)):
        for branch in _branches(rng):
            _wood(canvas, branch, rng.uniform(0.004, 0.014))
            draw_leaves(rng, canvas, branch, tone)
    mottled = 0.85 + 0.3 * noise(rng, size, max(2, size // 24))
    return canvas.layer().tinted(light(rng, size, 0.8) * mottled)


def _branches(rng: np.random.Generator) -> np.ndarray:
    """A branch that enters from below or a side, and twigs that leave it."""
    root = np.array([rng.uniform(0.15, 0.85), rng.uniform(0.98, 1.1)])
    towards = rng.uniform((0.25, 0.2), (0.75, 0.5)) - root
    angle = np.arctan2(towards[1], towards[0])
    turns = rng.normal(0, 0.05, (1, _STEPS))
    main = grow(root[None], np.array([angle]), rng.uniform(0.6, 1.0, 1), turns)[0]
    count = int(rng.integers(3, 9))
    starts = rng.integers(6, _STEPS - 3, count)
    sides = angle + rng.choice([-1, 1], count) * rng.uniform(0.4, 0.9, count)
    bend = bend_towards(sides, -np.pi / 2, rng.uniform(0, 0.5, count), _STEPS)
    bend += 0.05 * rng.standard_normal(bend.shape)
    twigs = grow(main[starts], sides, rng.uniform(0.12, 0.35, count), bend)
    return np.concatenate([main[None], twigs])


def _wood(canvas: Canvas, branch: np.ndarray, width: float) -> None:
    outline = thick(branch, np.linspace(width, 0.3 * width, len(branch)))
    canvas.polygon(outline, (0.24, 0.17, 0.11))
    shine = thick(branch - 0.15 * width, np.linspace(width, 0.2 * width, len(branch)) * 0.3)
    canvas.polygon(shine, (0.42, 0.33, 0.24))


def _leaves(rng: np.random.Generator, canvas: Canvas, branch: np.ndarray, tone: np.ndarray) -> None:
    count = int(rng.integers(8, 26))
    length, slim = rng.uniform(0.04, 0.13), rng.uniform(0.2, 0.6)
    places = np.sort(rng.integers(4, len(branch), count))
    forward = np.arctan2(*np.gradient(branch, axis=0)[places].T[::-1])
    tilts = np.where(np.arange(count) % 2, 1, -1) * rng.uniform(0.5, 1.1, count)
    for place, angle, shade in zip(
        branch[places], forward + tilts, varied(rng, tone, count, 0.25), strict=True
    ):
        long = length * rng.uniform(0.6, 1.1)
        outline = leaf(long, long * slim * rng.uniform(0.4, 1), rng.normal(0, 0.08))
        half = len(outline) // 2 + 1
        rib = (outline[:half] + np.concatenate([outline[:1], outline[: half - 2 : -1]])) / 2
        lit = np.concatenate([outline[:half], rib[::-1]])  # the upper half turns to the light
        canvas.polygon(place + rotated(outline, angle), shade * 0.82)
        canvas.polygon(place + rotated(lit, angle), shade)
        canvas.line(place + rotated(rib, angle), 0.0015, np.clip(shade * 1.35, 0, 1))


def _needles(
    rng: np.random.Generator, canvas: Canvas, branch: np.ndarray, tone: np.ndarray
) -> None:
    count = int(rng.integers(120, 320))
    places = rng.uniform(2, len(branch) - 1.01, count)
    roots = (
        branch[places.astype(int)]
        + (places % 1)[:, None] * np.diff(branch, axis=0)[places.astype(int)]
    )
    forward = np.arctan2(*np.gradient(branch, axis=0)[places.astype(int)].T[::-1])
    angles = forward + rng.choice([-1, 1], count) * rng.uniform(0.3, 1.2, count)
    lengths = rng.uniform(0.03, 0.09) * rng.uniform(0.6, 1.2, count)
    curves = grow(roots, angles, lengths, np.zeros((count, 4)))
    canvas.strands(curves, np.full(count, rng.uniform(0.002, 0.005)), varied(rng, tone, count, 0.3))

"""Backgrounds without photographs: what a scene behind a subject is made of, in natural colours."""

import cv2
import numpy as np

from atnet.data.synthesis.shapes import rotated
from atnet.data.synthesis.textures import colour, noise_field, varied

_THEMES = {  # hue in degrees, saturation: each from and to
    "leaves": ((65, 125), (0.2, 0.65)),
    "earth": ((18, 45), (0.15, 0.6)),
    "sky": ((195, 220), (0.15, 0.6)),
    "stone": ((0, 360), (0.0, 0.12)),
    "evening": ((8, 40), (0.3, 0.75)),
}


def procedural_background(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Paints what may lie behind a subject: landscape, texture, clutter, wall, lights.

    A third are two such pictures that run into each other; two thirds are out of focus.

    Args:
        height: In pixels, at least 8.
        width: In pixels, at least 8.
        rng: Source of randomness; the same state gives the same values.

    Returns:
        float32 `(height, width, 3)`, RGB in [0, 1].

    Raises:
        ValueError: A side is too small.

    Reference:
        The clutter follows the dead leaves model: Lee, Mumford, Huang, "Occlusion Models for
        Natural Images", IJCV 2001.

    Example:
        >>> picture = procedural_background(48, 64, np.random.default_rng(1))
        >>> picture.shape, str(picture.dtype)
        ((48, 64, 3), 'float32')
    """
    if min(height, width) < 8:
        raise ValueError(f"height is {height}, width {width}; both must be at least 8")
    # What is out of focus is painted small and enlarged, which is cheaper than a wide blur.
    shrink = min(float(rng.choice([1, 1, 2, 3, 5, 8])), min(height, width) / 8)
    shape = round(height / shrink), round(width / shrink)
    picture = _paint(rng, shape)
    if rng.random() < 0.35:
        share = np.clip(4 * noise_field(rng, shape, (2, 2), 0.4) - 1.5, 0, 1)[..., None]
        picture += share * (_paint(rng, shape) - picture)
    if shrink > 1:
        picture = cv2.blur(picture, (3, 3), borderType=cv2.BORDER_REFLECT)
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.integers(256, size=(height, width, 1), dtype=np.uint8) - np.float32(127.5)
    return np.clip(picture + rng.uniform(0, 0.0002) * grain, 0, 1)


def _paint(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    painters = (_landscape, _cloudy, _cloudy, _clutter, _clutter, _bokeh, _stripes, _tiles)
    picture = painters[rng.integers(len(painters))](rng, shape)
    # Light falls off to one side and is uneven.
    across, _ = _axes(shape, rng.uniform(0, 2 * np.pi))
    uneven = noise_field(rng, shape, (2, 2), 0.3) - 0.5
    shade = 1 + rng.uniform(0, 0.5) * across + rng.uniform(0, 0.4) * uneven
    return picture * shade[..., None]


def _palette(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draws colours `(count, 3)` from dark to light, of a scene's own hues; at times one strays."""
    hues, saturations = _THEMES[list(_THEMES)[rng.integers(len(_THEMES))]]
    hue, spread = rng.uniform(*hues), rng.uniform(2, 18)
    levels = np.sort(np.exp(rng.normal(rng.uniform(-1.3, -0.25), rng.uniform(0.2, 0.7), count)))
    pixels = np.empty((1, count, 3), np.float32)
    pixels[0, :, 0] = (hue + spread * rng.standard_normal(count)) % 360
    pixels[0, :, 2] = np.clip(levels, 0.02, 1)
    pale = 1.1 - 0.6 * pixels[0, :, 2]  # what is bright is seldom vivid
    pixels[0, :, 1] = np.clip(pale * rng.uniform(*saturations) * rng.uniform(0.5, 1.4, count), 0, 1)
    colours = cv2.cvtColor(pixels, cv2.COLOR_HSV2RGB)[0]
    if rng.random() < 0.2:
        colours[rng.integers(count)] = colour(rng)
    return np.clip(colours, 0, 1)


def _coloured(value: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Looks values in [0, 1] up on a smooth scale through colours `(count, 3)`."""
    place, stops = np.linspace(0, 1, 256), np.linspace(0, 1, len(colours))
    scale = np.stack([np.interp(place, stops, channel) for channel in colours.T], 1)
    across = np.asarray(value * 255, np.float32)
    down = np.zeros_like(across)
    return cv2.remap(scale[None].astype(np.float32), across, down, cv2.INTER_LINEAR)


def _axes(shape: tuple[int, int], angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Makes coordinates along and across a direction; the longer side is 1, the middle 0."""
    row, column = np.ogrid[: shape[0], : shape[1]]
    y, x = (row - shape[0] / 2) / max(shape), (column - shape[1] / 2) / max(shape)
    cosine, sine = np.cos(angle), np.sin(angle)
    return (
        (x * cosine + y * sine).astype(np.float32),
        (y * cosine - x * sine).astype(np.float32),
    )


def _landscape(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Two gradients, as of sky and ground, that meet at an uneven horizon."""
    _, down = _axes(shape, rng.normal(0, 0.1))
    rough = noise_field(rng, shape, (3, 4), 0.55)
    depth = down + rng.uniform(0.02, 0.3) * (rough - 0.5) - rng.uniform(-0.25, 0.25)
    far = _coloured(np.clip(0.5 + down + 0.3 * (rough - 0.5), 0, 1), _palette(rng, 3)[::-1])
    near = _coloured(np.clip(0.3 + 0.6 * rough - 0.4 * down, 0, 1), _palette(rng, 4))
    return far + np.clip(0.5 + rng.uniform(3, 60) * depth, 0, 1)[..., None] * (near - far)


def _cloudy(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A fractal texture: cloud, plaster, and where it is stretched water, bark, wood."""
    cells = int(rng.integers(2, 8))
    stretch = int(rng.choice([1, 1, 1, 4, 8]))
    counts = (cells * stretch, cells) if rng.random() < 0.5 else (cells, cells * stretch)
    value = noise_field(rng, shape, counts, rng.uniform(0.4, 0.8))
    return _coloured(value, _palette(rng, int(rng.integers(2, 6))))


def _clutter(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Things that hide each other, many small and few large, as in the dead leaves model."""
    count, side = int(rng.integers(200, 600)), max(shape)
    colours = np.clip(_palette(rng, 24) * rng.uniform(0.8, 1.1, (24, 1)), 0, 1)
    radii = rng.uniform(0.015, 0.05) * side / np.sqrt(rng.uniform(0.01, 1, count))
    turns = rng.normal(rng.uniform(0, np.pi), rng.uniform(0.1, 2), count)
    flat, corners = rng.uniform(0.3, 1, count), rng.choice([3, 4, 4, 5, 24], count)
    # A triangle is 24 points too, of which eight at a time coincide.
    angles = 2 * np.pi * np.floor(np.arange(24) * corners[:, None] / 24) / corners[:, None]
    outlines = np.stack([np.cos(angles), flat[:, None] * np.sin(angles)], -1)
    outlines = radii[:, None, None] * rotated(outlines, turns[:, None])
    outlines += (rng.uniform(0, 1, (count, 2)) * shape[::-1])[:, None]
    picture = np.full((*shape, 3), 255 * colours[0], np.uint8)
    inks = (255 * colours[rng.integers(24, size=count)]).tolist()
    for outline, ink in zip(np.rint(outlines).astype(np.int32), inks, strict=True):
        cv2.fillPoly(picture, [outline], ink, cv2.LINE_AA)
    rough = 0.7 + 0.6 * noise_field(rng, shape, (8, 8), 0.7)
    return picture * (rough / np.float32(255))[..., None]


def _bokeh(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Lights and sunlit leaves far out of focus: bright discs before a dark ground."""
    picture = _coloured(
        noise_field(rng, shape, (2, 2), 0.4), rng.uniform(0.3, 0.9) * _palette(rng, 3)
    )
    colours, side = 0.2 + 0.8 * _palette(rng, 8), max(shape)
    common, fill = side * rng.uniform(0.02, 0.1), rng.uniform(0.1, 0.5)
    for _ in range(rng.integers(10, 70)):
        radius = max(1, round(common * rng.uniform(0.6, 1.3)))
        row, column = int(rng.integers(shape[0])), int(rng.integers(shape[1]))
        top, left = max(row - radius, 0), max(column - radius, 0)
        part = picture[top : row + radius + 1, left : column + radius + 1]
        disc = np.zeros(part.shape[:2], np.float32)
        cv2.circle(disc, (column - left, row - top), radius - 1, 1, cv2.FILLED)
        part += (fill * disc)[..., None] * (colours[rng.integers(len(colours))] - part)
    return picture


def _stripes(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Soft stripes: curtains, blinds, fields, fences."""
    across, along = _axes(shape, rng.uniform(0, np.pi))
    warp = rng.uniform(0, 0.3) * noise_field(rng, shape, (2, 3), 0.4)
    phase = rng.uniform(3, 25) * (across + warp + rng.uniform(0, 0.4) * across * along)
    value = 0.5 + 0.5 * np.sin(2 * np.pi * phase)
    value = value ** rng.uniform(0.5, 4) * 0.8 + 0.2 * noise_field(rng, shape, (6, 6), 0.7)
    return _coloured(value, _palette(rng, int(rng.integers(2, 5))))


def _tiles(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A wall or floor: bricks, tiles, slabs, shelves, with joints."""
    along, across = _axes(shape, rng.normal(0, 0.15) + float(rng.choice([0, 0, np.pi / 4])))
    count, long = rng.uniform(3, 14), rng.uniform(0.8, 3)
    level = 32 + count * across
    row = np.floor(level)
    place = 32 + count / long * along + float(rng.choice([0, 0.5])) * row
    column = np.floor(place)
    colours = varied(rng, _palette(rng, 1)[0], 64 * 64, rng.uniform(0, 0.35))
    colours = colours.reshape(64, 64, 3).astype(np.float32)
    picture = cv2.remap(colours, column, row, cv2.INTER_NEAREST, borderMode=cv2.BORDER_WRAP)
    # How far it is to the middle of the nearest joint, in tiles' heights.
    edge = np.minimum(0.5 - np.abs(level - row - 0.5), long * (0.5 - np.abs(place - column - 0.5)))
    joint = np.clip(1 - edge / rng.uniform(0.03, 0.1), 0, 1)[..., None]
    picture += joint * (rng.uniform(0.3, 1.5) * float(picture.mean()) - picture)
    return picture * (0.75 + 0.5 * noise_field(rng, shape, (6, 6), 0.7))[..., None]

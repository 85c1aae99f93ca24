"""Fur: an animal's outline, furry all over, with hairs that stand out from it."""

import cv2
import numpy as np

from atnet.data.synthesis.raster import Canvas, Layer
from atnet.data.synthesis.shapes import bend_towards, blob, ellipse, grow, leaf, rotated
from atnet.data.synthesis.textures import Texture, light, look_up, noise

_STEPS = 6
_COATS = np.array(
    [
        [0.93, 0.91, 0.87], [0.8, 0.7, 0.55], [0.66, 0.42, 0.2], [0.45, 0.3, 0.18],
        [0.25, 0.17, 0.12], [0.1, 0.09, 0.09], [0.5, 0.48, 0.46], [0.74, 0.72, 0.7],
    ]
)  # fmt: skip


def draw(rng: np.random.Generator, size: int, texture: Texture) -> Layer:
    """Draws an animal without a face."""
    skin = _skin(rng, size, texture)
    canvas, shape = Canvas(size), Canvas(size, 1)
    for outline in _animal(rng):
        canvas.polygon(outline, look_up(skin, outline.mean(0)) * 0.6)
        shape.polygon(outline, (1, 1, 1))
    body = shape.layer().alpha
    roots = _roots(rng, body)
    angles = _outward(body, roots) + 0.25 * rng.standard_normal(len(roots))
    angles += 1.5 * (look_up(noise(rng, size, 4), roots) - 0.5)
    lengths = rng.uniform(0.02, 0.07) * np.exp(0.35 * rng.standard_normal(len(roots)))
    turns = bend_towards(angles, np.pi / 2, rng.uniform(0.1, 0.6, len(roots)), _STEPS)
    turns += rng.uniform(0.02, 0.12) * rng.standard_normal(turns.shape)
    widths = rng.uniform(0.0012, 0.003) * np.exp(0.3 * rng.standard_normal(len(roots)))
    shades = rng.uniform(0.55, 1.25, (len(roots), 1))
    canvas.strands(grow(roots, angles, lengths, turns), widths, look_up(skin, roots) * shades)
    return canvas.layer().tinted(light(rng, size, 0.8))


def _skin(rng: np.random.Generator, size: int, texture: Texture) -> np.ndarray:
    """The texture's pattern, mostly in the browns, greys, black and white that animals have."""
    pattern = texture(rng, size)
    if rng.random() < 0.2:
        return pattern
    light, dark = (_COATS[rng.integers(len(_COATS))] * rng.uniform(0.6, 1.1) for _ in range(2))
    value = pattern.mean(2, keepdims=True)
    share = np.clip((value - value.min()) / (np.ptp(value) + 0.05), 0, 1)
    mixed = dark + (0.5 + 0.5 * share if rng.random() < 0.5 else share) * (light - dark)
    return np.clip(mixed, 0, 1).astype(np.float32)


def _animal(rng: np.random.Generator) -> list[np.ndarray]:
    head = np.array([rng.uniform(0.4, 0.6), rng.uniform(0.3, 0.42)])
    radius = rng.uniform(0.12, 0.2)
    body = blob(rng, head + np.array([0, 1.9 * radius]), 1.6 * radius, 0.12)
    parts = [body, ellipse(head, (radius, radius * rng.uniform(0.8, 1.05)))]
    tall, wide = radius * rng.uniform(0.5, 1.8), radius * rng.uniform(0.35, 0.7)
    for side in (-1, 1):
        root = head + radius * np.array([side * 0.6, -0.6])
        parts.append(root + rotated(leaf(tall, wide), -np.pi / 2 + side * rng.uniform(0.1, 0.6)))
    return parts


def _roots(rng: np.random.Generator, body: np.ndarray) -> np.ndarray:
    """Places all over the body, denser at its edge, from below to above so that hairs shingle."""
    inside = (body > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    near = (depth > 0) & (depth < 0.03 * len(body))
    chosen = []
    for mask, count in ((inside > 0, 3000), (near, rng.integers(1800, 3500))):
        places = np.argwhere(mask)[:, ::-1]
        chosen.append(places[rng.integers(len(places), size=count)])
    roots = (np.concatenate(chosen) + rng.uniform(0, 1, (sum(map(len, chosen)), 2))) / len(body)
    return roots[np.argsort(-roots[:, 1], kind="stable")]


def _outward(body: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Directions in which the body gets thinner."""
    soft = cv2.GaussianBlur(body, (0, 0), 0.05 * len(body))
    down, right = np.gradient(soft)
    return np.arctan2(-look_up(down, points), -look_up(right, points))

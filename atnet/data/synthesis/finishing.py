"""What happens to any foreground once it is drawn: blur, holes, colour where nothing is."""

import cv2
import numpy as np

from atnet.data.synthesis.raster import Layer, coverage, straight
from atnet.data.synthesis.shapes import blob

_LEAST = 0.5 / 255  # alpha that 8 bits cannot tell from 0, or from 1


def finish(rng: np.random.Generator, layer: Layer) -> Layer:
    """Applies holes, defocus and motion blur, each at times, and makes the colour whole.

    Args:
        rng: Source of randomness.
        layer: What was drawn.

    Returns:
        Alpha with exact zeros and ones, colour defined everywhere.
    """
    size = len(layer.alpha)
    if rng.random() < 0.08:
        layer = with_holes(rng, layer)
    chance = rng.random()
    if chance < 0.15:
        layer = blurred(layer, bokeh_kernel(size * rng.uniform(0.001, 0.009)))
    elif chance < 0.25:
        layer = blurred(layer, motion_kernel(size * rng.uniform(0.004, 0.03), rng.uniform(0, 3.2)))
    return diffused(layer)


def with_holes(rng: np.random.Generator, layer: Layer) -> Layer:
    """Cuts one to three round or ragged holes."""
    size = len(layer.alpha)
    alpha = layer.alpha
    for _ in range(rng.integers(1, 4)):
        outline = blob(rng, rng.uniform(0.3, 0.7, 2), rng.uniform(0.02, 0.07), 0.3)
        alpha = alpha * (1 - coverage(outline, size))
    return Layer(layer.colour, alpha)


def blurred(layer: Layer, kernel: np.ndarray) -> Layer:
    """Blurs premultiplied colour and alpha alike, as a lens and a shutter do.

    Args:
        layer: What is in front of the lens.
        kernel: `(k, k)`, of sum 1.

    Returns:
        The layer as a camera sees it; nothing beyond the image's edge shines in.
    """
    mixed = np.dstack([layer.premultiplied(), layer.alpha])
    mixed = cv2.filter2D(mixed, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return straight(mixed[..., :3], mixed[..., 3])


def bokeh_kernel(radius: float) -> np.ndarray:
    """Makes the disc that a point out of focus becomes; `radius` in pixels.

    Example:
        >>> bokeh_kernel(1.5).shape
        (5, 5)
    """
    reach = int(np.ceil(radius))
    side = 2 * reach + 1
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    circle = radius * np.stack([np.cos(angle), np.sin(angle)], 1)
    disc = coverage((circle + side / 2) / side, side, 8)
    return disc / disc.sum()


def motion_kernel(length: float, angle: float) -> np.ndarray:
    """Makes the short line that a moving point becomes; `length` in pixels."""
    reach = int(np.ceil(length / 2))
    side = 2 * reach + 1
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]]) / 2
    line = np.array([-along, along]) * length / 2
    corners = np.concatenate([line + across, (line - across)[::-1]])
    streak = coverage((corners + side / 2) / side, side, 8)
    return streak / streak.sum()


def diffused(layer: Layer) -> Layer:
    """Lets the colour spread to where alpha is 0, and makes near 0 and 1 exact.

    Colours flow outwards over a pyramid: each level fills what it can see, coarser ones the rest.

    Args:
        layer: Any layer that covers something.

    Returns:
        A layer whose colour is defined and smooth everywhere.
    """
    alpha = layer.alpha.astype(np.float32)
    alpha = np.where(alpha < _LEAST, 0, np.where(alpha > 1 - _LEAST, 1, alpha)).astype(np.float32)
    weight = alpha[..., None]
    spread = _pull(layer.colour * weight, alpha)
    # Under little alpha a colour is of little weight and much noise: half its neighbours' then.
    trust = np.clip(weight * 8, 0, 1)
    colour = trust * layer.colour + (1 - trust) * spread
    return Layer(np.clip(colour, 0, 1).astype(np.float32), alpha)


def _pull(total: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The mean colour nearby: this level's where it has weight, the coarser level's elsewhere."""
    height, width = weight.shape
    if min(height, width) <= 2:
        return np.broadcast_to(
            total.sum((0, 1)) / max(float(weight.sum()), 1e-9), total.shape
        ).astype(np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    coarse = _pull(
        cv2.resize(total, half, interpolation=cv2.INTER_AREA),
        cv2.resize(weight, half, interpolation=cv2.INTER_AREA),
    )
    coarse = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    little = np.float32(0.02)
    return (total + little * coarse) / (weight[..., None] + little)

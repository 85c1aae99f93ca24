"""From a cropped foreground and background to a training sample: colours, composite, trimap."""

from typing import NamedTuple

import cv2
import numpy as np

from atnet.arrays import to_bytes, to_float
from atnet.data.training.camera import photographed
from atnet.data.training.crops import Cutout
from atnet.trimaps import BACKGROUND, FOREGROUND, UNKNOWN

BLURRED, PULLED = 0.5, 0.3
"""Shares of samples whose background is blurred, and whose background is pulled towards the
foreground's colour."""
WIDE, WHOLE = 0.3, 0.06
"""Shares of samples whose trimap is drawn from wide radii, and where all of the object is unknown,
as around a box or a coarse mask."""
RADII, WIDE_RADII = (1, 21), (3, 150)
"""Pixels by which the certain parts of a trimap are eroded: drawn evenly, or evenly on a
logarithmic axis."""
CERTAIN = (3, 252)
"""Alpha up to the first is certain background, from the second certain foreground, of 255."""


class Sample(NamedTuple):
    """What the network sees, and what it is compared with.

    Attributes:
        image: uint8 `(S, S, 3)`.
        trimap: uint8 `(S, S)` with values 0, 128 and 255.
        alpha: uint8 `(S, S)`.
        foreground: uint8 `(S, S, 3)`.
        background: uint8 `(S, S, 3)`.
    """

    image: np.ndarray
    trimap: np.ndarray
    alpha: np.ndarray
    foreground: np.ndarray
    background: np.ndarray


def make_sample(cutout: Cutout, background: np.ndarray, rng: np.random.Generator) -> Sample:
    """Makes a training sample.

    Args:
        cutout: Foreground and alpha, `(S, S)`.
        background: uint8 `(S, S, 3)`.
        rng: Source of randomness.

    Returns:
        The sample; but for what the camera does and rounding, image = alpha F + (1 - alpha) B.
    """
    foreground, background = jittered(cutout.colour, rng), jittered(background, rng)
    if rng.random() < BLURRED:
        background = blurred(background, rng)
    if rng.random() < PULLED:
        background = pulled(background, Cutout(foreground, cutout.alpha), rng)
    image = photographed(composite_bytes(foreground, background, cutout.alpha), rng)
    trimap = random_trimap(cutout.alpha, rng)
    return Sample(image, trimap, cutout.alpha, foreground, background)


def merged(first: Cutout, second: Cutout) -> Cutout:
    """Lays one foreground over another: both as one foreground.

    Args:
        first: In front.
        second: Behind, of the same size.

    Returns:
        Alpha 1 - (1 - a1) (1 - a2), and the colour that gives, over any background, what both
        give one after the other.

    Example:
        >>> grey = np.full((1, 1, 3), 100, np.uint8)
        >>> half = np.full((1, 1), 128, np.uint8)
        >>> merged(Cutout(grey, half), Cutout(grey, half)).alpha.tolist()
        [[192]]
    """
    front, behind = to_float(first.alpha), to_float(second.alpha)
    alpha = front + behind * (1 - front)
    share = np.ones_like(alpha)
    np.divide(front, alpha, out=share, where=alpha > 0)
    colour = cv2.blendLinear(first.colour, second.colour, share, 1 - share)
    return Cutout(colour, cv2.convertScaleAbs(alpha, alpha=255))


def jittered(colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Changes saturation, gamma, contrast, and the brightness of each channel.

    Args:
        colour: uint8 `(H, W, 3)`.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    saturation, contrast = rng.uniform(0.3, 1.4), rng.uniform(0.7, 1.3)
    gamma, brightness = np.exp(rng.uniform(-0.5, 0.5)), rng.uniform(-0.08, 0.08, 3)
    mixture = saturation * np.eye(3) + (1 - saturation) / 3
    colour = cv2.transform(colour, mixture)
    middle = (np.array(cv2.mean(colour)[:3]) / 255) ** gamma
    curve = (np.arange(256)[:, None] / 255) ** gamma
    curve = (curve - middle) * contrast + middle + brightness
    return cv2.LUT(colour, to_bytes(curve)[None])


def blurred(background: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Puts a background out of focus, by a standard deviation of 0.7 to 6 pixels.

    Args:
        background: uint8 `(H, W, 3)`.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    side = 2 * int(rng.integers(1, 15)) + 1
    return cv2.stackBlur(background, (side, side))


def pulled(background: np.ndarray, cutout: Cutout, rng: np.random.Generator) -> np.ndarray:
    """Moves a background's mean colour most of the way to that of the visible foreground.

    Args:
        background: uint8 `(H, W, 3)`.
        cutout: What will be in front of it.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    missing = np.subtract(cv2.mean(cutout.colour, cutout.alpha), cv2.mean(background))
    return cv2.add(background, rng.uniform(0.3, 1) * missing)


def composite_bytes(
    foreground: np.ndarray, background: np.ndarray, alpha: np.ndarray
) -> np.ndarray:
    """Makes the composite alpha F + (1 - alpha) B in whole numbers, exactly rounded.

    Args:
        foreground: uint8 `(H, W, 3)`.
        background: uint8 `(H, W, 3)`.
        alpha: uint8 `(H, W)`.

    Returns:
        uint8 `(H, W, 3)`.
    """
    weight = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    total = np.multiply(foreground, weight, dtype=np.uint16)
    total += np.multiply(background, cv2.bitwise_not(weight), dtype=np.uint16)
    return cv2.convertScaleAbs(total, alpha=1 / 255)


def random_trimap(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws how far a trimap's certain parts keep away from the unknown, and makes it.

    Args:
        alpha: uint8 `(H, W)`.
        rng: Source of randomness.

    Returns:
        Trimap, uint8 `(H, W)`.
    """
    kind = rng.random()
    if kind < WIDE + WHOLE:
        radii = np.exp(rng.uniform(np.log(WIDE_RADII[0]), np.log(WIDE_RADII[1]), 2))
    else:
        radii = rng.integers(RADII[0], RADII[1] + 1, 2)
    if kind < WHOLE:
        radii[1] = np.inf
    trimap = np.full_like(alpha, UNKNOWN)
    trimap[_eroded(alpha <= CERTAIN[0], radii[0])] = BACKGROUND
    trimap[_eroded(alpha >= CERTAIN[1], radii[1])] = FOREGROUND
    return trimap


def _eroded(region: np.ndarray, radius: float) -> np.ndarray:
    # Distances to within 2 %, at a quarter of the time of exact ones.
    distance = cv2.distanceTransform(region.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return distance > radius

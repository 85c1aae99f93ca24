"""How far to believe the refinement: what the picture itself tells of it, without the truth.

Colour lines follow each hair in a clear picture, and lead astray where colours do not say where the
object ends. A share between 0 and 1 of the way from the network's alpha to the refined one is gone:

    share = doubt * clarity * locality

None of them asks what the network finds familiar: they must hold for photographs, and it was
trained on drawings. Their limits were chosen by the development scenes of alphamatting.com, as they
are and as JPEG, and by drawn composites; docs/refinement.md has the figures.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from atnet.arrays import to_float
from atnet.tiling import blocks_of

DOUBT, DOUBT_RADIUS = (0.02, 0.2), 8
"""Mean of 4 p (1 - p) around a pixel from which it is refined, and wholly; in pixels."""
SHARPNESS = 0.6, 0.8
"""How sharp colour is beside brightness: from half of its detail lost, as in JPEG, to none lost."""
COLOURFULNESS = 0.1, 0.25
"""Contrast of colour beside that of brightness: below, a picture is grey and has no lines."""
NOISE = 0.0025, 0.006
"""Standard deviation of brightness from which noise is seen, and matters wholly."""
COHERENCE, COHERENCE_RADIUS = (0.68, 0.8), 5
"""Part of the change that is common to neighbours, from none to all of which is too much."""
_STRIP, _BLOCK = 2**20, 512  # pixels, and pixels of a side, that are looked at together


def doubt(
    prior: np.ndarray, unknown: np.ndarray
) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """Where the network leaves something open: hair and veils, but no edge that it sees sharply.

    Args:
        prior: float32 `(H, W)` in [0, 1], the network's alpha.
        unknown: bool `(H, W)`.

    Returns:
        Of each part of the picture that has unknown pixels, its index and float32 `(h, w)` in
        [0, 1], 0 where alpha is known.

    Example:
        >>> prior = np.full((32, 32), 0.5, np.float32)
        >>> [found.min().item() for _, found in doubt(prior, prior == 0.5)]
        [1.0]
        >>> prior = (np.arange(32) > 15).astype(np.float32)[None].repeat(32, axis=0)
        >>> [found.max().item() for _, found in doubt(prior, prior >= 0)]
        [0.0]
    """
    for block in blocks_of(unknown, _BLOCK):
        seen = block.widened(DOUBT_RADIUS, prior.shape)
        near = prior[seen.slices]
        openness = _mean(4 * near * (1 - near), DOUBT_RADIUS)[block.within(seen)]
        yield block.slices, _between(openness, *DOUBT) * unknown[block.slices]


def clarity(image: np.ndarray, unknown: np.ndarray) -> float:
    """How well the picture shows colours: less in JPEG, less in noise, not at all in grey.

    JPEG and the mosaic of a camera's sensor keep brightness at each pixel and colour at every
    other, so that colours beside an edge are on no line. It shows as detail (what 3 x 3 pixels do
    not have in common) that colour lacks and brightness has, compared with coarser contrasts (what
    3 x 3 have in common and 9 x 9 do not).

    Args:
        image: `(H, W, 3)`, any type of pixels.
        unknown: bool `(H, W)`, where colours matter.

    Returns:
        A share in [0, 1].

    Reference:
        Choi, Kim, Brown, Tai, "A Learning-Based Approach to Reduce JPEG Artifacts in Image
        Matting", ICCV 2013, for the harm; Immerkaer, "Fast Noise Variance Estimation", CVIU 1996,
        for the filter that measures noise.

    Example:
        >>> clarity(np.full((8, 8, 3), 0.5, np.float32), np.ones((8, 8), bool))
        0.0
    """
    detail, coarse, noise = _contrasts(image, unknown)
    sharpness = np.sqrt(_ratio(*detail) / max(_ratio(*coarse), 1e-12))
    return float(
        _smooth(np.sqrt(_ratio(*coarse)), *COLOURFULNESS)
        * (0.5 + 0.5 * _smooth(sharpness, *SHARPNESS))
        * (1 - 0.5 * _smooth(noise, *NOISE))
    )


def locality(change: np.ndarray, unknown: np.ndarray) -> float:
    """Whether refinement moves detail, as it should, or whole areas, as if it knew better.

    Args:
        change: float32 `(H, W)`, what colour lines add to the network's alpha.
        unknown: bool `(H, W)`.

    Returns:
        A share in [0, 1]: 0 where all pixels change in one sense.

    Example:
        >>> change, everywhere = np.full((64, 64), 0.1, np.float32), np.ones((64, 64), bool)
        >>> locality(change, everywhere)
        0.0
        >>> locality(change * (-1) ** np.arange(64), everywhere)
        1.0
    """
    common = total = 0.0
    for block in blocks_of(unknown, _BLOCK):
        seen = block.widened(COHERENCE_RADIUS, change.shape)
        near, inside = change[seen.slices] * unknown[seen.slices], block.within(seen)
        mean = _mean(near, COHERENCE_RADIUS)[inside]
        common += np.abs(mean)[unknown[block.slices]].sum(dtype=np.float64)
        total += np.abs(near[inside]).sum(dtype=np.float64)
    return 1 - float(_smooth(common / (total + 1e-3), *COHERENCE))


def _contrasts(image: np.ndarray, unknown: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Squares of colour and brightness, of detail and of coarser contrasts; and the noise."""
    detail, coarse, roughness = np.zeros(2), np.zeros(2), []
    height, width = unknown.shape
    rows = min(max(_STRIP // width, 16), 256)
    for top in range(0, height, rows):
        begin = max(top - 4, 0)
        colours = to_float(image[begin : top + rows + 4])
        wanted = unknown[begin : top + rows + 4].copy()
        wanted[: top - begin] = wanted[top - begin + rows :] = False
        brightness = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)[..., None]
        channels = np.dstack([brightness, colours[..., ::2] - brightness])
        near, far = cv2.blur(channels, (3, 3)), cv2.blur(channels, (9, 9))
        detail += _squares(channels - near, wanted)
        coarse += _squares(near - far, wanted)
        roughness.append(_roughness(colours).ravel())
    # Of white noise, that is 0.65 of its standard deviation; the smoothest tenth has no texture.
    return detail, coarse, float(np.quantile(np.concatenate(roughness), 0.1)) / 0.65


def _squares(channels: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    brightness, red, blue = np.square(channels[wanted], dtype=np.float64).sum(axis=0)
    return np.array([red + blue, brightness])


def _roughness(colours: np.ndarray) -> np.ndarray:
    """Mean size in 9 x 9 pixels of what is left without all that is smooth; every fourth pixel."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    return cv2.blur(np.abs(cv2.filter2D(colours.mean(axis=2), -1, kernel)), (9, 9))[::4, ::4]


def _ratio(colour: float, brightness: float) -> float:
    return colour / max(brightness, 1e-12)


def _mean(values: np.ndarray, radius: int) -> np.ndarray:
    side = 2 * radius + 1
    return cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT)


def _between(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 up to `low`, 1 from `high` on, straight between."""
    return np.clip((values - low) / (high - low), 0, 1)


def _smooth(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high` on, an S between."""
    step = min(max((value - low) / (high - low), 0), 1)
    return step * step * (3 - 2 * step)

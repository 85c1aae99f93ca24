"""Colour-line refinement: the network's sense with the picture's own detail."""

import numpy as np

from atnet.arrays import to_float
from atnet.matting.evidence import clarity, doubt, locality
from atnet.matting.laplacian import solve
from atnet.tiling import Progress, Tiling

WEIGHT, FLOOR, POWER = 0.01, 0.02, 8
"""Trust in an alpha p is WEIGHT * (|2 p - 1|^POWER + FLOOR): much where it is near 0 or 1."""


def refine(
    image: np.ndarray,
    prior: np.ndarray,
    unknown: np.ndarray,
    tiling: Tiling,
    progress: Progress | None = None,
) -> np.ndarray:
    """Moves the network's alpha towards one on colour lines, as far as the picture speaks for it.

    Args:
        image: `(H, W, 3)`, any type of pixels.
        prior: float32 `(H, W)` in [0, 1], the network's alpha.
        unknown: bool `(H, W)`, the pixels that may change.
        tiling: Bounds how much is solved at once.
        progress: Is told of each part that is solved.

    Returns:
        float32 `(H, W)` in [0, 1], equal to the prior where nothing is open.

    Example:
        >>> hair = np.zeros((9, 9, 3), np.float32)
        >>> hair[:, 4] = [0.9, 0.6, 0.2]
        >>> prior = np.full((9, 9), 0.5, np.float32)
        >>> prior[:, [0, 8]] = 0
        >>> prior[0, 4] = 1
        >>> refine(hair, prior, prior == 0.5, Tiling(512 * 512))[4].round(1).tolist()
        [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    where = np.zeros(prior.shape, bool)
    for part, doubts in doubt(prior, unknown):
        where[part] = doubts > 0
    change = np.zeros(prior.shape, np.float32)
    tiling.blend(
        tiling.plan(where),
        lambda part: follow_lines(to_float(image[part]), prior[part], where[part]) - prior[part],
        change,
        progress,
    )
    # In place, with doubt looked at once more: a large picture is held as seldom as can be.
    share = clarity(image, unknown) * locality(change, where)
    for part, doubts in doubt(prior, unknown):
        change[part] *= share * doubts
    change += prior
    return change


def follow_lines(image: np.ndarray, prior: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Gives an alpha the detail of the picture; what it is sure of hardly moves.

    Args:
        image: float `(H, W, 3)` in [0, 1].
        prior: float32 `(H, W)` in [0, 1], the network's alpha.
        where: bool `(H, W)`, the pixels that may change.

    Returns:
        float32 `(H, W)` in [0, 1], equal to the prior elsewhere.

    Reference:
        Gastal, Oliveira, "Shared Sampling for Real-Time Alpha Matting", Eurographics 2010, for
        a prior that is weighted by confidence.

    Example:
        >>> image = np.linspace(0, 1, 15).reshape(1, 5, 3).repeat(5, axis=0)
        >>> prior = np.array([[0, 0.1, 0.5, 0.9, 1]], np.float32).repeat(5, axis=0)
        >>> where = np.zeros((5, 5), bool)
        >>> where[:, 1:4] = True
        >>> follow_lines(image, prior, where)[2].astype(float).round(1).tolist()
        [0.0, 0.2, 0.5, 0.8, 1.0]
    """
    trust = WEIGHT * (np.abs(2 * prior.astype(np.float64) - 1) ** POWER + FLOOR)
    return solve(image, prior, where, trust)

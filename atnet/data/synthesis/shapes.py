"""Curves and outlines; positions are x and y in shares of the image's side."""

import numpy as np


def blob(
    rng: np.random.Generator, centre: np.ndarray, radius: float, roughness: float
) -> np.ndarray:
    """Makes a closed, smooth, irregular outline.

    Args:
        rng: Source of randomness.
        centre: `(2,)`.
        radius: Mean radius of the longer axis.
        roughness: 0 for an ellipse; 0.3 is craggy.

    Returns:
        `(240, 2)`.
    """
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    waves = np.arange(2, 10)[:, None]
    sizes = roughness / waves * rng.normal(size=waves.shape)
    distance = 1 + (sizes * np.cos(waves * angle + rng.uniform(0, 7, waves.shape))).sum(0)
    distance = radius * np.clip(distance, 0.3, 2)
    outline = np.stack([distance * np.cos(angle), rng.uniform(0.7, 1) * distance * np.sin(angle)])
    return centre + rotated(outline.T, rng.uniform(0, np.pi))


def ellipse(centre: np.ndarray, radii: tuple[float, float], turn: float = 0) -> np.ndarray:
    """Makes the outline `(96, 2)` of an ellipse."""
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    return centre + rotated(np.stack([radii[0] * np.cos(angle), radii[1] * np.sin(angle)], 1), turn)


def rotated(points: np.ndarray, angle: float | np.ndarray) -> np.ndarray:
    """Turns points `(..., 2)` about the origin, from x towards y.

    Example:
        >>> rotated(np.array([1.0, 0.0]), np.pi / 2).round(6).tolist()
        [0.0, 1.0]
    """
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y = points[..., 0], points[..., 1]
    return np.stack([x * cosine - y * sine, x * sine + y * cosine], -1)


def smooth(points: np.ndarray, count: int) -> np.ndarray:
    """Draws a smooth curve through points: Catmull-Rom, `(P, 2)` to `(count, 2)`.

    Example:
        >>> smooth(np.array([[0.0, 0.0], [1.0, 2.0]]), 3).tolist()
        [[0.0, 0.0], [0.5, 1.0], [1.0, 2.0]]
    """
    ends = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    position = np.linspace(0, len(points) - 1, count)
    index = np.minimum(position.astype(int), len(points) - 2)
    part = (position - index)[:, None]
    before, start, end, after = (ends[index + shift] for shift in range(4))
    return 0.5 * (
        2 * start
        + (end - before) * part
        + (2 * before - 5 * start + 4 * end - after) * part**2
        + (3 * start - before - 3 * end + after) * part**3
    )


def grow(
    roots: np.ndarray, angles: np.ndarray, lengths: np.ndarray, turns: np.ndarray
) -> np.ndarray:
    """Grows lines step by step.

    Args:
        roots: `(n, 2)`.
        angles: `(n,)`, direction of the first step.
        lengths: `(n,)`, of the whole line.
        turns: `(n, steps)`, change of direction before each step.

    Returns:
        `(n, steps + 1, 2)`.

    Example:
        >>> one = np.ones(1)
        >>> grow(np.zeros((1, 2)), 0 * one, one, np.zeros((1, 2)))[0].tolist()
        [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]
    """
    direction = angles[:, None] + np.cumsum(turns, axis=1)
    steps = np.stack([np.cos(direction), np.sin(direction)], -1)
    steps *= (lengths / turns.shape[1])[:, None, None]
    return np.concatenate([roots[:, None], roots[:, None] + np.cumsum(steps, axis=1)], axis=1)


def bend_towards(angles: np.ndarray, target: float, strength: np.ndarray, steps: int) -> np.ndarray:
    """Turns `(n, steps)` that bring directions nearer to a target, more so towards the tip.

    Args:
        angles: `(n,)`, directions at the root.
        target: Direction to bend to; pi / 2 is down.
        strength: `(n,)`, share of the angle between them that is turned in all.
        steps: Steps of the line.

    Returns:
        Turns for `grow`.
    """
    rest = np.arctan2(np.sin(target - angles), np.cos(target - angles))
    growing = np.linspace(0.2, 1, steps)
    return (strength * rest)[:, None] * growing / growing.sum()


def leaf(length: float, width: float, bend: float = 0) -> np.ndarray:
    """Makes a pointed outline `(24, 2)` from the origin along x; `bend` lifts its middle."""
    along = np.linspace(0, 1, 13)
    half = np.sin(np.pi * along**0.8) * width / 2
    middle = bend * length * np.sin(np.pi * along)
    upper = np.stack([along * length, middle + half], 1)
    lower = np.stack([along * length, middle - half], 1)
    return np.concatenate([upper[:-1], lower[:0:-1]])


def thick(points: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Makes the outline `(2 P, 2)` of a line `(P, 2)` with a width `(P,)` at every point."""
    along = np.gradient(points, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    across *= widths[:, None] / 2 / (np.linalg.norm(across, axis=1, keepdims=True) + 1e-12)
    return np.concatenate([points + across, (points - across)[::-1]])

"""Random square crops of foregrounds and backgrounds: turned, scaled, mirrored."""

from typing import NamedTuple

import cv2
import numpy as np

from atnet.arrays import three_channels

FOREGROUND_SCALES = (0.45, 1.5)
"""Source pixels to one pixel of the crop, drawn evenly on a logarithmic axis."""
BACKGROUND_SHARES = (0.35, 0.9)
"""Side of the crop as a share of the background's shorter side, drawn likewise."""
FOREGROUND_TURN, BACKGROUND_TURN = 0.5, 0.1
"""Standard deviations of the angle, in radians."""
OFF_CENTRE = 0.1
"""Standard deviation of the way from an unknown pixel to the crop's centre, in sides."""
SOFT = (5, 250)
"""Alpha between these, of 255, counts as soft: about 2 % and 98 %."""
_HIDDEN = 0.01
"""Weight of a colour under alpha = 0, of 255: enough to stay where nothing else is."""
_TRIES = 256
"""Pixels that are looked at before all are."""


class Cutout(NamedTuple):
    """A foreground with its alpha.

    Attributes:
        colour: uint8 `(H, W, 3)`, straight (not premultiplied).
        alpha: uint8 `(H, W)`.
    """

    colour: np.ndarray
    alpha: np.ndarray


class Window(NamedTuple):
    """A square of a picture that becomes a crop.

    Attributes:
        x: Column of its centre; 0 is the middle of the first pixel.
        y: Row of its centre.
        scale: Source pixels to one pixel of the crop.
        angle: Turn in radians.
        mirrored: Whether left and right change places.
    """

    x: float
    y: float
    scale: float
    angle: float = 0.0
    mirrored: bool = False

    def matrix(self, size: int) -> np.ndarray:
        """Returns the map `(2, 3)` from the crop's x and y to those of the picture.

        Example:
            >>> Window(x=10, y=20, scale=2).matrix(3) @ [0, 0, 1]
            array([ 8., 18.])
        """
        cosine, sine = self.scale * np.cos(self.angle), self.scale * np.sin(self.angle)
        linear = np.array([[cosine, -sine], [sine, cosine]])
        if self.mirrored:
            linear[:, 0] *= -1
        start = np.array([self.x, self.y]) - linear.sum(1) * (size - 1) / 2
        return np.column_stack([linear, start])

    def reduction(self) -> int:
        """Returns by how much (1, 2, 4 or 8) the picture may be reduced while it is decoded.

        Example:
            >>> [Window(0, 0, scale).reduction() for scale in (0.5, 1.4, 1.5, 3, 100)]
            [1, 1, 2, 4, 8]
        """
        return 2 ** int(np.clip(round(np.log2(self.scale)), 0, 3))

    def reduced(self, factor: int) -> "Window":
        """Returns the same window in a picture reduced by a factor."""
        x, y = (self.x + 0.5) / factor - 0.5, (self.y + 0.5) / factor - 0.5
        return self._replace(x=x, y=y, scale=self.scale / factor)


def foreground_window(alpha: np.ndarray, size: int, rng: np.random.Generator) -> Window:
    """Draws a window around an unknown pixel, near its centre unless that is near an edge.

    Args:
        alpha: uint8 `(H, W)`.
        size: Side of the crop in pixels.
        rng: Source of randomness.

    Returns:
        The window.
    """
    scale = _log_uniform(rng, *FOREGROUND_SCALES)
    row, column = divmod(_unknown_pixel(alpha, rng), alpha.shape[1])
    across, down = rng.normal(0, OFF_CENTRE * size * scale, 2)
    x = _inside(column + across, size * scale, alpha.shape[1])
    y = _inside(row + down, size * scale, alpha.shape[0])
    return Window(x, y, scale, rng.normal(0, FOREGROUND_TURN), rng.random() < 0.5)


def background_window(height: int, width: int, size: int, rng: np.random.Generator) -> Window:
    """Draws a window anywhere in a background; only its turn can carry corners over the edge.

    Args:
        height: Of the background in pixels.
        width: Of the background in pixels.
        size: Side of the crop in pixels.
        rng: Source of randomness.

    Returns:
        The window.
    """
    side = _log_uniform(rng, *BACKGROUND_SHARES) * min(height, width)
    x, y = ((rng.uniform(side, 2 * full - side) - 1) / 2 for full in (width, height))
    return Window(x, y, side / size, rng.normal(0, BACKGROUND_TURN), rng.random() < 0.5)


def crop(picture: np.ndarray, window: Window, size: int) -> np.ndarray:
    """Takes a crop; beyond its edges the picture goes on as its mirror image.

    Args:
        picture: `(H, W)` or `(H, W, C)`.
        window: What to take.
        size: Side of the crop in pixels.

    Returns:
        The crop, interpolated linearly: `(size, size)` or `(size, size, C)`.
    """
    if picture.ndim == 3 and picture.shape[2] == 3:  # OpenCV takes half the time for four channels
        taken = crop(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), window, size)
        return cv2.cvtColor(taken, cv2.COLOR_RGBA2RGB)
    matrix = window.matrix(size)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(
        picture, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )


def crop_cutout(cutout: Cutout, window: Window, size: int) -> Cutout:
    """Takes a crop of a foreground and its alpha.

    Colours are interpolated premultiplied, so that those hidden under alpha = 0 never bleed into
    an edge; where alpha is 0 in the crop the hidden ones stay.

    Args:
        cutout: The foreground.
        window: What to take.
        size: Side of the crop in pixels.

    Returns:
        The crop.
    """
    cutout, window = _neighbourhood(cutout, window, size)
    weight = cutout.alpha + np.float32(_HIDDEN)
    weighted = cv2.multiply(cutout.colour, three_channels(weight), dtype=cv2.CV_32F)
    taken = crop(cv2.merge([weighted, weight]), window, size)
    weight = cv2.extractChannel(taken, 3)
    colour = cv2.cvtColor(taken, cv2.COLOR_RGBA2RGB)
    colour /= three_channels(weight)
    return Cutout(cv2.convertScaleAbs(colour), cv2.convertScaleAbs(weight, beta=-_HIDDEN))


def _neighbourhood(cutout: Cutout, window: Window, size: int) -> tuple[Cutout, Window]:
    """Cuts away what a window does not touch, so that work depends on its size alone."""
    height, width = cutout.alpha.shape
    reach = window.scale * size * (abs(np.cos(window.angle)) + abs(np.sin(window.angle))) / 2 + 2
    left, top = max(int(window.x - reach), 0), max(int(window.y - reach), 0)
    right, bottom = min(int(window.x + reach) + 1, width), min(int(window.y + reach) + 1, height)
    near = (slice(top, bottom), slice(left, right))
    shifted = window._replace(x=window.x - left, y=window.y - top)
    return Cutout(cutout.colour[near], cutout.alpha[near]), shifted


def _unknown_pixel(alpha: np.ndarray, rng: np.random.Generator) -> int:
    """Draws a soft pixel; an alpha without any has its edges for it, one without edges anything."""
    places = rng.integers(alpha.size, size=_TRIES)
    places = places[_is_soft(alpha.reshape(-1)[places])]
    if not len(places):
        places = np.flatnonzero(_is_soft(alpha))
    if not len(places):
        places = np.flatnonzero(cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, np.ones((3, 3))))
    return int(places[rng.integers(len(places))] if len(places) else rng.integers(alpha.size))


def _is_soft(alpha: np.ndarray) -> np.ndarray:
    return (alpha > SOFT[0]) & (alpha < SOFT[1])


def _inside(centre: float, side: float, full: int) -> float:
    """Moves a window inside if it fits, else to the middle: beyond the edges are mirror images."""
    reach = min(side, full) / 2
    return float(np.clip(centre, reach - 0.5, full - reach - 0.5))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))

"""Exact coverage by supersampling: shapes are drawn hard-edged, S times as large, and averaged."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

FACTOR = 4
"""Samples per pixel and axis; coverage is off by at most about half a sample along an edge."""
_SHIFT = 6  # binary digits of the sub-sample position that OpenCV's rasteriser is given


class Layer(NamedTuple):
    """A picture with transparency: straight colour `(H, W, 3)` and alpha `(H, W)`, in [0, 1]."""

    colour: np.ndarray
    alpha: np.ndarray

    def premultiplied(self) -> np.ndarray:
        """Returns colour times alpha."""
        return self.colour * self.alpha[..., None]

    def tinted(self, factor: np.ndarray) -> "Layer":
        """Returns the layer with its colour multiplied, such as by light or a texture."""
        factor = factor if factor.ndim == 3 else factor[..., None]
        return Layer(np.clip(self.colour * factor, 0, 1), self.alpha)

    def faded(self, opacity: float | np.ndarray) -> "Layer":
        """Returns the layer with its alpha multiplied."""
        return Layer(self.colour, self.alpha * np.asarray(opacity, np.float32))


def straight(premultiplied: np.ndarray, alpha: np.ndarray) -> Layer:
    """Divides colour by alpha; where alpha is 0 the colour is 0.

    Args:
        premultiplied: float32 `(H, W, 3)`.
        alpha: float32 `(H, W)`.

    Returns:
        The layer.

    Example:
        >>> straight(np.full((1, 1, 3), 0.25), np.full((1, 1), 0.5)).colour[0, 0].tolist()
        [0.5, 0.5, 0.5]
    """
    colour = np.zeros_like(premultiplied)
    weight = alpha[..., None]
    np.divide(premultiplied, weight, out=colour, where=weight > 0)
    return Layer(np.clip(colour, 0, 1), np.clip(alpha, 0, 1))


def over(*layers: Layer) -> Layer:
    """Lays layers over each other, the first on top.

    Args:
        layers: At least one, all of one size.

    Returns:
        Their composite.

    Reference:
        Porter and Duff, "Compositing Digital Images", SIGGRAPH 1984.
    """
    colour, alpha = layers[-1].premultiplied(), layers[-1].alpha
    for layer in reversed(layers[:-1]):
        behind = 1 - layer.alpha
        colour = layer.premultiplied() + colour * behind[..., None]
        alpha = layer.alpha + alpha * behind
    return straight(colour, alpha)


class Canvas:
    """Draws opaque shapes one over the other; positions and widths are shares of the side.

    Args:
        size: Side of the finished square, in pixels.
        factor: Samples per pixel and axis.

    Example:
        >>> canvas = Canvas(8)
        >>> canvas.polygon([(0, 0), (0.5, 0), (0.5, 1), (0, 1)], (1, 0, 0))
        >>> canvas.layer().alpha[0].round().tolist()
        [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """

    def __init__(self, size: int, factor: int = FACTOR) -> None:
        self._size = size
        self._side = size * factor
        self._samples = np.zeros((self._side, self._side, 4), np.uint8)

    def polygon(self, points: np.ndarray | Sequence, colour: np.ndarray | Sequence) -> None:
        """Fills one outline `(P, 2)` of x and y with one colour."""
        cv2.fillPoly(self._samples, [self._grid(points)], _ink(colour), cv2.LINE_8, _SHIFT)

    def line(self, points: np.ndarray, width: float, colour: np.ndarray | Sequence) -> None:
        """Draws a line `(P, 2)` of one width, to the nearest odd number of samples."""
        # A thickness of 2 k covers 2 k + 1 samples, one of 1 covers 1.
        thickness = max(1, 2 * round((width * self._side - 1) / 2))
        ink = _ink(colour)
        cv2.polylines(
            self._samples, [self._grid(points)], False, ink, thickness, cv2.LINE_8, _SHIFT
        )

    def strands(self, curves: np.ndarray, widths: np.ndarray, colours: np.ndarray) -> None:
        """Draws many lines that narrow to a point.

        Args:
            curves: `(n, P, 2)`, each from root to tip.
            widths: `(n,)`, at the root.
            colours: `(n, 3)`.
        """
        fine = widths * self._side < 2
        inner = widths - 1 / self._side  # filling covers half a sample around an outline
        lines, ribbons = self._grid(curves), self._grid(_ribbons(curves, inner))
        for thin, line, ribbon, colour in zip(fine, lines, ribbons, colours, strict=True):
            if thin:
                cv2.polylines(self._samples, [line], False, _ink(colour), 1, cv2.LINE_8, _SHIFT)
            else:
                cv2.fillPoly(self._samples, [ribbon], _ink(colour), cv2.LINE_8, _SHIFT)

    def disc(
        self, centre: np.ndarray | Sequence, radius: float, colour: np.ndarray | Sequence
    ) -> None:
        """Fills a disc."""
        corners = int(np.clip(radius * self._side, 8, 200))
        angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        self.polygon(
            np.asarray(centre) + radius * np.stack([np.cos(angle), np.sin(angle)], 1), colour
        )

    def clip(self, points: np.ndarray | Sequence) -> None:
        """Erases whatever lies outside one outline `(P, 2)`."""
        keep = np.zeros(self._samples.shape[:2], np.uint8)
        cv2.fillPoly(keep, [self._grid(points)], 1, cv2.LINE_8, _SHIFT)
        self._samples *= keep[..., None]

    def erase(self, points: np.ndarray | Sequence) -> None:
        """Erases the inside of one outline `(P, 2)`."""
        cv2.fillPoly(self._samples, [self._grid(points)], (0, 0, 0, 0), cv2.LINE_8, _SHIFT)

    def layer(self) -> Layer:
        """Averages the samples of each pixel: coverage, and the mean colour of what covers."""
        samples = self._samples.astype(np.float32)
        size = (self._size, self._size)
        pixels = cv2.resize(samples, size, interpolation=cv2.INTER_AREA) / np.float32(255)
        return straight(pixels[..., :3], pixels[..., 3])

    def _grid(self, points: np.ndarray | Sequence) -> np.ndarray:
        # The rasteriser's whole numbers are centres of samples, ours are their edges.
        samples = np.asarray(points, np.float64) * self._side - 0.5
        bound = 8 * self._side  # far outside, and safe for 32 bits
        return np.rint(np.clip(samples, -bound, bound) * 2**_SHIFT).astype(np.int32, order="C")


def coverage(points: np.ndarray | Sequence, size: int, factor: int = FACTOR) -> np.ndarray:
    """Draws one outline alone.

    Args:
        points: `(P, 2)` in shares of the side.
        size: Side in pixels.
        factor: Samples per pixel and axis.

    Returns:
        float32 `(size, size)`, the covered share of each pixel.
    """
    samples = Canvas(size, factor)
    samples.polygon(points, (1, 1, 1))
    return samples.layer().alpha


def _ink(colour: np.ndarray | Sequence) -> tuple[float, float, float, float]:
    red, green, blue = (min(max(float(value), 0), 1) * 255 for value in colour)
    return round(red), round(green), round(blue), 255


def _ribbons(curves: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Outlines `(n, 2 P, 2)` of lines that narrow from their width to a point."""
    along = np.gradient(curves, axis=1)
    across = np.stack([-along[..., 1], along[..., 0]], -1)
    across /= np.linalg.norm(across, axis=-1, keepdims=True) + 1e-12
    taper = np.sqrt(np.linspace(1, 0.02, curves.shape[1]))[:, None]
    offset = across * taper * widths[:, None, None] / 2
    return np.concatenate([curves + offset, (curves - offset)[:, ::-1]], axis=1)

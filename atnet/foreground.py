"""Foreground colours behind a soft alpha, cutouts and composites."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from atnet.arrays import resized, to_float
from atnet.files.images import Picture, as_grey, as_image
from atnet.tiling import Rectangle, blocks_of, surroundings

_PASSES = ((2, 45), (2, 15), (2, 5), (2, 2), (1, 2), (1, 1))
"""From wide to fine: by what the picture is divided, and the radius in pixels at that size."""
_BLOCK = 1024
"""Pixels of the sides of squares that are computed one after another: about 200 MB for each."""
_MARGIN = 64
"""How far around soft pixels colours are found, too: who scales a cutout mixes them in."""
_REACH = 144
"""How far all passes together look: no more of the picture has a say in a square."""
_LITTLE = np.float32(1e-5)
"""Weight of what was found before; it counts only where no pixel is seen well."""
_POWER = 8
"""Of alpha, to weigh colours by: those of solid pixels are seen, those of faint ones guessed."""
_STRIP = 256  # rows


def estimate_foreground(image: Picture, alpha: Picture) -> np.ndarray:
    """Estimates the foreground's own colour at every pixel, so that no background bleeds in.

    Blur fusion from wide to fine: blurred foreground and background colours, then the smallest
    change of both that makes their composite equal the image. With the paper's two passes, a
    change of the foreground alone, or alpha itself as the weight of a colour, errors on composites
    of known colours are much larger. Where alpha is 0 the colour comes from the foreground near by
    (far away from its mean) and never from the image at that place.

    Args:
        image: `(H, W, 3)` RGB in any form that `as_image` takes.
        alpha: `(H, W)` in any form that `as_grey` takes.

    Returns:
        float32 `(H, W, 3)` in [0, 1].

    Raises:
        ValueError: Sizes differ, or an array has another shape, type or range.

    Reference:
        Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021.

    Example:
        >>> image = np.full((4, 4, 3), 0.5, np.float32)
        >>> estimate_foreground(image, np.ones((4, 4), np.float32))[0, 0]
        array([0.5, 0.5, 0.5], dtype=float32)
    """
    pixels = as_image(image)
    foreground = np.empty(pixels.shape, np.float32)
    for part, colours in foreground_parts(pixels, as_grey(alpha, "alpha")):
        foreground[part] = colours
    return foreground


def foreground_parts(
    image: np.ndarray, alpha: np.ndarray
) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """Estimates foreground colours as `estimate_foreground` does, but part by part.

    What is made of a large picture takes little memory so.

    Args:
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].
        alpha: `(H, W)`, likewise.

    Returns:
        The index of each part of the picture, and its colours, float32 `(h, w, 3)` in [0, 1].

    Raises:
        ValueError: Sizes differ.

    Example:
        >>> image, alpha = np.zeros((1500, 20, 3), np.uint8), np.zeros((1500, 20), np.uint8)
        >>> [colours.shape for _, colours in foreground_parts(image, alpha)]
        [(1024, 20, 3), (476, 20, 3)]
    """
    weight = to_float(alpha)
    _check_sizes(alpha=weight, image=image)
    means = _mean_colours(image, weight)
    for block in blocks_of(np.broadcast_to(np.True_, weight.shape), _BLOCK):
        yield block.slices, _colours(image, weight, block, means)


def cutout(image: Picture, alpha: Picture) -> np.ndarray:
    """Makes a cutout with straight (not premultiplied) alpha and clean colours.

    Args:
        image: `(H, W, 3)` RGB in any form that `as_image` takes.
        alpha: `(H, W)` in any form that `as_grey` takes.

    Returns:
        float32 `(H, W, 4)`, RGBA.

    Raises:
        ValueError: Sizes differ, or an array has another shape, type or range.
    """
    return np.dstack([estimate_foreground(image, alpha), to_float(as_grey(alpha, "alpha"))])


def composite(
    foreground: Picture, background: Picture | tuple[float, ...] | list[float], alpha: Picture
) -> np.ndarray:
    """Lays a foreground over a background: `alpha * foreground + (1 - alpha) * background`.

    Args:
        foreground: `(H, W, 3)` RGB in any form that `as_image` takes.
        background: The same, or the three values of one colour.
        alpha: `(H, W)` in any form that `as_grey` takes.

    Returns:
        float32 `(H, W, 3)` in [0, 1], not rounded.

    Raises:
        ValueError: Sizes differ, or an array has another shape, type or range.

    Example:
        >>> white, black = np.ones((1, 2, 3)), (0, 0, 0)
        >>> composite(white, black, np.array([[0, 51]], np.uint8))[0, :, 0].tolist()
        [0.0, 0.20000000298023224]
    """
    if isinstance(background, list | tuple):
        background = np.array(background, np.float32)
    if isinstance(background, np.ndarray) and background.shape == (3,):
        background = background[None, None]
    under, over = to_float(as_image(background)), to_float(as_image(foreground))
    weight = to_float(as_grey(alpha, "alpha"))
    _check_sizes(alpha=weight, foreground=over)
    if under.shape != (1, 1, 3):
        _check_sizes(alpha=weight, background=under)
    return _over(over, under, weight)


def blurred_background(image: Picture, alpha: Picture, radius: float) -> np.ndarray:
    """Puts the background of a photograph out of focus, without a halo of its foreground.

    Args:
        image: `(H, W, 3)` RGB in any form that `as_image` takes.
        alpha: `(H, W)` in any form that `as_grey` takes.
        radius: Of the blur in pixels, above 0.

    Returns:
        float32 `(H, W, 3)` in [0, 1]; inside of the foreground, colours of the background near by.

    Raises:
        ValueError: Sizes differ, or an array has another shape, type or range.

    Example:
        >>> image, alpha = np.zeros((9, 9, 3)), np.zeros((9, 9))
        >>> image[4, 4] = alpha[4, 4] = 1
        >>> float(blurred_background(image, alpha, 2).max())
        0.0
    """
    colours, over = to_float(as_image(image)), to_float(as_grey(alpha, "alpha"))
    _check_sizes(alpha=over, image=colours)
    mean = _mean_colours(colours, over)[1]
    count = 1 - over
    total = colours * count[..., None]
    half = max(1, round(radius / 2))
    for _ in range(3):  # three boxes are close to a lens, and cost the same at any radius
        total, count = _blur(total, half), _blur(count, half)
    return (total + _LITTLE * mean) / (count + _LITTLE)[..., None]


def _check_sizes(alpha: np.ndarray, **pictures: np.ndarray) -> None:
    for name, picture in pictures.items():
        if picture.shape[:2] != alpha.shape:
            raise ValueError(
                f"{name} is {picture.shape[:2]}, alpha {alpha.shape}; sizes must be equal"
            )


def _over(foreground: np.ndarray, background: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    weight = alpha[..., None]
    return weight * foreground + (1 - weight) * background


def _mean_colours(pixels: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the foreground and of the background, a few rows after others."""
    totals, counts = np.zeros((2, 3)), np.zeros((2, 1))
    for top in range(0, len(alpha), _STRIP):
        over = alpha[top : top + _STRIP].ravel()
        colours = to_float(pixels[top : top + _STRIP]).reshape(-1, 3)
        for number, weight in enumerate((over, 1 - over)):
            totals[number] += weight @ colours
            counts[number] += weight.sum(dtype=np.float64)
    over, under = (totals / np.maximum(counts, 1e-9)).astype(np.float32)
    return over, under


def _colours(
    pixels: np.ndarray, alpha: np.ndarray, block: Rectangle, means: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Foreground colours of a part: its own where alpha is 1, the mean far from all foreground."""
    colours = _over(to_float(pixels[block.slices]), means[0], alpha[block.slices])
    near = block.widened(_MARGIN, alpha.shape)
    soft = (alpha[near.slices] > 0) & (alpha[near.slices] < 1)
    box = surroundings(soft, _MARGIN).moved(near.top, near.left) if soft.any() else None
    part = block.common(box) if box else None
    if part:
        seen = part.widened(_REACH, alpha.shape)
        colours[part.within(block)] = _estimate(pixels, alpha, seen.slices, means)[
            part.within(seen)
        ]
    return colours


class _Pass(NamedTuple):
    """What a pass over any of the three channels needs: its radius, and alpha at its size.

    Attributes:
        alpha: float32 `(h, w)`, whose size is that of the pass.
        radius: Of the window, in pixels.
        weights: Of the foreground's and the background's colour at each pixel.
        reciprocals: Of these weights' means in the window.
    """

    alpha: np.ndarray
    radius: int
    weights: tuple[np.ndarray, np.ndarray]
    reciprocals: tuple[np.ndarray, np.ndarray]


def _estimate(
    pixels: np.ndarray,
    alpha: np.ndarray,
    part: tuple[slice, slice],
    means: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Foreground colours of a part; `means` stand where nothing is near."""
    rows, columns = part
    # From even pixels to even ones: all parts halve the picture alike.
    top, left = rows.start % 2, columns.start % 2
    height, width = rows.stop - rows.start, columns.stop - columns.start
    seen = slice(rows.start - top, rows.stop), slice(columns.start - left, columns.stop)
    margins = 0, (top + height) % 2, 0, (left + width) % 2
    image, alpha = (
        cv2.copyMakeBorder(whole[seen], *margins, cv2.BORDER_REPLICATE) for whole in (pixels, alpha)
    )
    weights = {divisor: _weights(alpha, divisor) for divisor, _ in _PASSES}
    passes = [_prepared(*weights[divisor], radius) for divisor, radius in _PASSES]
    channels = [
        _channel(channel, alpha, over, under, passes)
        for channel, over, under in zip(cv2.split(to_float(image)), *means, strict=True)
    ]
    return cv2.merge(channels)[top : top + height, left : left + width]


def _weights(alpha: np.ndarray, divisor: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Alpha at the size of some passes, and how well it shows foreground and background."""
    alpha = resized(alpha, *(side // divisor for side in alpha.shape))
    return alpha, cv2.pow(alpha, _POWER), cv2.pow(1 - alpha, _POWER)


def _prepared(alpha: np.ndarray, over: np.ndarray, under: np.ndarray, radius: int) -> _Pass:
    reciprocals = 1 / (_blur(over, radius) + _LITTLE), 1 / (_blur(under, radius) + _LITTLE)
    return _Pass(alpha, radius, (over, under), reciprocals)


def _channel(
    image: np.ndarray, alpha: np.ndarray, over: float, under: float, passes: list[_Pass]
) -> np.ndarray:
    """The foreground's values in one channel; one after another is much faster than three."""
    foreground, background = np.where(alpha > 0, image, over), np.where(alpha < 1, image, under)
    for step in passes:
        weight, rest = step.alpha, 1 - step.alpha
        values, foreground, background = (
            resized(channel, *weight.shape) for channel in (image, foreground, background)
        )
        foreground, background = (
            (_blur(colour * weights, step.radius) + _LITTLE * colour) * reciprocal
            for colour, weights, reciprocal in zip(
                (foreground, background), step.weights, step.reciprocals, strict=True
            )
        )
        missing = (values - weight * foreground - rest * background) / (weight**2 + rest**2)
        foreground = np.clip(foreground + weight * missing, 0, 1)
        background = np.clip(background + rest * missing, 0, 1)
    return foreground


def _blur(values: np.ndarray, radius: int) -> np.ndarray:
    """Mean of a square window."""
    side = 2 * radius + 1
    return cv2.blur(values, (side, side), borderType=cv2.BORDER_REPLICATE)

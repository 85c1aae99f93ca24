"""One foreground with exact alpha from a seed and an index."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atnet.data.synthesis.finishing import (
    blurred,
    bokeh_kernel,
    diffused,
    finish,
    motion_kernel,
    with_holes,
)
from atnet.data.synthesis.kinds import KINDS
from atnet.data.synthesis.raster import Layer, over
from atnet.data.synthesis.textures import Texture, from_photographs, procedural

_SECOND_OBJECT = 0.12  # the share of foregrounds that are two things
_LEAST_COVER = 0.01  # mean alpha below which a drawing shows too little to learn from


class Drawing(NamedTuple):
    """Straight colour `(H, W, 3)`, alpha `(H, W)`, and the name of the kind."""

    foreground: np.ndarray
    alpha: np.ndarray
    kind: str


def draw_foreground(
    seed: int, index: int, size: int = 512, photographs: Sequence[Path] = ()
) -> Drawing:
    """Draws one foreground; the same arguments always give the same values.

    Args:
        seed: Of the whole data set.
        index: Of this foreground, from 0.
        size: Side in pixels, at least 32.
        photographs: Files to take colours from; without any, colours are procedural.

    Returns:
        float32 colour, defined and smooth also where alpha is 0, and alpha, both in [0, 1].

    Raises:
        ValueError: `size` is too small, or a number is negative.

    Example:
        >>> drawn = draw_foreground(seed=1, index=2, size=64)
        >>> drawn.foreground.shape, drawn.alpha.shape, drawn.kind in KINDS
        ((64, 64, 3), (64, 64), True)
    """
    if size < 32 or seed < 0 or index < 0:
        raise ValueError(
            f"size is {size}, seed {seed}, index {index}; size must be at least 32, "
            "seed and index at least 0"
        )
    kind = kind_of(seed, index)
    texture = from_photographs(photographs) if photographs else procedural
    drawn = finish(np.random.default_rng([seed, index, 2]), _draw(seed, index, size, texture))
    return Drawing(drawn.colour, drawn.alpha, kind)


def kind_of(seed: int, index: int) -> str:
    """Says which kind a foreground is, without drawing it.

    Args:
        seed: Of the whole data set.
        index: Of the foreground.

    Returns:
        A key of `KINDS`. Any run of as many indices as there are kinds has about one of each.
    """
    names = list(KINDS)
    order = np.random.default_rng([seed, index // len(names)]).permutation(len(names))
    return names[order[index % len(names)]]


def example(seed: int, kind: str, size: int, photographs: Sequence[Path] = ()) -> Layer:
    """Draws one thing of a kind without blur or holes, for a person to look at.

    Args:
        seed: Any number.
        kind: A key of `KINDS`.
        size: Side in pixels.
        photographs: As in `draw_foreground`.

    Returns:
        The layer, its colour made whole.
    """
    texture = from_photographs(photographs) if photographs else procedural
    return diffused(_covering(np.random.default_rng([seed]), kind, size, texture))


def effects(seed: int, size: int, photographs: Sequence[Path] = ()) -> dict[str, Layer]:
    """Draws one thing with each of what may befall any, for a person to look at.

    Args:
        seed: Any number.
        size: Side in pixels.
        photographs: As in `draw_foreground`.

    Returns:
        Name of the effect to layer.
    """
    texture = from_photographs(photographs) if photographs else procedural
    rng = np.random.default_rng([seed, 2])
    fur, wheel, feather, glass, foliage = (
        _covering(rng, kind, size, texture)
        for kind in ("fur", "wheel", "feather", "glass", "foliage")
    )
    drawn = {
        "holes": with_holes(rng, fur),
        "out of focus": blurred(wheel, bokeh_kernel(0.009 * size)),
        "in motion": blurred(feather, motion_kernel(0.03 * size, 0.5)),
        "two things": over(glass, _shifted(foliage, 0, size // 6)),
    }
    return {name: diffused(layer) for name, layer in drawn.items()}


def _draw(seed: int, index: int, size: int, texture: Texture) -> Layer:
    rng = np.random.default_rng([seed, index, 1])
    drawn = _covering(rng, kind_of(seed, index), size, texture)
    if rng.random() < 0.5:
        drawn = Layer(drawn.colour[:, ::-1], drawn.alpha[:, ::-1])
    if rng.random() < _SECOND_OBJECT:
        other = _covering(rng, str(rng.choice(list(KINDS))), size, texture)
        rows, columns = rng.integers(-size // 3, size // 3, 2)
        drawn = over(drawn, _shifted(other, int(rows), int(columns)))
    return drawn


def _covering(rng: np.random.Generator, kind: str, size: int, texture: Texture) -> Layer:
    """Draws until there is enough to see, which the first attempt nearly always gives."""
    while True:
        drawn = KINDS[kind](rng, size, texture)
        if drawn.alpha.mean() > _LEAST_COVER:
            return drawn


def _shifted(layer: Layer, rows: int, columns: int) -> Layer:
    """Moves a layer within the image; what leaves is cut off."""
    height, width = layer.alpha.shape
    colour, alpha = np.zeros_like(layer.colour), np.zeros_like(layer.alpha)
    target = _overlap(rows, height), _overlap(columns, width)
    source = _overlap(-rows, height), _overlap(-columns, width)
    colour[target], alpha[target] = layer.colour[source], layer.alpha[source]
    return Layer(colour, alpha)


def _overlap(shift: int, length: int) -> slice:
    return slice(max(shift, 0), length + min(shift, 0))

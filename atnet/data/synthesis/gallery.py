"""A sheet of everything that can be drawn, for a person to look at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atnet.data.synthesis.generate import effects, example
from atnet.data.synthesis.kinds import KINDS
from atnet.foreground import composite
from atnet.sheet import contact_sheet

_COLUMNS, _WIDTH = 6, 220
_GROUNDS = np.array([(0.2, 0.4, 0.36), (0.86, 0.8, 0.72)])  # dark and light, in turns


def gallery(seed: int, size: int, photographs: Sequence[Path] = ()) -> np.ndarray:
    """Draws two of each kind, and one with each of what may befall any.

    Args:
        seed: Any number.
        size: Side of each drawing in pixels.
        photographs: Files to take colours from; without any, colours are procedural.

    Returns:
        float32 `(H, W, 3)` in [0, 1]: the drawings before plain grounds, with captions.

    Raises:
        ValueError: A number makes no sense, or a photograph cannot be read.
    """
    drawn = {
        f"{kind.replace('_', ' ')} {number}": example(seed + number, kind, size, photographs)
        for kind in KINDS
        for number in (1, 2)
    }
    drawn.update(effects(seed, size, photographs))
    pictures = {
        caption: composite(layer.colour, _GROUNDS[place % 2], layer.alpha)
        for place, (caption, layer) in enumerate(drawn.items())
    }
    return contact_sheet(pictures, _COLUMNS, _WIDTH)

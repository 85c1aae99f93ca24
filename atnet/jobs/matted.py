"""What is made of a photograph and its alpha, as the samples that its files hold."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from atnet.arrays import to_samples
from atnet.foreground import composite, foreground_parts
from atnet.jobs.background import WHITE, Background, behind
from atnet.jobs.outputs import CHANNELS
from atnet.sheet import contact_sheet

_COLOURED = ("foreground", "cutout", "composite")
"""What shows the foreground's colours."""
_SHEET = np.dtype(np.uint8)


class Matted(NamedTuple):
    """A photograph with what was found.

    Attributes:
        image: `(H, W, 3)`, uint8, uint16 or float in [0, 1].
        trimap: uint8 `(H, W)`.
        alpha: float32 `(H, W)` in [0, 1].
        background: Of the composite.
        profile: ICC profile that the photograph's colours follow; None is sRGB.
    """

    image: np.ndarray
    trimap: np.ndarray
    alpha: np.ndarray
    background: Background = WHITE
    profile: bytes | None = None


def make_pictures(matted: Matted, wanted: Mapping[str, np.dtype]) -> dict[str, np.ndarray]:
    """Makes what is wanted of a photograph.

    Foreground colours are estimated part by part and rounded at once, so that no picture is held
    as floats. A composite's background is, if it is a picture or a blur.

    Args:
        matted: The photograph.
        wanted: Names of `Outputs` to types of samples: uint8, uint16 or float32.

    Returns:
        Name to picture, in the order of what is wanted; alpha as it was found.
    """
    types = {name: kind for name, kind in wanted.items() if name in _COLOURED}
    if "sheet" in wanted:
        types = dict.fromkeys(_COLOURED, _SHEET) | types
    made = {"alpha": matted.alpha, **_coloured(matted, types)}
    if "sheet" in wanted:
        made["sheet"] = contact_sheet({"image": matted.image, "trimap": matted.trimap, **made})
    return {name: made[name] for name in wanted}


def _coloured(matted: Matted, types: Mapping[str, np.dtype]) -> dict[str, np.ndarray]:
    """Makes some of `_COLOURED`."""
    alpha = matted.alpha
    made = {name: np.empty((*alpha.shape, *CHANNELS[name]), kind) for name, kind in types.items()}
    under = None
    if "composite" in made:
        under = behind(matted.background, matted.image, alpha, matted.profile)
    for part, colours in foreground_parts(matted.image, alpha) if made else ():
        values = {"foreground": colours}
        if "cutout" in made:
            values["cutout"] = np.dstack([colours, alpha[part]])
        if under is not None:
            values["composite"] = composite(colours, under[part], alpha[part])
        for name, picture in made.items():
            picture[part] = to_samples(values[name], picture.dtype)
    return made

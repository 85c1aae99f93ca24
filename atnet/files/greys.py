"""Which channel of a file is meant where one is wanted: alphas, masks and trimaps."""

import numpy as np

from atnet.arrays import highest, to_float
from atnet.files.errors import ImageError, warn_caller

GREY_TOLERANCE = 2 / 255
"""How far JPEG noise pulls the channels of a grey picture apart."""
_DRAWN_SHARE = 0.95  # of what is seen of a drawn trimap, in its three commonest values
_BETWEEN, _WHITE = slice(26, 230), slice(230, 256)


def grey_of(colour: np.ndarray, alpha: np.ndarray | None, name: str) -> np.ndarray:
    """Chooses the one channel that is meant.

    Args:
        colour: `(H, W)` or `(H, W, 3)`, uint8, uint16 or float32 in [0, 1].
        alpha: `(H, W)`, likewise or bool; or None.
        name: Of the file, for messages.

    Returns:
        `(H, W)`: alpha where something is transparent, unless greys of a trimap are drawn on
        transparency, which is its black; else the grey.

    Raises:
        ImageError: It is opaque and coloured.
    """
    tolerance = (GREY_TOLERANCE + 1e-6) * highest(colour.dtype)
    coloured = colour.ndim == 3 and np.ptp(colour, axis=2).max() > tolerance
    grey = colour if colour.ndim == 2 else np.ascontiguousarray(colour[..., 1])
    if alpha is not None and alpha.min() < highest(alpha.dtype):
        drawn, seen = to_float(grey), to_float(alpha)
        if coloured or not _is_drawn(drawn, seen):
            return alpha
        warn_caller(
            f"{name}: its greys are taken for the trimap, and black where it is transparent"
        )
        return drawn * seen
    if coloured:
        raise ImageError(
            f"{name}: is coloured, but an alpha, mask or trimap needs one channel: save it as a "
            "grey image"
        )
    return grey


def _is_drawn(grey: np.ndarray, alpha: np.ndarray) -> bool:
    """Tells a trimap from a cutout: what is seen of it is white and grey, of few values."""
    counts = np.bincount(np.round(grey[alpha > 0.5] * 255).astype(int), minlength=256)
    few = np.sort(counts)[-3:].sum() >= _DRAWN_SHARE * counts.sum()
    return bool(few and counts[_BETWEEN].any() and counts[_WHITE].any())

"""The eight ways in which a camera stores a picture, as EXIF numbers them."""

import numpy as np

# Mirror left-right first?, then quarter turns against the clock.
_TURNS = {2: (True, 0), 3: (False, 2), 4: (True, 2), 5: (True, 1), 6: (False, 3), 7: (True, 3)}
_TURNS[8] = (False, 1)


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turns stored pixels as they are to be shown.

    Args:
        pixels: `(H, W)` or `(H, W, C)` as stored.
        orientation: EXIF's number; 1, and what is no such number, changes nothing.

    Returns:
        Contiguous, `(W, H)` or `(W, H, C)` from 5 on.

    Example:
        >>> upright(np.array([[1, 2, 3]]), 6).tolist()  # its right side was up
        [[1], [2], [3]]
    """
    mirrored, turns = _TURNS.get(orientation, (False, 0))
    return np.ascontiguousarray(np.rot90(np.fliplr(pixels) if mirrored else pixels, turns))

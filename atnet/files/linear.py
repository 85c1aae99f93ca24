"""Between linear light and sRGB's encoding of it (IEC 61966-2-1)."""

import numpy as np


def to_srgb(linear: np.ndarray) -> np.ndarray:
    """Encodes linear light, in [0, 1], as sRGB does.

    Example:
        >>> to_srgb(np.array([0.0, 0.18, 1.0])).round(3).tolist()
        [0.0, 0.461, 1.0]
    """
    curved = np.float32(1.055) * linear ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(linear <= 0.0031308, np.float32(12.92) * linear, curved)


def from_srgb(encoded: np.ndarray) -> np.ndarray:
    """Decodes sRGB values, in [0, 1], to linear light.

    Example:
        >>> from_srgb(np.array([0.0, 0.5, 1.0])).round(3).tolist()
        [0.0, 0.214, 1.0]
    """
    curved = ((encoded + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(encoded <= 0.04045, encoded / np.float32(12.92), curved)

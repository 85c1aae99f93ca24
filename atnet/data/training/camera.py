"""What cameras, phones and files do to a picture before anybody mattes it."""

from statistics import NormalDist

import cv2
import numpy as np

SOFTENED, DENOISED, SHARPENED, RESAMPLED, COMPRESSED = 0.3, 0.1, 0.15, 0.15, 0.4
"""Shares of the pictures that are softened, rid of noise, sharpened, enlarged from a smaller
picture, and stored as JPEG."""
NOISES = (0.0, 0.0, 0.005, 0.012, 0.025)
"""Standard deviations of noise, of 1; one is drawn for that of black, one for what comes on top
towards white."""
ENLARGED = (0.5, 0.95)
"""Size of the smaller picture that one is enlarged from, as a share of each side."""
QUALITIES = (50, 100)
"""Qualities of JPEG, drawn evenly."""
SUBSAMPLINGS = (
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)
"""Chroma at half the resolution, which most cameras and programs choose, or at the whole."""
_JPEG_BLOCK = 16
"""Side in pixels of what JPEG codes together where chroma is halved."""

# A normal distribution in 256 equally likely steps: a random byte each, not a random float.
_NORMAL = np.array([NormalDist().inv_cdf((step + 0.5) / 256) for step in range(256)], np.float32)


def photographed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Does to a picture, in this order, what may befall one from the lens to the file.

    Args:
        image: uint8 `(H, W, 3)`.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    if rng.random() < SOFTENED:
        image = softened(image, rng)
    image = noisy(image, float(rng.choice(NOISES)), float(rng.choice(NOISES)), rng)
    for share, change in (
        (DENOISED, denoised),
        (SHARPENED, sharpened),
        (RESAMPLED, resampled),
        (COMPRESSED, compressed),
    ):
        if rng.random() < share:
            image = change(image, rng)
    return image


def softened(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blurs a picture slightly, as a lens does.

    Args:
        image: uint8 `(H, W, 3)`.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    return cv2.GaussianBlur(image, (5, 5), rng.uniform(0.3, 0.8))


def noisy(
    image: np.ndarray, constant: float, growing: float, rng: np.random.Generator
) -> np.ndarray:
    """Adds noise to each channel of each pixel, cuts it to [0, 1] and rounds to 8 bits.

    Its variance is `constant² + growing² v` where the value is v: what reading out a sensor adds,
    and what the number of photons varies by.

    Args:
        image: uint8 `(H, W, 3)`.
        constant: Standard deviation at black, of 1.
        growing: Standard deviation of what comes on top at white, of 1.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    if constant == 0 and growing == 0:
        return image
    values = np.arange(256, dtype=np.float32) / 255
    deviations = 255 * np.sqrt(constant**2 + growing**2 * values)
    drawn = np.frombuffer(rng.bytes(image.size), np.uint8).reshape(image.shape)
    noise = cv2.multiply(cv2.LUT(drawn, _NORMAL), cv2.LUT(image, deviations))
    return cv2.add(image, noise, dtype=cv2.CV_8U)


def denoised(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Smooths what differs little from its surroundings, fine detail with it, as phones do.

    Args:
        image: uint8 `(H, W, 3)`.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    return cv2.bilateralFilter(image, 5, rng.uniform(8, 40), 2.0)


def sharpened(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Adds what a picture has more than its blurred self, halos included.

    Args:
        image: uint8 `(H, W, 3)`.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    amount = rng.uniform(0.3, 1.5)
    smooth = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.6))
    return cv2.addWeighted(image, 1 + amount, smooth, -amount, 0)


def resampled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Enlarges a picture from a smaller one of itself, to the size that it had.

    Args:
        image: uint8 `(H, W, 3)`.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    height, width = image.shape[:2]
    share = rng.uniform(*ENLARGED)
    smaller = max(round(width * share), 1), max(round(height * share), 1)
    small = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def compressed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stores a picture as JPEG and reads it again, its grid of blocks beginning anywhere.

    Args:
        image: uint8 `(H, W, 3)`.
        rng: Source of randomness.

    Returns:
        uint8 `(H, W, 3)`.
    """
    top, left = rng.integers(_JPEG_BLOCK, size=2)
    framed = cv2.copyMakeBorder(image, top, 0, left, 0, cv2.BORDER_REFLECT_101)
    settings = [
        cv2.IMWRITE_JPEG_QUALITY,
        int(rng.integers(QUALITIES[0], QUALITIES[1] + 1)),
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        int(rng.choice(SUBSAMPLINGS)),
    ]
    _, stored = cv2.imencode(".jpg", cv2.cvtColor(framed, cv2.COLOR_RGB2BGR), settings)
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR_RGB))[top:, left:]

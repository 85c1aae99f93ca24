"""Time the four matting errors on one core: `python benchmarks/metrics.py`.

Two deterministic 12-megapixel mattes, with about 10 % and 30 % of the pixels unknown.
"""

import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from atnet.evaluation import metrics
from atnet.machine import describe_run

HEIGHT, WIDTH = 3000, 4000
REPEATS = 3
FUNCTIONS = (
    metrics.sad,
    metrics.mse,
    metrics.gradient_error,
    metrics.connectivity_error,
    metrics.score,
)


def blurred_noise(random: np.random.Generator, sigma: float) -> NDArray[np.float32]:
    """Return noise with a mean of 0 and a deviation of 1; large blurs are made at a low size."""
    shrink = max(1, int(sigma) // 4)
    small = random.random((HEIGHT // shrink, WIDTH // shrink), np.float32)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    noise = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return (noise - noise.mean()) / noise.std()


def make_case(unknown: float, seed: int = 0) -> tuple[NDArray[np.uint8], ...]:
    """Return a prediction, an alpha and a trimap with a share of unknown pixels.

    Broad noise makes the objects; the pixels nearest to their outlines are unknown and filled
    with fine noise, as hair would be.
    """
    random = np.random.default_rng(seed)
    objects = blurred_noise(random, 200)
    band = np.quantile(np.abs(objects[::8, ::8]), unknown)
    soft = 0.5 + 0.5 * objects / band
    fine = blurred_noise(random, 2)
    alpha = np.clip(soft + 0.3 * fine * (1 - np.abs(2 * soft - 1)), 0, 1)
    prediction = np.clip(alpha + 0.05 * fine[::-1], 0, 1)
    trimap = np.where(np.abs(objects) < band, 128, np.where(objects > 0, 255, 0))
    known = trimap != 128
    for values in (alpha, prediction):
        values[known] = trimap[known] / 255
    return (
        np.round(prediction * 255).astype(np.uint8),
        np.round(alpha * 255).astype(np.uint8),
        trimap.astype(np.uint8),
    )


def best_time(function: Callable[..., object], case: tuple[NDArray[np.uint8], ...]) -> float:
    """Return the shortest of a few run times, in seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function(*case)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print a Markdown table of seconds per function and share of unknown pixels."""
    cv2.setNumThreads(1)
    cases = [make_case(unknown) for unknown in (0.1, 0.3)]
    shares = [np.mean(trimap == 128) for _, _, trimap in cases]
    run = describe_run("numpy", "opencv-python-headless")
    print(f"Seconds at {WIDTH} x {HEIGHT}, 8 bit, one core, best of {REPEATS}. {run}\n")
    print("| function | " + " | ".join(f"{share:.0%} unknown" for share in shares) + " |")
    print("|---|" + "---|" * len(cases))
    for function in FUNCTIONS:
        times = [f"{best_time(function, case):.2f}" for case in cases]
        print(f"| {function.__name__} | " + " | ".join(times) + " |")


if __name__ == "__main__":
    main()

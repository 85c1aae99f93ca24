"""The pictures of a report: each scene's maps side by side, and its worst regions enlarged."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from atnet.arrays import scaled_to, to_bytes, to_float
from atnet.data.scenes import Scene
from atnet.evaluation.trial import Trial
from atnet.trimaps import unknown_region

THUMBNAIL = 480
"""Longest side of an overview, in pixels."""
ZOOM = 128
"""Side of an enlarged region, in pixels of the photograph."""
ZOOMS = 2
SECOND_SHARE = 0.25  # of the worst region's error that another one must have to be shown
_KNOWN, _UNKNOWN = 0.13, 0.24  # greys of the error map
_TOO_OPAQUE = np.array([1.0, 0.62, 0.16], np.float32)
_TOO_TRANSPARENT = np.array([0.33, 0.71, 1.0], np.float32)


class Region(NamedTuple):
    """Rows and columns of a part of an image."""

    rows: slice
    columns: slice


class Pictures(NamedTuple):
    """Pictures of a scene as data URIs, by caption.

    Attributes:
        overview: Whole maps, reduced.
        zooms: For each enlarged region its place, as left, top, width and height in shares of the
            image, and its maps.
    """

    overview: dict[str, str]
    zooms: list[tuple[tuple[float, float, float, float], dict[str, str]]]


def picture_scene(scene: Scene, trial: Trial) -> Pictures:
    """Makes the pictures of a scene.

    Args:
        scene: With its prediction.
        trial: Tells how trimap and prediction were read.

    Returns:
        The pictures; truth, errors and zooms only where there is a true alpha.

    Raises:
        ValueError: A file cannot be read or has another size.
    """
    trimap = scene.read_trimap(trial.trimaps)
    prediction, alpha = trial.prediction(scene, trimap), scene.read_alpha()
    maps = {"image": scene.read_image(), "trimap": trimap, "prediction": prediction}
    if alpha is None:
        return _pictures(maps, [])
    error = _error(prediction, alpha, trimap)
    maps |= {"truth": alpha, "error": draw_error(error, unknown_region(trimap))}
    return _pictures(maps, worst_regions(np.abs(error)))


def picture_methods(shown: Mapping[str, tuple[Scene, Trial]]) -> Pictures:
    """Makes the pictures of a scene with the predictions of several methods.

    Args:
        shown: Method to the scene with its prediction, and how trimap and prediction were read.

    Returns:
        The image with all predictions, then, where there is a true alpha, that with all errors;
        the regions are the worst of all methods together.

    Raises:
        ValueError: A file cannot be read or has another size.
    """
    scene, trial = next(iter(shown.values()))
    trimap, alpha = scene.read_trimap(trial.trimaps), scene.read_alpha()
    predictions = {
        method: trial.prediction(scene, trimap) for method, (scene, trial) in shown.items()
    }
    maps = {"image": scene.read_image()}
    maps |= {f"prediction of {method}": values for method, values in predictions.items()}
    if alpha is None:
        return _pictures(maps, [])
    errors = {method: _error(values, alpha, trimap) for method, values in predictions.items()}
    maps["truth"] = alpha
    for method, error in errors.items():
        maps[f"error of {method}"] = draw_error(error, unknown_region(trimap))
    return _pictures(maps, worst_regions(np.sum(np.abs(list(errors.values())), axis=0)))


def worst_regions(error: np.ndarray, side: int = ZOOM, count: int = ZOOMS) -> list[Region]:
    """Finds the squares with the largest sums of errors that do not overlap.

    Args:
        error: Absolute errors, float32 `(H, W)`.
        side: Of the squares, in pixels; less where the image is smaller.
        count: How many at most; only such with an error, and after the first only such with a
            quarter of its sum.

    Returns:
        The worst first.

    Example:
        >>> error = np.zeros((4, 6), np.float32)
        >>> error[2:, 4:] = 1
        >>> worst_regions(error, side=2)
        [Region(rows=slice(2, 4, None), columns=slice(4, 6, None))]
    """
    remaining = error.copy()
    found: list[Region] = []
    least = 0.0
    while len(found) < count:
        sums, height, width = _window_sums(remaining, side)
        top, left = np.unravel_index(sums.argmax(), sums.shape)
        if sums[top, left] <= least:
            break
        least = least or SECOND_SHARE * sums[top, left]
        region = Region(slice(int(top), int(top) + height), slice(int(left), int(left) + width))
        found.append(region)
        # Windows that would overlap are left out: their sums become negative.
        remaining[region] = -error.sum() - 1
    return found


def draw_error(error: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """Draws errors: orange where the prediction is too opaque, blue where too transparent.

    Args:
        error: Prediction minus truth, float32 `(H, W)`.
        unknown: bool `(H, W)`; the known area is darker.

    Returns:
        float32 `(H, W, 3)`; brightness grows with the square root, so that small errors show.
    """
    strength = np.sqrt(np.abs(error))[..., None]
    colour = np.where((error > 0)[..., None], _TOO_OPAQUE, _TOO_TRANSPARENT)
    ground = np.where(unknown, np.float32(_UNKNOWN), np.float32(_KNOWN))[..., None]
    return (1 - strength) * ground + strength * colour


def _error(prediction: np.ndarray, alpha: np.ndarray, trimap: np.ndarray) -> np.ndarray:
    return (to_float(prediction) - to_float(alpha)) * unknown_region(trimap)


def _pictures(maps: Mapping[str, np.ndarray], regions: Sequence[Region]) -> Pictures:
    pixels = {caption: to_bytes(values) for caption, values in maps.items()}
    shape = pixels["image"].shape[:2]
    return Pictures(
        {
            caption: _data_uri(to_bytes(scaled_to(values, THUMBNAIL)), quality=85)
            for caption, values in pixels.items()
        },
        [
            (
                _place(region, shape),
                {caption: _data_uri(values[region]) for caption, values in pixels.items()},
            )
            for region in regions
        ],
    )


def _window_sums(values: np.ndarray, side: int) -> tuple[np.ndarray, int, int]:
    """Sums over all windows, by their top left corners, and the windows' height and width."""
    height, width = min(side, values.shape[0]), min(side, values.shape[1])
    total = cv2.integral(values, sdepth=cv2.CV_64F)
    sums = total[height:, width:] - total[:-height, width:]
    sums -= total[height:, :-width] - total[:-height, :-width]
    return sums, height, width


def _place(region: Region, shape: tuple[int, int]) -> tuple[float, float, float, float]:
    (top, bottom), (left, right) = ((part.start, part.stop) for part in region)
    height, width = shape
    return left / width, top / height, (right - left) / width, (bottom - top) / height


def _data_uri(pixels: np.ndarray, quality: int | None = None) -> str:
    """Encodes as WebP, without loss unless a quality is given."""
    file = io.BytesIO()
    options = {"lossless": True} if quality is None else {"quality": quality}
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "WEBP", **options)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()

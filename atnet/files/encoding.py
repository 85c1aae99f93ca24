"""From checked float pixels to the bytes of an image file."""

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image

from atnet.arrays import quantised, to_float
from atnet.files.errors import ImageError, first_line


class Format(NamedTuple):
    """A file format: its encoder, and the bits per channel and numbers of channels it can hold."""

    encode: Callable[[np.ndarray], bytes]
    bits: tuple[int, ...]
    channels: tuple[int, ...]


def encode(image: np.ndarray, suffix: str, bits: int) -> bytes:
    """Encodes an image of values, channels and bits that the format of the suffix can hold."""
    try:
        return FORMATS[suffix.lower()].encode(quantised(to_float(image), bits))
    except (OSError, ValueError, cv2.error) as error:
        raise ImageError(f"{suffix} cannot hold {image.shape}: {first_line(error)}") from error


def _encode_png(samples: np.ndarray) -> bytes:
    if samples.ndim == 3:
        swap = cv2.COLOR_RGB2BGR if samples.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        samples = cv2.cvtColor(samples, swap)
    return cv2.imencode(".png", samples, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def _encode_tiff(samples: np.ndarray) -> bytes:
    import tifffile  # noqa: PLC0415  (a tenth of a second that only this format should cost)

    channels = samples.shape[2] if samples.ndim == 3 else 1
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        samples,
        photometric="minisblack" if channels == 1 else "rgb",
        extrasamples=["unassalpha"] if channels == 4 else None,
        compression="zlib",
        predictor=True,
        rowsperstrip=max(1, 2**18 // samples[0].nbytes),
        metadata=None,
        software=False,
    )
    return file.getvalue()


def _encode_webp(samples: np.ndarray) -> bytes:
    return _encode_with_pillow(samples, "WEBP", lossless=True, exact=True)


def _encode_jpeg(samples: np.ndarray) -> bytes:
    return _encode_with_pillow(samples, "JPEG", quality=95, subsampling=0)


def _encode_with_pillow(samples: np.ndarray, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(samples).save(file, name, **options)
    return file.getvalue()


FORMATS = {
    ".png": Format(_encode_png, (8, 16), (1, 3, 4)),
    ".tif": Format(_encode_tiff, (8, 16), (1, 3, 4)),
    ".tiff": Format(_encode_tiff, (8, 16), (1, 3, 4)),
    ".webp": Format(_encode_webp, (8,), (1, 3, 4)),
    ".jpg": Format(_encode_jpeg, (8,), (1, 3)),
    ".jpeg": Format(_encode_jpeg, (8,), (1, 3)),
}
"""What can be written, by lower-case suffix."""

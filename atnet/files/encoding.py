"""From checked float pixels to the bytes of an image file."""

import io
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from atnet.files.errors import ImageError, first_line


class Format(NamedTuple):
    """A file format: its encoder, and the bits per channel and numbers of channels it can hold."""

    encode: Callable[[np.ndarray], bytes]
    bits: tuple[int, ...]
    channels: tuple[int, ...]


def encode(image: np.ndarray, suffix: str, bits: int) -> bytes:
    """Encodes an image of values, channels and bits that the format of the suffix can hold."""
    try:
        return FORMATS[suffix.lower()].encode(_quantise(image, bits))
    except (OSError, ValueError, cv2.error) as error:
        raise ImageError(f"{suffix} cannot hold {image.shape}: {first_line(error)}") from error


def _quantise(image: np.ndarray, bits: int) -> np.ndarray:
    scaled = np.clip(image, 0, 1) * np.float32(2**bits - 1)
    return (scaled + 0.5).astype(np.uint8 if bits == 8 else np.uint16)


def _encode_png(samples: np.ndarray) -> bytes:
    if samples.ndim == 3:
        swap = cv2.COLOR_RGB2BGR if samples.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        samples = cv2.cvtColor(samples, swap)
    return cv2.imencode(".png", samples, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()


def _encode_tiff(samples: np.ndarray) -> bytes:
    """Deflates strips with a horizontal predictor; OpenCV would not mark the alpha channel."""
    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    channels = samples.shape[2]
    differences = samples.copy()
    differences[:, 1:] -= samples[:, :-1]
    rows = max(1, 2**18 // samples[0].nbytes)
    strips = [zlib.compress(differences[y : y + rows].tobytes()) for y in range(0, height, rows)]
    lengths = [len(strip) for strip in strips]
    directory = ImageFileDirectory_v2()
    directory[256], directory[257] = width, height
    directory[258] = (8 * samples.itemsize,) * channels
    directory[259], directory[317] = 8, 2  # deflate, horizontal differences
    directory[262] = 1 if channels == 1 else 2  # black is zero, RGB
    directory[273] = tuple(np.cumsum([0, *lengths[:-1]]).tolist())  # from the end of the directory
    directory[277], directory[278], directory[279] = channels, rows, tuple(lengths)
    if channels == 4:
        directory[338] = 2  # straight alpha
    file = io.BytesIO()
    directory.save(file)
    return file.getvalue() + b"".join(strips)


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

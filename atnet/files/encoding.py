"""From checked pixels to the bytes of an image file."""

import io
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image

from atnet.arrays import quantised, to_float
from atnet.files.errors import ImageError, first_line
from atnet.files.exr import encode_exr
from atnet.files.metadata import Metadata
from atnet.files.png import with_metadata
from atnet.files.profiles import srgb_profile


class Style(NamedTuple):
    """How pixels are written.

    Attributes:
        bits: Per channel.
        premultiplied: Colours are stored multiplied by alpha.
        metadata: What the file says besides.
    """

    bits: int
    premultiplied: bool
    metadata: Metadata


class Format(NamedTuple):
    """A file format.

    Attributes:
        encode: Takes pixels, uint8, uint16, bool or float in [0, 1], and their style.
        bits: Per channel that it can hold, the usual first.
        channels: Numbers of channels that it can hold.
        premultiplied: Whether its readers expect colours multiplied by alpha.
    """

    encode: Callable[[np.ndarray, Style], bytes]
    bits: tuple[int, ...]
    channels: tuple[int, ...]
    premultiplied: bool = False


def encode(image: np.ndarray, suffix: str, style: Style) -> bytes:
    """Encodes an image of values, channels and bits that the format of the suffix can hold."""
    try:
        return FORMATS[suffix.lower()].encode(image, style)
    except ImageError:
        raise
    except (OSError, ValueError, RuntimeError, cv2.error) as error:
        raise ImageError(f"{suffix} cannot hold {image.shape}: {first_line(error)}") from error


def _samples(image: np.ndarray, style: Style) -> np.ndarray:
    if style.premultiplied and image.ndim == 3 and image.shape[2] == 4:
        values = to_float(image)
        image = np.dstack([values[..., :3] * values[..., 3:], values[..., 3]])
    return quantised(image, style.bits)


def _profile(image: np.ndarray, style: Style) -> bytes | None:
    """Colours say what they are; a grey picture is an alpha, which is no colour."""
    return None if image.ndim == 2 else style.metadata.profile or srgb_profile()


def _encode_png(image: np.ndarray, style: Style) -> bytes:
    samples = _samples(image, style)
    if samples.ndim == 3:
        swap = cv2.COLOR_RGB2BGR if samples.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        samples = cv2.cvtColor(samples, swap)
    data = cv2.imencode(".png", samples, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    return with_metadata(data, style.metadata, colour=image.ndim == 3)


def _encode_tiff(image: np.ndarray, style: Style) -> bytes:
    import tifffile  # noqa: PLC0415  (a tenth of a second that only this format should cost)

    samples = _samples(image, style)
    channels = samples.shape[2] if samples.ndim == 3 else 1
    alpha = "assocalpha" if style.premultiplied else "unassalpha"
    texts = {tag: it for tag, it in (style.metadata.exif or {}).items() if isinstance(it, bytes)}
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        samples,
        photometric="minisblack" if channels == 1 else "rgb",
        extrasamples=[alpha] if channels == 4 else None,
        compression="zlib",
        predictor=True,
        rowsperstrip=max(1, 2**18 // samples[0].nbytes),
        iccprofile=_profile(image, style),
        resolution=style.metadata.dpi,
        resolutionunit="INCH" if style.metadata.dpi else None,
        extratags=[(tag, "s", 0, text, True) for tag, text in texts.items()],
        metadata=None,
        software=False,
    )
    return file.getvalue()


def _encode_webp(image: np.ndarray, style: Style) -> bytes:
    return _encode_with_pillow(image, style, "WEBP", lossless=True, exact=True)


def _encode_jpeg(image: np.ndarray, style: Style) -> bytes:
    dpi = style.metadata.dpi
    options = {"dpi": tuple(map(round, dpi))} if dpi else {}
    return _encode_with_pillow(image, style, "JPEG", quality=95, subsampling=0, **options)


def _encode_with_pillow(image: np.ndarray, style: Style, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    if style.metadata.exif is not None:
        options["exif"] = style.metadata.exif
    picture = Image.fromarray(_samples(image, style))
    picture.save(file, name, icc_profile=_profile(image, style), **options)
    return file.getvalue()


def _encode_exr(image: np.ndarray, style: Style) -> bytes:
    return encode_exr(
        to_float(image), style.bits, style.metadata, premultiplied=style.premultiplied
    )


FORMATS = {
    ".png": Format(_encode_png, (8, 16), (1, 3, 4)),
    ".tif": Format(_encode_tiff, (8, 16), (1, 3, 4)),
    ".tiff": Format(_encode_tiff, (8, 16), (1, 3, 4)),
    ".webp": Format(_encode_webp, (8,), (1, 3, 4)),
    ".jpg": Format(_encode_jpeg, (8,), (1, 3)),
    ".jpeg": Format(_encode_jpeg, (8,), (1, 3)),
    ".exr": Format(_encode_exr, (16, 32), (1, 3, 4), premultiplied=True),
}
"""What can be written, by lower-case suffix."""

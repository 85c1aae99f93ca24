"""TIFF of more than 8 bits a channel, in every layout: planes, tiles, both byte orders, BigTIFF."""

import io
import logging
from typing import TYPE_CHECKING

import cv2
import numpy as np

from atnet.files.errors import ImageError, first_line, warn_caller
from atnet.files.metadata import Metadata, made_metadata
from atnet.files.orientation import upright
from atnet.files.quiet import native_silence
from atnet.files.signatures import camera_raw

if TYPE_CHECKING:
    from tifffile import TiffPage

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_OURS = {1, 8, 32773, 32946, 34925}  # none, deflate, PackBits, deflate's old number, LZMA
_LZW = 5
_FLOAT_PREDICTOR = 3  # tifffile needs help with it
_STRAIGHT, _MULTIPLIED = 2, 1
_DNG_VERSION = 50706
_REDUCED = 1  # the first page is a preview of what comes later in the file
_RESOLUTION_UNITS = {2: 1.0, 3: 2.54}  # in inches


def read_deep_tiff(
    data: bytes, name: str, max_pixels: int
) -> tuple[np.ndarray, np.ndarray | None, Metadata] | None:
    """Decodes the first page of a file.

    Args:
        data: Content of the file.
        name: Of the file, for messages.
        max_pixels: Bound on the size, checked before anything is decoded.

    Returns:
        Colour, float32 `(H, W)` or `(H, W, 3)` in [0, 1], straight and upright; alpha `(H, W)` or
        None; what else is known. None for files of up to 8 bits, which are Pillow's.

    Raises:
        ImageError: The file is damaged, too large, or of a kind that is not read.
    """
    import tifffile  # noqa: PLC0415  (a tenth of a second that only this format should cost)

    # Its warnings are ours to judge: a file is read right, or refused.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    try:
        file = tifffile.TiffFile(io.BytesIO(data))
        page = file.pages.first
        _refuse_raw(page, name)
        if page.bitspersample <= 8:
            return None
        _check(page, name, max_pixels)
        if len(file.pages) > 1:
            warn_caller(f"{name}: has several frames, the first one is read")
        return _decoded(page, data, name)
    except ImageError:
        raise
    except Exception as error:  # parsers and decoders raise nearly anything on hostile data
        raise ImageError(f"{name}: is damaged or truncated: {first_line(error)}") from error


def _decoded(
    page: "TiffPage", data: bytes, name: str
) -> tuple[np.ndarray, np.ndarray | None, Metadata]:
    colour, alpha = _straight(_values(_samples(page, data, name), page, name), page)
    metadata = _metadata(page)
    turn = metadata.orientation if _tifffile_reads(page) else 1  # OpenCV has done it
    alpha = None if alpha is None else upright(alpha, turn)
    return upright(colour, turn), alpha, metadata


def _refuse_raw(page: "TiffPage", name: str) -> None:
    if _DNG_VERSION in page.tags:
        raise camera_raw(name)
    if page.subfiletype & _REDUCED:
        raise ImageError(
            f"{name}: its first picture is only a preview, as in camera raw: develop it, or save "
            "it as a TIFF of one picture"
        )


def _check(page: "TiffPage", name: str, max_pixels: int) -> None:
    width, height = page.imagewidth, page.imagelength
    if min(width, height) < 1 or width * height > max_pixels:
        raise ImageError(
            f"{name}: is {width} x {height} pixels: 1 to {max_pixels} pixels are allowed"
        )
    bits, kind = page.bitspersample, page.dtype.kind if page.dtype else "?"
    colours = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3}.get(page.photometric)
    planes = page.samplesperpixel
    known = colours and colours <= planes <= colours + 4 and page.imagedepth == 1
    if not known or kind not in "uf" or bits not in {16, 32, 64}:
        raise ImageError(
            f"{name}: is a TIFF of {planes} channels of {bits} bits (type {kind!r}, photometric "
            f"{int(page.photometric)}): save it as grey or RGB with 16 bits"
        )
    if not _tifffile_reads(page) and not _opencv_reads(page):
        raise ImageError(
            f"{name}: its compression ({int(page.compression)}) is not read with this layout: save "
            "it as TIFF with ZIP compression or none"
        )


def _tifffile_reads(page: "TiffPage") -> bool:
    return page.compression in _OURS and page.predictor != _FLOAT_PREDICTOR


def _opencv_reads(page: "TiffPage") -> bool:
    """The layouts that it reads right; of planes and of two channels it makes noise."""
    plain = page.planarconfig == 1 and page.samplesperpixel in {1, 3, 4}
    return plain and page.compression in {*_OURS, _LZW} and page.dtype in ("uint16", "float32")


def _samples(page: "TiffPage", data: bytes, name: str) -> np.ndarray:
    """All channels, `(H, W, C)`, as stored."""
    ends = zip(page.dataoffsets, page.databytecounts, strict=True)
    if not all(0 < size <= len(data) - start for start, size in ends):
        raise ImageError(f"{name}: is damaged or truncated: parts of it are missing")
    if not _tifffile_reads(page):
        return _by_opencv(data)
    planes, _, *size, channels = page.shaped
    stored = page.asarray().reshape(planes, *size, channels)
    return np.moveaxis(stored, 0, -1).reshape(*size, planes * channels)


def _by_opencv(data: bytes) -> np.ndarray:
    with native_silence():
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("OpenCV cannot decode it")
    return pixels[..., None] if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def _values(samples: np.ndarray, page: "TiffPage", name: str) -> np.ndarray:
    """Samples as float32 in [0, 1]."""
    if samples.dtype.kind == "u":
        return samples / np.float32(2**page.bitspersample - 1)
    low, high = samples.min(), samples.max()
    if not (low >= -1e-3 and high <= 1 + 1e-3):  # NaN fails every comparison
        raise ImageError(
            f"{name}: its floats span {low:g} to {high:g}: scale them to 0 to 1, or save linear "
            "light as .exr"
        )
    if page.photometric == _RGB:
        warn_caller(f"{name}: its floats are taken for sRGB values, not for linear light")
    return samples.astype(np.float32).clip(0, 1)


def _straight(values: np.ndarray, page: "TiffPage") -> tuple[np.ndarray, np.ndarray | None]:
    """Splits channels into colour, not multiplied by alpha, and alpha."""
    colours = 3 if page.photometric == _RGB else 1
    colour = values[..., :3] if colours == 3 else values[..., 0]
    # A fourth channel that nothing is said about is alpha, as OpenCV and others write it.
    kinds = page.extrasamples or (_STRAIGHT,) * (values.shape[2] == colours + 1)
    extras = {int(kind): colours + i for i, kind in reversed([*enumerate(kinds)])}
    if page.photometric == _WHITE_IS_ZERO:
        colour = 1 - colour
    if _STRAIGHT in extras:
        return colour, values[..., extras[_STRAIGHT]]
    if _MULTIPLIED not in extras:
        return colour, None
    alpha = values[..., extras[_MULTIPLIED]]
    weight = alpha if colours == 1 else alpha[..., None]
    return np.minimum(colour / np.maximum(weight, 1e-6), 1), alpha


def _metadata(page: "TiffPage") -> Metadata:
    tags = {tag.code: tag.value for tag in page.tags.values()}
    unit = _RESOLUTION_UNITS.get(tags.get(296, 2))
    try:
        dpi = [n / d * unit for n, d in (tags[282], tags[283])] if unit else None
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        dpi = None
    return made_metadata(tags, dpi)._replace(profile=page.iccprofile)

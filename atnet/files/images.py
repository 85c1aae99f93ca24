"""Reads and writes image files."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from atnet.arrays import GREY, RGB, check_pixels, check_values, highest, three_channels, to_float
from atnet.files.atomic import write_bytes
from atnet.files.decoding import MAX_PIXELS, Colours, Pixels, decode, decode_picture
from atnet.files.encoding import FORMATS, Style, encode
from atnet.files.errors import ImageError, warn_caller
from atnet.files.greys import grey_of
from atnet.files.metadata import Metadata
from atnet.files.sources import MAX_FILE_BYTES, Source, content_of, name_of

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "ImageError",
    "Photograph",
    "Picture",
    "Source",
    "as_grey",
    "as_image",
    "encode_image",
    "read_grey",
    "read_grey_photograph",
    "read_image",
    "read_layer",
    "read_photograph",
    "write_image",
]

Picture = np.ndarray | Source
"""Pixels as all public functions take them: an array, or where they are read from."""


def read_image(source: Source) -> np.ndarray:
    """Reads a colour image: JPEG, PNG, TIFF, WebP, AVIF, GIF, BMP, HEIC or OpenEXR.

    EXIF orientation is applied. 8-bit images with a colour profile are converted to sRGB; 16-bit
    images keep their values, with a warning if their profile is not sRGB; linear light (.exr) is
    encoded as sRGB, and cut to [0, 1] with a warning. Transparent pixels are
    flattened on white with a warning, so hidden colours never get in. Of several frames or pages
    the first is read, with a warning.

    Args:
        source: Path of a file, its bytes, an open binary file or a Pillow image; at most
            `MAX_FILE_BYTES` and `MAX_PIXELS`.

    Returns:
        float32 `(H, W, 3)`, RGB in [0, 1], sRGB-encoded.

    Raises:
        ImageError: The file is missing, damaged, truncated, too large or of another kind.

    Example:
        >>> data = encode_image(np.full((2, 3), 0.2, np.float32))
        >>> read_image(data).shape
        (2, 3, 3)
    """
    return to_float(read_photograph(source).pixels)


class Photograph(NamedTuple):
    """Pixels, and what their file says besides.

    Attributes:
        pixels: `(H, W, 3)`, `(H, W, 4)` or `(H, W)` as the function that reads them says: of the
            file's type, uint8, uint16 or float32 in [0, 1], which `atnet.arrays.to_float` makes of
            all.
        metadata: How they were stored, which colours they are, who made them.
    """

    pixels: np.ndarray
    metadata: Metadata


def read_photograph(source: Source, *, keep_profile: bool = False) -> Photograph:
    """Reads a colour image as `read_image` does, and what its file says besides.

    Args:
        source: As in `read_image`.
        keep_profile: Leave colours in the RGB space of the file's profile, which the metadata then
            has. Without, only those of 16 bits stay so.

    Returns:
        The photograph, `(H, W, 3)` of the file's type.

    Raises:
        ImageError: As in `read_image`.
    """
    colour, alpha, metadata = _decoded(source, "kept" if keep_profile else "srgb")
    colour = three_channels(colour)
    if alpha is not None and alpha.min() < highest(alpha.dtype):
        warn_caller(f"{name_of(source)}: transparent pixels were put on white")
        weight = to_float(alpha)[..., None]
        colour = to_float(colour) * weight + (1 - weight)
    return Photograph(colour, metadata)


def read_grey(source: Source) -> np.ndarray:
    """Reads an alpha, mask or trimap: exact values, never changed by a colour profile.

    A file with transparency is taken for a cutout: its alpha channel is returned, unless what is
    seen are the few greys of a drawn trimap; then those, with a warning. Colour channels
    may differ by 2 of 255 (JPEG noise); then green is returned.

    Args:
        source: As in `read_image`.

    Returns:
        float32 `(H, W)` in [0, 1]: v / 255 of 8-bit and v / 65535 of 16-bit files.

    Raises:
        ImageError: The file cannot be read or is coloured.

    Example:
        >>> read_grey(encode_image(np.ones((2, 3), np.float32), bits=16)).tolist()
        [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    return to_float(read_grey_photograph(source).pixels)


def read_grey_photograph(source: Source) -> Photograph:
    """Reads an alpha, mask or trimap as `read_grey` does, and what its file says besides.

    Args:
        source: As in `read_image`.

    Returns:
        The picture, `(H, W)` of the file's type.

    Raises:
        ImageError: As in `read_grey`.
    """
    colour, alpha, metadata = _decoded(source, "stored")
    return Photograph(grey_of(colour, alpha, name_of(source)), metadata)


def read_layer(source: Source) -> Photograph:
    """Reads a drawing with its transparency, and what its file says besides.

    Args:
        source: As in `read_image`.

    Returns:
        float32 `(H, W, 4)` in [0, 1]: sRGB as stored beside alpha, which is 1 in opaque files.

    Raises:
        ImageError: As in `read_image`.
    """
    colour, alpha, metadata = _decoded(source, "srgb")
    alpha = np.ones(colour.shape[:2], np.float32) if alpha is None else to_float(alpha)
    return Photograph(np.dstack([to_float(three_channels(colour)), alpha]), metadata)


def as_image(picture: Picture, name: str = "image") -> np.ndarray:
    """Takes an image in any form; an array is checked and returned as it is.

    Args:
        picture: `(H, W, 3)` RGB, uint8, uint16 or float in [0, 1]; or as `read_image` takes it.
        name: What it is, for the message.

    Returns:
        `(H, W, 3)` of the array's or the file's type.

    Raises:
        ImageError: It cannot be read.
        ValueError: The array is none such.

    Example:
        >>> as_image(np.zeros((2, 3, 3), np.uint8)).dtype
        dtype('uint8')
        >>> as_image(Image.new("RGB", (3, 2))).shape
        (2, 3, 3)
    """
    if not isinstance(picture, np.ndarray):
        return read_photograph(picture).pixels
    check_pixels(picture, name, RGB)
    return picture


def as_grey(picture: Picture, name: str) -> np.ndarray:
    """Takes an alpha, mask or trimap in any form; an array is checked and returned as it is.

    Args:
        picture: `(H, W)`, uint8, uint16, bool or float in [0, 1]; or as `read_grey` takes it.
        name: What it is, for the message.

    Returns:
        `(H, W)` of the array's or the file's type.

    Raises:
        ImageError: It cannot be read.
        ValueError: The array is none such.

    Example:
        >>> as_grey(np.ones((2, 3), bool), "mask").shape
        (2, 3)
    """
    if not isinstance(picture, np.ndarray):
        return read_grey_photograph(picture).pixels
    check_pixels(picture, name, GREY)
    return picture


def encode_image(
    image: np.ndarray,
    suffix: str = ".png",
    bits: int | None = None,
    *,
    premultiplied: bool | None = None,
    metadata: Metadata = Metadata(),  # noqa: B008  (it cannot be changed)
) -> bytes:
    r"""Encodes an image as the bytes of a file; the same image always gives the same bytes.

    Args:
        image: `(H, W)` grey, which is an alpha, `(H, W, 3)` RGB or `(H, W, 4)` RGBA with straight
            alpha; uint8, uint16, bool, or float in [0, 1].
        suffix: .png, .tif or .tiff (8 or 16 bits), .webp (8 bits, lossless, grey becomes RGB),
            .jpg or .jpeg (8 bits, quality 95, no alpha), .exr (16 or 32 bits, linear light).
        bits: Per channel; by default 8, or 16 in .exr. Values are rounded.
        premultiplied: Whether colours are stored multiplied by alpha; by default only in .exr,
            whose readers expect it.
        metadata: What the file says besides; without a profile, colours are said to be sRGB.

    Returns:
        The content of the file.

    Raises:
        ImageError: The image is no such array or the format cannot hold it.

    Example:
        >>> encode_image(np.zeros((2, 3), np.float32), ".jpg")[:2]
        b'\xff\xd8'
    """
    file_format = FORMATS.get(suffix.lower())
    if file_format is None:
        raise ImageError(f"cannot write files that end in '{suffix}': use {', '.join(FORMATS)}")
    _check_values(image)
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels not in file_format.channels:
        raise ImageError(f"{suffix} files have no alpha channel: use .png, .tif or .webp")
    if bits is not None and bits not in file_format.bits:
        allowed = " or ".join(map(str, file_format.bits))
        raise ImageError(f"{suffix} files cannot hold {bits} bits per channel, only {allowed}")
    multiply = file_format.premultiplied if premultiplied is None else premultiplied
    return encode(image, suffix, Style(bits or file_format.bits[0], multiply, metadata))


def write_image(path: str | Path, image: np.ndarray, bits: int | None = None) -> None:
    """Writes an image; an existing file is replaced as a whole or, on any failure, not at all.

    Args:
        path: Target; its suffix chooses the format as in `encode_image`. The folder must exist.
        image: As in `encode_image`.
        bits: Per channel, as in `encode_image`.

    Raises:
        ImageError: The image cannot be encoded.
        OSError: The file cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_image(Path(folder) / "alpha.png", np.ones((2, 3), np.float32), bits=16)
        ...     read_grey(Path(folder) / "alpha.png").shape
        (2, 3)
    """
    try:
        data = encode_image(image, Path(path).suffix, bits)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error
    write_bytes(path, data)


def _decoded(source: Source, colours: Colours) -> Pixels:
    name = name_of(source)
    if isinstance(source, Image.Image):
        return decode_picture(source, name, colours=colours)
    return decode(content_of(source), name, colours=colours)


def _check_values(image: np.ndarray) -> None:
    if image.ndim not in (2, 3) or image.size == 0 or image.shape[2:] not in ((), (3,), (4,)):
        raise ImageError(
            f"cannot write an array of shape {image.shape}: use (H, W), (H, W, 3) or (H, W, 4)"
        )
    try:
        check_values(image, "image")
    except ValueError as error:
        raise ImageError(f"cannot write it: {error}") from error

"""From the bytes of an image file to upright float32 pixels in [0, 1]."""

import io
import re
import warnings
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageCms
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from atnet.files.errors import ImageError, first_line

MAX_PIXELS = 2**28  # 3 GiB as float32 RGB; the largest cameras have 1.5e8

# Chosen by signature and not through Image.open: no other decoder can be reached, the first picture
# of a phone's multi-picture JPEG is simply read, and Pillow's own pixel limits stay out of the way.
_READERS: dict[bytes, type[ImageFile]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    b"II*\0": TiffImageFile,
    b"MM\0*": TiffImageFile,
    b"RIFF": WebPImageFile,
    b"BM": BmpImageFile,
}
_GREY_MODES = {"1", "L", "LA"}
_8_BIT_MODES = _GREY_MODES | {"P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}
_16_BIT_RAW_MODE = re.compile(r"(I|LA|RGB[AaX]?);16[BLNR]?")
# EXIF orientation: mirror left-right first?, then quarter turns against the clock.
_TURNS = {2: (True, 0), 3: (False, 2), 4: (True, 2), 5: (True, 1), 6: (False, 3), 7: (True, 3)}
_TURNS[8] = (False, 1)


class Pixels(NamedTuple):
    """Decoded float32 in [0, 1]: colour `(H, W)` or `(H, W, 3)`, alpha `(H, W)` or None."""

    colour: np.ndarray
    alpha: np.ndarray | None


def decode(data: bytes, name: str, *, colour_managed: bool) -> Pixels:
    """Decodes the first picture of a file; warnings point at the caller's caller."""
    picture = _open(data, name)
    raw_mode = _raw_mode(picture)
    sixteen_bits = _16_BIT_RAW_MODE.fullmatch(raw_mode) is not None
    _check_header(picture, name, supported=sixteen_bits or picture.mode in _8_BIT_MODES)
    _load(picture, name)  # OpenCV silently returns half of a truncated 16-bit file
    profile = picture.info.get("icc_profile") if colour_managed else None
    if sixteen_bits:
        pixels = _decode_16_bits(data, picture, raw_mode, name)
        _warn_unless_srgb(profile, picture, name)
    else:
        pixels = _decode_8_bits(picture, profile, name)
    return _upright(pixels, picture)


def decode_picture(picture: Image.Image, name: str, *, colour_managed: bool) -> Pixels:
    """Takes the pixels out of a Pillow image, just as out of its file."""
    sixteen_bits = picture.mode.startswith("I;16")
    _check_header(picture, name, supported=sixteen_bits or picture.mode in _8_BIT_MODES)
    _load(picture, name)
    if sixteen_bits:
        pixels = Pixels(np.asarray(picture) / np.float32(65535), None)
    else:
        profile = picture.info.get("icc_profile") if colour_managed else None
        pixels = _decode_8_bits(picture, profile, name)
    return _upright(pixels, picture)


def _load(picture: Image.Image, name: str) -> None:
    try:
        picture.load()
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise ImageError(f"{name}: is damaged or truncated: {first_line(error)}") from error


def _upright(pixels: Pixels, picture: Image.Image) -> Pixels:
    turn = _TURNS.get(_orientation(picture), (False, 0))
    alpha = None if pixels.alpha is None else _turn(pixels.alpha, *turn)
    return Pixels(_turn(pixels.colour, *turn), alpha)


def _open(data: bytes, name: str) -> ImageFile:
    for signature, reader in _READERS.items():
        if data.startswith(signature):
            try:
                return reader(io.BytesIO(data))
            except Exception as error:  # decoders raise nearly anything on hostile data
                raise ImageError(f"{name}: has a broken header: {first_line(error)}") from error
    kind = "is not a JPEG, PNG, TIFF, WebP or BMP file" if data else "is empty"
    raise ImageError(f"{name}: {kind}: give such a file")


def _raw_mode(picture: ImageFile) -> str:
    """Names the layout in the file, which tells 16 bits from 8; Pillow forgets it on loading."""
    if not picture.tile:
        return picture.mode
    arguments = picture.tile[0][3]
    return str(arguments if isinstance(arguments, str) or not arguments else arguments[0])


def _check_header(picture: Image.Image, name: str, *, supported: bool) -> None:
    width, height = picture.size
    if min(width, height) < 1 or width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: is {width} x {height} pixels: 1 to {MAX_PIXELS} pixels are allowed"
        )
    if not supported:
        raise ImageError(
            f"{name}: has pixels of type '{picture.mode}' (float, 32-bit or special): "
            "save it with 8 or 16 bits as grey or RGB"
        )
    if getattr(picture, "is_animated", False):
        warnings.warn(f"{name}: has several frames, the first one is read", stacklevel=5)


def _decode_16_bits(data: bytes, picture: ImageFile, raw_mode: str, name: str) -> Pixels:
    try:
        samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ImageError(f"{name}: cannot be decoded: {first_line(error)}") from error
    size = (picture.height, picture.width)
    if samples is None or samples.dtype != np.uint16 or samples.shape[:2] != size:
        raise ImageError(f"{name}: is a 16-bit file of an unusual kind: save it as 16-bit PNG")
    values = samples / np.float32(65535)
    if values.ndim == 2:
        white_is_zero = isinstance(picture, TiffImageFile) and picture.tag_v2.get(262) == 0
        return Pixels(1 - values if white_is_zero else values, None)
    colour = values[..., 2::-1]
    if not picture.mode.endswith("A"):
        return Pixels(colour, None)
    alpha = values[..., 3]
    if raw_mode.startswith("RGBa"):  # colours were stored multiplied by alpha
        colour = np.minimum(colour / np.maximum(alpha, 1e-6)[..., None], 1)
    return Pixels(colour, alpha)


def _decode_8_bits(picture: Image.Image, profile: bytes | None, name: str) -> Pixels:
    grey = picture.mode in _GREY_MODES
    alpha = None
    if picture.has_transparency_data:
        picture = picture.convert("LA" if grey else "RGBA")
        alpha = np.asarray(picture.getchannel("A")) / np.float32(255)
    mode = "L" if grey else "CMYK" if picture.mode == "CMYK" else "RGB"
    picture = picture.convert(mode)
    conversion = _srgb_conversion(profile, mode, name) if profile else None
    if conversion is not None:
        picture = conversion.apply(picture.convert(conversion.input_mode))
    elif mode == "CMYK":
        picture = picture.convert("RGB")
    return Pixels(np.asarray(picture) / np.float32(255), alpha)


def _warn_unless_srgb(profile: bytes | None, picture: ImageFile, name: str) -> None:
    mode = "RGB" if picture.mode.startswith("RGB") else "L"
    if profile and _srgb_conversion(profile, mode, name):
        warnings.warn(f"{name}: 16-bit values are kept, but are not sRGB", stacklevel=5)


def _srgb_conversion(profile: bytes, mode: str, name: str) -> ImageCms.ImageCmsTransform | None:
    """Builds the conversion of a profile to sRGB, or None if none is needed or possible."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if mode == "L" and profile[16:20] == b"RGB ":  # the header's colour space
            mode = "RGB"
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        conversion = ImageCms.ImageCmsTransform(source, srgb, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        warnings.warn(f"{name}: unusable colour profile ignored: {error}", stacklevel=6)
        return None
    if mode == "CMYK":
        return conversion
    # Judged by what it does to a ramp or a lattice of colours: names of profiles are not reliable.
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(len(steps), -1, 3)
    probe = Image.fromarray(lattice[..., 0] if mode == "L" else lattice)
    change = np.asarray(conversion.apply(probe), int) - np.asarray(probe.convert("RGB"), int)
    return None if np.abs(change).max() <= 1 else conversion


def _orientation(picture: Image.Image) -> int:
    """Reads the EXIF orientation still to be applied; Pillow and OpenCV turn a TIFF themselves."""
    try:
        return picture.getexif().get(0x0112, 1)
    except Exception:  # a broken EXIF block does not make the picture unreadable
        return 1


def _turn(pixels: np.ndarray, mirrored: bool, turns: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(np.fliplr(pixels) if mirrored else pixels, turns))

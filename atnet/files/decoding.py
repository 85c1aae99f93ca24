"""From the bytes of an image file to upright pixels, as the file stores them."""

import contextlib
import re
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from atnet.files import exr
from atnet.files.errors import ImageError, first_line, warn_caller
from atnet.files.metadata import Metadata, read_metadata
from atnet.files.orientation import upright
from atnet.files.png import deep_samples
from atnet.files.profiles import is_rgb, srgb_conversion
from atnet.files.quiet import native_silence
from atnet.files.signatures import TIFF_SIGNATURES, open_picture, refuse_raw
from atnet.files.tiff import read_deep_tiff

MAX_PIXELS = 2**28  # 3 GiB as float32 RGB; the largest cameras have 1.5e8

Colours = Literal["srgb", "kept", "stored"]
"""What is done to colours: converted to sRGB; left in the RGB space of their profile; or taken as
stored, for what is no colour, such as alpha."""

_GREY_MODES = {"1", "L", "LA"}
_8_BIT_MODES = _GREY_MODES | {"P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}
_TALKATIVE = {"TIFF", "HEIF"}  # their libraries print what they think of a damaged file
_16_BIT_PNG = re.compile(r"(I|LA|RGBA?);16B")


class Pixels(NamedTuple):
    """What was decoded.

    Attributes:
        colour: `(H, W)` or `(H, W, 3)`, upright: uint8 or uint16 where the file's samples can stay
            as they are, which takes a quarter or half of the memory; else float32 in [0, 1].
        alpha: `(H, W)`, likewise or bool; or None.
        metadata: What the file says besides.
    """

    colour: np.ndarray
    alpha: np.ndarray | None
    metadata: Metadata


def decode(data: bytes, name: str, *, colours: Colours) -> Pixels:
    """Decodes the first picture of a file."""
    refuse_raw(data, name)
    if data.startswith(exr.SIGNATURE):
        return Pixels(*exr.read_exr(data, name, MAX_PIXELS, colour_managed=colours != "stored"))
    if data.startswith(TIFF_SIGNATURES):
        deep = read_deep_tiff(data, name, MAX_PIXELS)
        if deep is not None:
            return _checked_profile(Pixels(*deep), colours, name)
    picture = open_picture(data, name)
    if not _is_deep_png(picture):
        return decode_picture(picture, name, colours=colours)
    _check_header(picture, name, supported=True)
    metadata = read_metadata(picture)
    _load(picture, name)  # OpenCV silently returns half of a truncated file
    pixels = _turned(_deep_png(deep_samples(data, name), picture, metadata), metadata.orientation)
    return _checked_profile(pixels, colours, name)


def decode_picture(picture: Image.Image, name: str, *, colours: Colours) -> Pixels:
    """Takes the pixels out of a Pillow image, just as out of its file."""
    sixteen_bits = picture.mode.startswith("I;16")
    _check_header(picture, name, supported=sixteen_bits or picture.mode in _8_BIT_MODES)
    metadata = read_metadata(picture)
    _load(picture, name)
    # Pillow turns a TIFF itself, on loading it.
    orientation = 1 if isinstance(picture, TiffImageFile) else metadata.orientation
    if sixteen_bits:
        pixels = Pixels(np.asarray(picture, np.uint16), None, metadata)
    else:
        pixels = _decode_8_bits(picture, metadata, colours, name)
    return _turned(pixels, orientation)


def _is_deep_png(picture: ImageFile) -> bool:
    """Reads the layout in the file, which tells 16 bits from 8; Pillow forgets it on loading."""
    if not isinstance(picture, PngImageFile) or not picture.tile:
        return False
    return _16_BIT_PNG.fullmatch(str(picture.tile[0][3])) is not None


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
        warn_caller(f"{name}: has several frames, the first one is read")


def _load(picture: Image.Image, name: str) -> None:
    talks = picture.format in _TALKATIVE
    try:
        with native_silence() if talks else contextlib.nullcontext():
            picture.load()
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise ImageError(f"{name}: is damaged or truncated: {first_line(error)}") from error


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    alpha = None if pixels.alpha is None else upright(pixels.alpha, orientation)
    return Pixels(upright(pixels.colour, orientation), alpha, pixels.metadata)


def _deep_png(samples: np.ndarray, picture: ImageFile, metadata: Metadata) -> Pixels:
    key, alpha = picture.info.get("transparency"), None
    if samples.shape[2] == 4:
        alpha = samples[..., 3]
    elif key is not None:
        alpha = (samples != np.array(key)).any(axis=2)
    colour = samples[..., :3] if samples.shape[2] >= 3 else samples[..., 0]
    return Pixels(colour, alpha, metadata._replace(profile=picture.info.get("icc_profile")))


def _checked_profile(pixels: Pixels, colours: Colours, name: str) -> Pixels:
    """Leaves 16 bits as they are, for Pillow converts only 8, and keeps their profile by them."""
    profile = pixels.metadata.profile
    mode = "RGB" if pixels.colour.ndim == 3 else "L"
    if not profile or colours == "stored" or srgb_conversion(profile, mode, name) is None:
        profile = None
    elif colours == "srgb" or not is_rgb(profile):
        warn_caller(f"{name}: 16-bit values are kept in the colours of their profile, not sRGB")
    profile = profile if profile and is_rgb(profile) else None
    return pixels._replace(metadata=pixels.metadata._replace(profile=profile))


def _decode_8_bits(picture: Image.Image, metadata: Metadata, colours: Colours, name: str) -> Pixels:
    profile = picture.info.get("icc_profile") if colours != "stored" else None
    grey = picture.mode in _GREY_MODES
    alpha = None
    if picture.has_transparency_data:
        picture = picture.convert("LA" if grey else "RGBA")
        alpha = np.asarray(picture.getchannel("A"))
    mode = "L" if grey else "CMYK" if picture.mode == "CMYK" else "RGB"
    picture = picture.convert(mode)
    conversion = srgb_conversion(profile, mode, name) if profile else None
    if conversion is not None and colours == "kept" and mode == "RGB":
        metadata = metadata._replace(profile=profile)
    elif conversion is not None:
        picture = conversion.apply(picture.convert(conversion.input_mode))
    elif mode == "CMYK":
        picture = picture.convert("RGB")
    return Pixels(np.asarray(picture), alpha, metadata)

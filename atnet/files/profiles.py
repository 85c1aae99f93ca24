"""ICC colour profiles: what of them needs converting to sRGB, and sRGB's own."""

import functools
import io
import struct

import numpy as np
from PIL import Image, ImageCms

from atnet.files.errors import ImageError, warn_caller


def srgb_conversion(profile: bytes, mode: str, name: str) -> ImageCms.ImageCmsTransform | None:
    """Builds the conversion of a profile to sRGB, of 8 bits.

    Args:
        profile: Bytes of an ICC profile, which may be broken.
        mode: Pillow's mode of the pixels: L, RGB or CMYK.
        name: Of the file, for the warning.

    Returns:
        None if none is needed, or possible, which gives a warning.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if mode == "L" and is_rgb(profile):
            mode = "RGB"
        conversion = ImageCms.ImageCmsTransform(source, _srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        warn_caller(f"{name}: unusable colour profile ignored: {error}")
        return None
    if mode == "CMYK":
        return conversion
    # Judged by what it does to a ramp or a lattice of colours: names of profiles are not reliable.
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(len(steps), -1, 3)
    probe = Image.fromarray(lattice[..., 0] if mode == "L" else lattice)
    change = np.asarray(conversion.apply(probe), int) - np.asarray(probe.convert("RGB"), int)
    return None if np.abs(change).max() <= 1 else conversion


def from_srgb(pixels: np.ndarray, profile: bytes) -> np.ndarray:
    """Converts an sRGB picture to the colours of an RGB profile, by 8 bits.

    Args:
        pixels: uint8 `(H, W, 3)`.
        profile: Bytes of the ICC profile.

    Returns:
        uint8 `(H, W, 3)`.

    Raises:
        ImageError: The profile leads only out of its colours, as those of scanners do.
    """
    try:
        target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        conversion = ImageCms.ImageCmsTransform(_srgb(), target, "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise ImageError(
            "background: cannot be converted to the photograph's colour profile: convert the "
            "photograph to sRGB first"
        ) from error
    return np.asarray(conversion.apply(Image.fromarray(pixels)))


def is_rgb(profile: bytes) -> bool:
    """Tells whether a profile is one of RGB colours, by its header."""
    return profile[16:20] == b"RGB "


@functools.cache
def srgb_profile() -> bytes:
    """Returns the ICC profile of sRGB, the same bytes every time."""
    profile = _srgb().tobytes()
    made = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # the header has the time at which it was made
    return profile[:24] + made + profile[36:]


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

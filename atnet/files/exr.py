"""OpenEXR: linear light in half or float, colours multiplied by alpha, as the format says."""

import io
from types import ModuleType
from typing import Any

import numpy as np

from atnet.files.errors import ImageError, first_line, warn_caller
from atnet.files.linear import from_srgb, to_srgb
from atnet.files.metadata import Metadata
from atnet.files.quiet import native_silence

SIGNATURE = b"\x76\x2f\x31\x01"
MAX_SAMPLES = 2**30
"""Of all channels of all parts, for the library decodes them together."""
_LAYOUTS = ("RGB", "Y", "A")  # by what is looked for first
_REC_709 = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)


def read_exr(
    data: bytes, name: str, max_pixels: int, *, colour_managed: bool
) -> tuple[np.ndarray, np.ndarray | None, Metadata]:
    """Decodes the first part of a file.

    Args:
        data: Content of the file.
        name: Of the file, for messages.
        max_pixels: Bound on the size, checked before anything is decoded.
        colour_managed: Encode the light as sRGB; else values are returned as they are stored.

    Returns:
        Colour, float32 `(H, W)` or `(H, W, 3)` in [0, 1], straight; alpha `(H, W)` or None;
        what else is known. What reaches out of [0, 1] is cut, with a warning.

    Raises:
        ImageError: The file is damaged, too large, has other channels, or values that are no
            numbers; or the library is missing.
    """
    library = _library(name)
    try:
        headers = [part.header for part in _opened(library, data, header_only=True).parts]
        layout = _checked(headers, name, max_pixels)
        file = _opened(library, data, header_only=False)
        channels = file.channels() if file.parts else {}  # damaged parts are left out
        wanted = [key for key in (*layout, "A") if key in channels]
        planes = {key: _placed(channels[key].pixels, headers[0]) for key in wanted}
    except ImageError:
        raise
    except Exception as error:  # the library raises nearly anything on hostile data
        raise _damaged(name, first_line(error)) from error
    if not planes:
        raise _damaged(name, "its pixels are missing")
    for key, plane in planes.items():
        _check_finite(plane, key, name)
    return *_pixels(planes, layout, name, colour_managed), _metadata(headers[0])


def encode_exr(image: np.ndarray, bits: int, metadata: Metadata, *, premultiplied: bool) -> bytes:
    """Encodes colours as linear light, and a grey picture, an alpha, as it is.

    Args:
        image: float32 `(H, W)`, `(H, W, 3)` or `(H, W, 4)` in [0, 1], sRGB, straight.
        bits: 16 for half, 32 for float.
        metadata: Of it, only the resolution can be held.
        premultiplied: Multiply colours by alpha, in linear light.

    Returns:
        The content of the file, in ZIP compression.

    Raises:
        ImageError: The library is missing, or the colours follow another profile.
    """
    library = _library("OpenEXR")
    if metadata.profile is not None and image.ndim == 3:
        raise ImageError(
            "OpenEXR has no colour profiles: use .tif or .png, or convert the photograph to sRGB"
        )
    planes = {"Y": image} if image.ndim == 2 else _light(image, premultiplied)
    kind = np.float16 if bits == 16 else np.float32
    header: dict[str, Any] = {"compression": library.ZIP_COMPRESSION}
    header["type"] = library.scanlineimage
    if metadata.dpi is not None:
        header["xDensity"] = float(metadata.dpi[0])
        header["pixelAspectRatio"] = float(metadata.dpi[0] / metadata.dpi[1])
    file = io.BytesIO()
    arrays = {key: np.ascontiguousarray(plane, kind) for key, plane in planes.items()}
    library.File(header, arrays).write(file)
    return file.getvalue()


def _damaged(name: str, why: str) -> ImageError:
    return ImageError(f"{name}: is damaged or truncated: {why}")


def _opened(library: ModuleType, data: bytes, *, header_only: bool) -> Any:
    with native_silence():
        return library.File(io.BytesIO(data), separate_channels=True, header_only=header_only)


def _library(name: str) -> ModuleType:
    try:
        import OpenEXR  # noqa: PLC0415
    except ImportError as error:
        raise ImageError(
            f"{name}: OpenEXR files need another package: pip install 'atnet[exr]'"
        ) from error
    return OpenEXR


def _checked(headers: list[dict[str, Any]], name: str, max_pixels: int) -> str:
    """Refuses what is too large or no picture; returns the channels that hold the colour."""
    samples = sum(np.prod(_size(header["dataWindow"])) * len(header["channels"])
                  for header in headers)  # fmt: skip
    width, height = _size(headers[0]["displayWindow"])
    if min(width, height) < 1 or width * height > max_pixels:
        raise ImageError(
            f"{name}: is {width} x {height} pixels: 1 to {max_pixels} pixels are allowed"
        )
    if samples > MAX_SAMPLES:
        raise ImageError(
            f"{name}: has {samples} values in all its channels: {MAX_SAMPLES} are allowed"
        )
    if len(headers) > 1:
        warn_caller(f"{name}: has several parts, the first one is read")
    full = {channel.name for channel in headers[0]["channels"]
            if channel.xSampling == channel.ySampling == 1}  # fmt: skip
    layout = next((layout for layout in _LAYOUTS if set(layout) <= full), None)
    chroma = {channel.name for channel in headers[0]["channels"]} & {"RY", "BY"}
    if layout is None or (layout == "Y" and chroma) or "deep" in str(headers[0]["type"]):
        found = ", ".join(sorted(channel.name for channel in headers[0]["channels"]))
        raise ImageError(
            f"{name}: has the channels {found}: save the picture as flat R, G, B, or Y, or A"
        )
    primaries = headers[0].get("chromaticities", _REC_709)
    if layout == "RGB" and not np.allclose(primaries, _REC_709, atol=1e-3):
        warn_caller(f"{name}: its primaries are not Rec. 709's, but are taken for them")
    return layout


def _size(window: tuple[np.ndarray, np.ndarray]) -> tuple[int, int]:
    (left, top), (right, bottom) = (corner.tolist() for corner in window)
    return right - left + 1, bottom - top + 1


def _placed(pixels: np.ndarray, header: dict[str, Any]) -> np.ndarray:
    """Puts what was stored where it is shown; outside of it is nothing."""
    (left, top), _ = (corner.tolist() for corner in header["dataWindow"])
    (x, y), _ = (corner.tolist() for corner in header["displayWindow"])
    width, height = _size(header["displayWindow"])
    if (left, top, *pixels.shape) == (x, y, height, width):
        return pixels.astype(np.float32)
    shown = np.zeros((height, width), np.float32)
    rows, columns = slice(max(y - top, 0), y + height - top), slice(max(x - left, 0), None)
    part = pixels[rows, columns][:, : max(x + width - max(left, x), 0)]
    shown[max(top - y, 0) :, max(left - x, 0) :][: part.shape[0], : part.shape[1]] = part
    return shown


def _check_finite(plane: np.ndarray, channel: str, name: str) -> None:
    wrong = ~np.isfinite(plane)
    if wrong.any():
        y, x = np.argwhere(wrong)[0].tolist()
        raise ImageError(
            f"{name}: channel {channel} has {np.count_nonzero(wrong)} values that are NaN or "
            f"infinite, the first at x {x}, y {y}: mend them where the picture was made"
        )


def _pixels(
    planes: dict[str, np.ndarray], layout: str, name: str, colour_managed: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    colour = np.dstack([planes[key] for key in layout]) if layout == "RGB" else planes[layout]
    alpha = planes.get("A") if layout != "A" else None
    if alpha is not None:
        alpha = alpha.clip(0, 1)
        weight = alpha if colour.ndim == 2 else alpha[..., None]
        # Light without alpha, such as a flame's glow, cannot be told straight: it is dropped.
        colour = np.where(weight > 0, colour / np.maximum(weight, 1e-6), 0)
    outside = np.count_nonzero((colour < 0) | (colour > 1 + 1e-3))
    if outside:
        warn_caller(
            f"{name}: {outside} values from {colour.min():g} to {colour.max():g} were cut to 0 to 1"
        )
    colour = colour.clip(0, 1)
    return (to_srgb(colour) if colour_managed else colour), alpha


def _light(image: np.ndarray, premultiplied: bool) -> dict[str, np.ndarray]:
    light = from_srgb(image[..., :3])
    if image.shape[2] == 3:
        return dict(zip("RGB", np.moveaxis(light, 2, 0), strict=True))
    alpha = image[..., 3:]
    light = light * alpha if premultiplied else light
    return dict(zip("RGBA", np.moveaxis(np.dstack([light, alpha]), 2, 0), strict=True))


def _metadata(header: dict[str, Any]) -> Metadata:
    density, aspect = header.get("xDensity", 0), header.get("pixelAspectRatio", 1)
    if not (1 <= density <= 1e5 and 0.01 <= aspect <= 100):
        return Metadata()
    return Metadata(dpi=(float(density), float(density / aspect)))

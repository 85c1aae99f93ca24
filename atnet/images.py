"""Read and write image files: float32 arrays in [0, 1] inside, 8 or 16 bits outside."""

import io
import re
import secrets
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageCms
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

MAX_PIXELS = 2**28  # 3 GiB as float32 RGB; the largest cameras have 1.5e8
MAX_FILE_BYTES = 2**30
GREY_TOLERANCE = 2 / 255  # how far JPEG noise pulls the channels of a grey picture apart
RANGE_TOLERANCE = 1e-3  # how far arithmetic may leave [0, 1] before a value counts as a mistake

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


class ImageError(ValueError):
    """An image cannot be read or written; the message is one line that names the file."""


class _Pixels(NamedTuple):
    """Decoded float32 values in [0, 1]: colour (H, W) or (H, W, 3), alpha (H, W) or None."""

    colour: np.ndarray
    alpha: np.ndarray | None


def read_image(source: str | Path | bytes) -> np.ndarray:
    """Read a colour image: JPEG, PNG, TIFF, WebP or BMP of 8 or 16 bits.

    EXIF orientation is applied. 8-bit images with a colour profile are converted to sRGB; 16-bit
    images keep their values, with a warning if their profile is not sRGB. Transparent pixels are
    flattened on white with a warning, so hidden colours never get in. Of several frames or pages
    the first is read, with a warning.

    Args:
        source: path of the file, or its bytes. At most `MAX_FILE_BYTES` and `MAX_PIXELS`.

    Returns:
        float32 (H, W, 3), RGB in [0, 1], sRGB-encoded.

    Raises:
        ImageError: if the file is missing, damaged, truncated, too large or of another kind.

    Example:
        >>> data = encode_image(np.full((2, 3), 0.2, np.float32))
        >>> read_image(data).shape
        (2, 3, 3)
    """
    colour, alpha = _read_pixels(source, colour_managed=True)
    if colour.ndim == 2:
        colour = np.repeat(colour[..., None], 3, axis=2)
    if alpha is not None and alpha.min() < 1:
        warnings.warn(f"{_name(source)}: transparent pixels were put on white", stacklevel=2)
        colour *= alpha[..., None]
        colour += 1 - alpha[..., None]
    return colour


def read_grey(source: str | Path | bytes) -> np.ndarray:
    """Read an alpha, mask or trimap: exact values, never changed by a colour profile.

    A file with transparency is taken for a cutout: its alpha channel is returned. Colour channels
    may differ by `GREY_TOLERANCE` (JPEG noise); then green is returned.

    Args:
        source: path of the file, or its bytes; formats and limits as in `read_image`.

    Returns:
        float32 (H, W) in [0, 1]: v / 255 of 8-bit and v / 65535 of 16-bit files.

    Raises:
        ImageError: if the file cannot be read or is coloured.

    Example:
        >>> read_grey(encode_image(np.ones((2, 3), np.float32), bits=16)).tolist()
        [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    colour, alpha = _read_pixels(source, colour_managed=False)
    if alpha is not None and alpha.min() < 1:
        return alpha
    if colour.ndim == 2:
        return colour
    if np.ptp(colour, axis=2).max() > GREY_TOLERANCE + 1e-6:
        raise ImageError(
            f"{_name(source)}: is coloured, but an alpha, mask or trimap needs one channel: "
            "save it as a grey image"
        )
    return np.ascontiguousarray(colour[..., 1])


def _name(source: str | Path | bytes) -> str:
    return "image data" if isinstance(source, bytes) else str(source)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _read_pixels(source: str | Path | bytes, *, colour_managed: bool) -> _Pixels:
    name = _name(source)
    data = source if isinstance(source, bytes) else _read_file(Path(source))
    picture = _open(data, name)
    raw_mode = _raw_mode(picture)
    sixteen_bits = _16_BIT_RAW_MODE.fullmatch(raw_mode) is not None
    _check_header(picture, name, supported=sixteen_bits or picture.mode in _8_BIT_MODES)
    try:
        # OpenCV silently returns half of a truncated file, so Pillow loads 16-bit files as well.
        picture.load()
    except Exception as error:
        raise ImageError(f"{name}: is damaged or truncated: {_first_line(error)}") from error
    profile = picture.info.get("icc_profile") if colour_managed else None
    if sixteen_bits:
        pixels = _decode_16_bits(data, picture, raw_mode, name)
        mode = "RGB" if picture.mode.startswith("RGB") else "L"
        if profile and _srgb_conversion(profile, mode, name):
            warnings.warn(f"{name}: 16-bit values are kept, but are not sRGB", stacklevel=3)
    else:
        pixels = _decode_8_bits(picture, profile, name)
    turn = _TURNS.get(_orientation(picture), (False, 0))
    alpha = None if pixels.alpha is None else _turn(pixels.alpha, *turn)
    return _Pixels(_turn(pixels.colour, *turn), alpha)


def _read_file(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_file() and size <= MAX_FILE_BYTES:
            return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path}: cannot be read: {reason}") from error
    if path.is_file():
        raise ImageError(f"{path}: has {size} bytes, more than the {MAX_FILE_BYTES} allowed")
    raise ImageError(f"{path}: is not a file: name one image")


def _open(data: bytes, name: str) -> ImageFile:
    for signature, reader in _READERS.items():
        if data.startswith(signature):
            try:
                return reader(io.BytesIO(data))
            except Exception as error:  # decoders raise nearly anything on hostile data
                raise ImageError(f"{name}: has a broken header: {_first_line(error)}") from error
    kind = "is not a JPEG, PNG, TIFF, WebP or BMP file" if data else "is empty"
    raise ImageError(f"{name}: {kind}: give such a file")


def _raw_mode(picture: ImageFile) -> str:
    """Pillow's name of the layout in the file, which tells 16 bits from 8; gone after loading."""
    if not picture.tile:
        return picture.mode
    arguments = picture.tile[0][3]
    return str(arguments if isinstance(arguments, str) or not arguments else arguments[0])


def _check_header(picture: ImageFile, name: str, *, supported: bool) -> None:
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
        warnings.warn(f"{name}: has several frames, the first one is read", stacklevel=4)


def _orientation(picture: ImageFile) -> int:
    """EXIF orientation still to be applied: 1 for TIFF, which Pillow and OpenCV turn themselves."""
    try:
        return picture.getexif().get(0x0112, 1)
    except Exception:  # a broken EXIF block does not make the picture unreadable
        return 1


def _decode_16_bits(data: bytes, picture: ImageFile, raw_mode: str, name: str) -> _Pixels:
    try:
        samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ImageError(f"{name}: cannot be decoded: {_first_line(error)}") from error
    size = (picture.height, picture.width)
    if samples is None or samples.dtype != np.uint16 or samples.shape[:2] != size:
        raise ImageError(f"{name}: is a 16-bit file of an unusual kind: save it as 16-bit PNG")
    values = samples / np.float32(65535)
    if values.ndim == 2:
        white_is_zero = isinstance(picture, TiffImageFile) and picture.tag_v2.get(262) == 0
        return _Pixels(1 - values if white_is_zero else values, None)
    colour = values[..., 2::-1]
    if not picture.mode.endswith("A"):
        return _Pixels(colour, None)
    alpha = values[..., 3]
    if raw_mode.startswith("RGBa"):  # colours were stored multiplied by alpha
        colour = np.minimum(colour / np.maximum(alpha, 1e-6)[..., None], 1)
    return _Pixels(colour, alpha)


def _decode_8_bits(picture: Image.Image, profile: bytes | None, name: str) -> _Pixels:
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
    return _Pixels(np.asarray(picture) / np.float32(255), alpha)


def _srgb_conversion(profile: bytes, mode: str, name: str) -> ImageCms.ImageCmsTransform | None:
    """Return the conversion of a profile to sRGB, or None if none is needed or possible."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if mode == "L" and profile[16:20] == b"RGB ":  # the header's colour space
            mode = "RGB"
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        conversion = ImageCms.ImageCmsTransform(source, srgb, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        warnings.warn(f"{name}: unusable colour profile ignored: {error}", stacklevel=5)
        return None
    if mode == "CMYK":
        return conversion
    # Judged by what it does to a ramp or a lattice of colours: names of profiles are not reliable.
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(len(steps), -1, 3)
    probe = Image.fromarray(lattice[..., 0] if mode == "L" else lattice)
    change = np.asarray(conversion.apply(probe), int) - np.asarray(probe.convert("RGB"), int)
    return None if np.abs(change).max() <= 1 else conversion


def _turn(pixels: np.ndarray, mirrored: bool, turns: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(np.fliplr(pixels) if mirrored else pixels, turns))


def encode_image(image: np.ndarray, suffix: str = ".png", bits: int = 8) -> bytes:
    r"""Encode an image as the bytes of a file; the same image always gives the same bytes.

    Args:
        image: float (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA with straight alpha, in [0, 1].
        suffix: .png, .tif or .tiff (8 or 16 bits), .webp (8 bits, lossless, grey becomes RGB),
            .jpg or .jpeg (8 bits, quality 95, no alpha).
        bits: 8 or 16 per channel; values are rounded.

    Returns:
        The content of the file.

    Raises:
        ImageError: if the image is no such array or the format cannot hold it.

    Example:
        >>> encode_image(np.zeros((2, 3), np.float32), ".jpg")[:2]
        b'\xff\xd8'
    """
    file_format = _FORMATS.get(suffix.lower())
    if file_format is None:
        raise ImageError(f"cannot write files that end in '{suffix}': use {', '.join(_FORMATS)}")
    _check_values(image)
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels not in file_format.channels:
        raise ImageError(f"{suffix} files have no alpha channel: use .png, .tif or .webp")
    if bits not in file_format.bits:
        allowed = " or ".join(map(str, file_format.bits))
        raise ImageError(f"{suffix} files cannot hold {bits} bits per channel, only {allowed}")
    try:
        return file_format.encode(_quantise(image, bits))
    except (OSError, ValueError, cv2.error) as error:
        raise ImageError(f"{suffix} cannot hold {image.shape}: {_first_line(error)}") from error


def write_image(path: str | Path, image: np.ndarray, bits: int = 8) -> None:
    """Write an image; an existing file is replaced as a whole or, on any failure, not at all.

    Args:
        path: target; its suffix chooses the format as in `encode_image`. The folder must exist.
        image: float (H, W), (H, W, 3) or (H, W, 4) in [0, 1].
        bits: 8 or 16 per channel.

    Raises:
        ImageError: if the image cannot be encoded or the file cannot be written.

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
    write_bytes_atomically(path, data)


def write_bytes_atomically(path: str | Path, data: bytes) -> None:
    """Write a file through a temporary neighbour, so that nobody ever sees half of it.

    Args:
        path: target in an existing folder; a link is followed, permissions follow the umask.
        data: the whole content.

    Raises:
        ImageError: if the folder does not exist or the file cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_bytes_atomically(Path(folder) / "report.json", b"{}")
        ...     [file.name for file in Path(folder).iterdir()]
        ['report.json']
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        if not target.parent.is_dir():
            raise ImageError(f"{path}: the folder {target.parent} does not exist: create it first")
        if target.exists() and not target.is_file():
            raise ImageError(f"{path}: exists and is not a file: choose another name")
        try:
            with temporary.open("xb") as file:
                file.write(data)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ImageError(f"{path}: cannot be written: {error.strerror}") from error


def _check_values(image: np.ndarray) -> None:
    if not np.issubdtype(image.dtype, np.floating):
        raise ImageError(f"cannot write {image.dtype} values: give float32 in [0, 1]")
    if image.ndim not in (2, 3) or image.size == 0 or image.shape[2:] not in ((), (3,), (4,)):
        raise ImageError(
            f"cannot write an array of shape {image.shape}: use (H, W), (H, W, 3) or (H, W, 4)"
        )
    low, high = image.min(), image.max()
    if not (low >= -RANGE_TOLERANCE and high <= 1 + RANGE_TOLERANCE):  # also if they are NaN
        raise ImageError(f"cannot write values from {low:g} to {high:g}: give values in [0, 1]")


def _quantise(image: np.ndarray, bits: int) -> np.ndarray:
    scaled = np.clip(image, 0, 1) * np.float32(2**bits - 1)
    return (scaled + 0.5).astype(np.uint8 if bits == 8 else np.uint16)


def _encode_png(samples: np.ndarray) -> bytes:
    if samples.ndim == 3:
        swap = cv2.COLOR_RGB2BGR if samples.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        samples = cv2.cvtColor(samples, swap)
    return cv2.imencode(".png", samples, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()


def _encode_tiff(samples: np.ndarray) -> bytes:
    """Deflated strips with a horizontal predictor; OpenCV would not mark the alpha channel."""
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


class _Format(NamedTuple):
    encode: Callable[[np.ndarray], bytes]
    bits: tuple[int, ...]
    channels: tuple[int, ...]


_FORMATS = {
    ".png": _Format(_encode_png, (8, 16), (1, 3, 4)),
    ".tif": _Format(_encode_tiff, (8, 16), (1, 3, 4)),
    ".tiff": _Format(_encode_tiff, (8, 16), (1, 3, 4)),
    ".webp": _Format(_encode_webp, (8,), (1, 3, 4)),
    ".jpg": _Format(_encode_jpeg, (8,), (1, 3)),
    ".jpeg": _Format(_encode_jpeg, (8,), (1, 3)),
}

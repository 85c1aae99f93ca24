"""What kind of file it is, told from its first bytes, and the reader of that kind."""

import io
from pathlib import Path

from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from atnet.files.errors import ImageError, first_line

TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Chosen by signature and not through Image.open: no other decoder can be reached, the first picture
# of a phone's multi-picture JPEG is simply read, and Pillow's own pixel limits stay out of the way.
_READERS: dict[bytes, type[ImageFile]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    **dict.fromkeys(TIFF_SIGNATURES, TiffImageFile),
    b"RIFF": WebPImageFile,
    b"GIF8": GifImageFile,
    b"BM": BmpImageFile,
}
_AVIF = {b"avif", b"avis"}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"}
_RAW_NAMES = (
    "3fr arw cr2 cr3 crw dcr dng erf fff iiq kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 "
    "srf srw x3f"
)
_RAW_SIGNATURES = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM")


def open_picture(data: bytes, name: str) -> ImageFile:
    """Opens a file with the one reader of its kind; pixels are not decoded yet.

    Args:
        data: Content of the file.
        name: Of the file, for messages.

    Returns:
        The picture.

    Raises:
        ImageError: The file is of another kind, its header is broken, or a package is missing.
    """
    reader = _reader(data, name)
    try:
        return reader(io.BytesIO(data))
    except Exception as error:  # decoders raise nearly anything on hostile data
        raise ImageError(f"{name}: has a broken header: {first_line(error)}") from error


def refuse_raw(data: bytes, name: str) -> None:
    """Refuses camera raw: what could be read of it is at best a small preview.

    Raises:
        ImageError: It is camera raw, by its name or by its content.
    """
    canon = data[8:10] == b"CR" or data[4:12] == b"ftypcrx "
    named = Path(name).suffix.lower().removeprefix(".") in _RAW_NAMES.split()
    if canon or data.startswith(_RAW_SIGNATURES) or named:
        raise camera_raw(name)


def camera_raw(name: str) -> ImageError:
    """Says what to do with camera raw."""
    return ImageError(
        f"{name}: is camera raw: develop it to a 16-bit TIFF first, with darktable or the camera's "
        "own program"
    )


def _reader(data: bytes, name: str) -> type[ImageFile]:
    for signature, reader in _READERS.items():
        if data.startswith(signature):
            return reader
    brands = {data[start : start + 4] for start in (8, 16, 20, 24)} if data[4:8] == b"ftyp" else ()
    if _AVIF.intersection(brands):
        return AvifImageFile
    if _HEIF.intersection(brands):
        return _heif_reader(name)
    kind = "is not a JPEG, PNG, TIFF, WebP, AVIF, HEIC, GIF, BMP or OpenEXR file"
    raise ImageError(f"{name}: {kind if data else 'is empty'}: give such a file")


def _heif_reader(name: str) -> type[ImageFile]:
    try:
        from pillow_heif import HeifImageFile  # noqa: PLC0415
    except ImportError as error:
        raise ImageError(
            f"{name}: HEIC files need another package: pip install 'atnet[heif]'"
        ) from error
    return HeifImageFile

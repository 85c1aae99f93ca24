"""What a file says about its pixels: orientation, colour profile, EXIF, resolution."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from PIL import ExifTags, Image

_TEXTS = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
)
# Maker notes break when they are moved, and hide previews; the rest speaks of the file as it was.
_STALE = (
    ExifTags.Base.MakerNote,
    ExifTags.Base.ExifImageWidth,
    ExifTags.Base.ExifImageHeight,
    ExifTags.Base.ExifInteroperabilityOffset,
    ExifTags.Base.ColorSpace,
)


class Metadata(NamedTuple):
    """What a file says about its pixels.

    Attributes:
        orientation: EXIF's number of how the pixels were stored; as arrays they are upright.
        profile: ICC profile that the colours follow; None is sRGB.
        exif: What may go on to another file: who, when, with what, where; no previews, and upright.
        dpi: Pixels per inch, across and down.
    """

    orientation: int = 1
    profile: bytes | None = None
    exif: Image.Exif | None = None
    dpi: tuple[float, float] | None = None


def read_metadata(picture: Image.Image) -> Metadata:
    """Reads what Pillow knows of a picture, before its pixels are loaded; broken parts are none."""
    try:
        found: Mapping[int, Any] = picture.getexif()
    except Exception:  # a broken EXIF block does not make the picture unreadable
        found = {}
    return made_metadata(found, picture.info.get("dpi"))


def made_metadata(found: Mapping[int, Any], dpi: Any) -> Metadata:
    """Makes it of tags by number, and of what may be two numbers; broken parts are none."""
    orientation = found.get(ExifTags.Base.Orientation, 1)
    if orientation not in range(1, 9):
        orientation = 1
    try:
        exif = _kept(found)
    except Exception:  # what cannot be written again
        exif = None
    return Metadata(orientation, None, exif, _dpi(dpi, across=orientation > 4))


def _kept(found: Mapping[int, Any]) -> Image.Exif | None:
    kept = Image.Exif()
    for tag in _TEXTS:
        if isinstance(found.get(tag), str):
            kept[tag] = found[tag].encode("latin-1", "replace")  # Pillow keeps no other letters
    if isinstance(found, Image.Exif):
        for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            entries = found.get_ifd(directory)
            kept[directory] = {tag: it for tag, it in entries.items() if tag not in _STALE}
            if not kept[directory]:
                del kept[directory]
    kept.tobytes()  # what cannot be written is found now
    return kept if len(kept) else None


def _dpi(found: Any, *, across: bool) -> tuple[float, float] | None:
    try:
        x, y = map(float, found)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not (1 <= x <= 1e5 and 1 <= y <= 1e5):
        return None
    return (y, x) if across else (x, y)

"""Image files of a folder: which there are, what they are called, how large they are."""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar, cast

from PIL import Image

from atnet.files.storage import Location, StoragePath

Located = TypeVar("Located", bound=Location)
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".avif", ".gif", ".bmp")
"""By which images are known, in small or capital letters."""
PHOTOGRAPHS = (*SUFFIXES, ".heic", ".heif", ".exr")
"""The same with those that need an extra; their sizes are not known before they are read."""
_SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap width and height


def find_images(folder: Located, suffixes: Sequence[str] = SUFFIXES) -> list[Located]:
    """Finds the images of a folder and its subfolders; what is hidden is left out.

    Args:
        folder: An existing folder.
        suffixes: By which they are known.

    Returns:
        Files that end in one of them, sorted; perhaps none.

    Raises:
        ValueError: It is no folder.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder}: is not a folder")
    return sorted(
        path
        for path in _files(folder)
        if path.suffix.lower() in suffixes
        and not any(name.startswith(".") for name in path.relative_to(folder).parts)
    )


def files_by_stem(folder: Located) -> dict[str, Located]:
    """Finds the images of a folder by name, as `find_images` does.

    Args:
        folder: An existing folder.

    Returns:
        Relative path without suffix, with `/` between folders, to file; sorted, perhaps none.

    Raises:
        ValueError: It is no folder, or two files differ only in their suffix.
    """
    found: dict[str, Located] = {}
    for path in find_images(folder):
        stem = path.relative_to(folder).with_suffix("").as_posix()
        if stem in found:
            raise ValueError(f"{path}: {found[stem].name} has the same name; keep one of them")
        found[stem] = path
    return found


def partner(files: dict[str, Located], folder: Located, stem: str) -> Located:
    """Returns the file of that stem, or the path where it is missing."""
    return files.get(stem, folder / f"{stem}.png")


def _files(folder: Located) -> Iterable[Located]:
    if isinstance(folder, StoragePath):
        return cast(Iterable[Located], folder.objects())
    return (path for path in folder.rglob("*") if path.is_file())


def size_of(path: Path) -> tuple[int, int]:
    """Reads the size of an image from its header.

    Args:
        path: An image file.

    Returns:
        Width and height in pixels, as they will be after reading.

    Raises:
        ValueError: The file is missing, damaged or no image.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as picture:
                width, height = picture.size
                exif = Image.Image.getexif(picture)  # that of PNG files would decode all pixels
                # Pillow turns TIFF files itself.
                sideways = picture.format != "TIFF" and exif.get(0x0112) in _SIDEWAYS
    except FileNotFoundError:
        raise ValueError(f"{path} is missing") from None
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise ValueError(f"{path} cannot be read: {type(error).__name__}") from error
    return (height, width) if sideways else (width, height)

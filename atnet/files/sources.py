"""From where pixels are read to the bytes of a file, within limits."""

from pathlib import Path, PurePath
from typing import BinaryIO

from PIL import Image

from atnet.files.errors import ImageError
from atnet.files.storage import StoragePath

Source = str | Path | StoragePath | bytes | BinaryIO | Image.Image
"""Where pixels are read from: a file's path, its bytes, an open binary file, a Pillow image."""

MAX_FILE_BYTES = 2**30


def name_of(source: Source) -> str:
    """Returns what a source is called in messages."""
    if isinstance(source, str | PurePath):
        return str(source)
    # Files opened by number, and Pillow images that were made and not opened, have no name.
    name = getattr(source, "filename" if isinstance(source, Image.Image) else "name", "")
    return name if isinstance(name, str) and name else "image data"


def content_of(source: str | Path | StoragePath | bytes | BinaryIO) -> bytes:
    """Reads all of a source.

    Args:
        source: Path of a file, its bytes or an open binary file.

    Returns:
        Its content, at most `MAX_FILE_BYTES`.

    Raises:
        ImageError: It cannot be read, is too large or something else.
    """
    if isinstance(source, str | Path):
        return _read_file(Path(source))
    name = name_of(source)
    if isinstance(source, StoragePath):
        return _read_object(source)
    content = source if isinstance(source, bytes) else _read_stream(source, name)
    if len(content) > MAX_FILE_BYTES:
        raise _too_large(name)
    return content


def _read_stream(stream: BinaryIO, name: str) -> bytes:
    if not hasattr(stream, "read"):
        raise ImageError(
            f"image is a {type(stream).__name__}; give a path, bytes, a binary file, a Pillow "
            "image or an array"
        )
    content = stream.read(MAX_FILE_BYTES + 1)
    if not isinstance(content, bytes):
        raise ImageError(f"{name}: is open as text: open it with mode 'rb'")
    return content


def _read_file(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_file() and size <= MAX_FILE_BYTES:
            return path.read_bytes()
        if path.is_fifo() and path.parts[:2] == ("/", "dev"):  # has a writer: /dev/stdin, <(…)
            return _read_pipe(path)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path}: cannot be read: {reason}") from error
    if path.is_file():
        raise _too_large(str(path))
    raise ImageError(f"{path}: is not a file: name one image")


def _read_pipe(path: Path) -> bytes:
    with path.open("rb") as pipe:
        content = pipe.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise _too_large(str(path))
    return content


def _read_object(path: StoragePath) -> bytes:
    try:
        if path.size() <= MAX_FILE_BYTES:
            return path.read_bytes()
    except OSError as error:  # which names the object
        raise ImageError(f"{error}") from error
    raise _too_large(str(path))


def _too_large(name: str) -> ImageError:
    return ImageError(
        f"{name}: has more than the {MAX_FILE_BYTES} bytes allowed: scale the image down or save "
        "it compressed"
    )

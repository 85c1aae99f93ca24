"""The error and the warnings of image files, shared by reading and writing."""

import sys
import warnings
from pathlib import Path

_FOLDER = str(Path(__file__).parent)


class ImageError(ValueError):
    """An image cannot be read or written; the message is one line that names the file."""


def first_line(error: Exception) -> str:
    """Returns the first line of an error's message, or its type where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def warn_caller(message: str) -> None:
    """Warns whoever called into this folder; from Python 3.12 `skip_file_prefixes` does it."""
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(_FOLDER):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)

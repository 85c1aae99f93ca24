"""What is written of a photograph, how, and where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from typing import BinaryIO, NamedTuple

import numpy as np

from atnet.files.atomic import write_all
from atnet.files.encoding import FORMATS
from atnet.files.images import ImageError, encode_image
from atnet.files.metadata import Metadata
from atnet.files.storage import Location, StoragePath

Target = Location | BinaryIO
"""Where a picture is written: a file by its suffix, or PNG into an open binary file."""

VISIBLE = 1 / 510
"""The least alpha that is not 0 in 8 bits."""
CHANNELS = {"alpha": (), "foreground": (3,), "cutout": (4,), "composite": (3,), "sheet": (3,)}
"""Shapes of a pixel of what is written."""


@dataclass(frozen=True)
class Outputs:
    """What is wanted of a photograph, and where it goes.

    Attributes:
        alpha: Grey.
        foreground: RGB, the foreground's own colours everywhere.
        cutout: RGBA.
        composite: RGB, over the job's background.
        sheet: RGB, all of it side by side for a person to look at.
    """

    alpha: Target | None = None
    foreground: Target | None = None
    cutout: Target | None = None
    composite: Target | None = None
    sheet: Target | None = None

    def wanted(self) -> dict[str, Target]:
        """Returns the targets by the names of what goes there."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: target for name, target in named.items() if target is not None}


class Margin(NamedTuple):
    """What is left around an object: pixels, and a share of the longer side of its box."""

    pixels: float = 0
    share: float = 0


@dataclass(frozen=True)
class Finish:
    """How pictures are written.

    Attributes:
        premultiplied: Multiply the cutout's colours by alpha; None does what the format expects,
            which is yes in OpenEXR and no elsewhere.
        crop: Leave only the object and this margin, on all pictures but the sheet.
        keep_exif: Write who, when, with what and where; else nothing of it.
        keep_profile: Leave colours in the photograph's own RGB space; else they become sRGB.
    """

    premultiplied: bool | None = None
    crop: Margin | None = None
    keep_exif: bool = False
    keep_profile: bool = False


def parse_margin(text: str) -> Margin:
    """Reads a margin: pixels such as `20`, or a share of the object such as `5%`.

    Raises:
        ValueError: It is neither.

    Example:
        >>> parse_margin("5%")
        Margin(pixels=0, share=0.05)
    """
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1
    if not 0 <= number <= 100_000:
        raise ValueError(f"crop is {text!r}; give a margin in pixels such as 20, or such as 5%")
    return Margin(share=number / 100) if text.endswith("%") else Margin(number)


def object_box(alpha: np.ndarray, margin: Margin) -> tuple[slice, slice]:
    """Finds the rows and columns that hold an object and its margin, within the picture.

    Args:
        alpha: float32 `(H, W)` in [0, 1].
        margin: What is left around it.

    Returns:
        Rows and columns.

    Raises:
        ValueError: There is no object: alpha is 0 everywhere.

    Example:
        >>> alpha = np.zeros((9, 9))
        >>> alpha[4, 3:6] = 1
        >>> object_box(alpha, Margin(2))
        (slice(2, 7, None), slice(1, 8, None))
    """
    visible = alpha > VISIBLE
    rows, columns = (np.flatnonzero(visible.any(axis=axis)) for axis in (1, 0))
    if rows.size == 0:
        raise ValueError("crop: nothing is left of the picture: alpha is 0 everywhere")
    longer = max(side[-1] - side[0] + 1 for side in (rows, columns))
    around = round(margin.pixels + margin.share * longer)
    top, left = (max(int(side[0]) - around, 0) for side in (rows, columns))
    bottom, right = (int(side[-1]) + 1 + around for side in (rows, columns))
    return slice(top, min(bottom, alpha.shape[0])), slice(left, min(right, alpha.shape[1]))


def check_outputs(
    wanted: Mapping[str, Target],
    bits: int | None,
    metadata: Metadata = Metadata(),  # noqa: B008
) -> None:
    """Refuses what a format cannot hold before minutes are spent on it.

    Args:
        wanted: Names of `Outputs` to where they go.
        bits: Per channel; None is the format's usual.
        metadata: What the files will say besides.

    Raises:
        ImageError: A suffix is of no format, or of one without alpha channel, as many bits or
            colour profiles.
    """
    for name, target in wanted.items():
        encoded(target, np.zeros((1, 1, *CHANNELS[name]), np.float32), bits, None, metadata)


def sample_type(target: Target, bits: int | None, premultiplied: bool | None) -> np.dtype:
    """Tells what a picture must be held as to lose nothing by it before its file is written.

    Args:
        target: Where it goes, in a format that can hold it.
        bits: Per channel; None is the format's usual.
        premultiplied: Whether colours will be multiplied by alpha; None is the format's usual.

    Returns:
        uint8 or uint16; float32 if more is done than to store it.

    Example:
        >>> sample_type(Path("cutout.png"), bits=16, premultiplied=None)
        dtype('uint16')
    """
    file_format = FORMATS[_suffix(target)]
    if premultiplied or file_format.premultiplied:
        return np.dtype(np.float32)
    return np.dtype(np.uint16 if (bits or file_format.bits[0]) == 16 else np.uint8)


def encoded(
    target: Target,
    picture: np.ndarray,
    bits: int | None,
    premultiplied: bool | None,
    metadata: Metadata,
) -> bytes:
    """Encodes a picture for where it goes.

    Raises:
        ImageError: The format cannot hold it; the message names the target.
    """
    try:
        return encode_image(
            picture, _suffix(target), bits, premultiplied=premultiplied, metadata=metadata
        )
    except ImageError as error:
        raise ImageError(
            f"{target}: {error}" if isinstance(target, PurePath) else f"{error}"
        ) from error


def _suffix(target: Target) -> str:
    return target.suffix.lower() if isinstance(target, PurePath) else ".png"


def write(contents: Mapping[Target, bytes]) -> None:
    """Writes all files, or on any failure none; then objects, each whole; then open files."""
    write_all({target: data for target, data in contents.items() if isinstance(target, Path)})
    for target, data in contents.items():
        if isinstance(target, StoragePath):
            target.write_bytes(data)
        elif not isinstance(target, Path):
            target.write(data)
            target.flush()

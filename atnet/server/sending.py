"""How pictures are sent: formats, bits, a part of them."""

from enum import IntEnum
from typing import Literal

import numpy as np
from fastapi.responses import Response

from atnet.files.images import encode_image
from atnet.server.refusals import Refusal
from atnet.subjects.hints import parse_box

FormatName = Literal["png", "webp", "tiff"]
MEDIA_TYPES = {"png": "image/png", "webp": "image/webp", "tiff": "image/tiff"}


class Bits(IntEnum):
    """Per channel."""

    EIGHT = 8
    SIXTEEN = 16


def check_format(kind: FormatName, bits: Bits) -> None:
    """Refuses what the format cannot hold before minutes are spent on it."""
    encode_image(np.zeros((1, 1), np.uint8), f".{kind}", bits)


def picture(pixels: np.ndarray, kind: FormatName = "png", bits: Bits = Bits.EIGHT) -> Response:
    """Answers with a picture.

    Args:
        pixels: As `encode_image` takes them.
        kind: Of file.
        bits: Per channel.
    """
    return Response(encode_image(pixels, f".{kind}", bits), media_type=MEDIA_TYPES[kind])


def part_of(shape: tuple[int, ...], box: str | None) -> tuple[slice, slice]:
    """Finds the rows and columns of a picture that are asked for.

    Args:
        shape: Of the picture.
        box: `x,y,w,h`; None is all.

    Raises:
        Refusal: The box is empty, or reaches out of the picture.
        ValueError: It is no box.

    Example:
        >>> part_of((20, 30), "1,2,3,4")
        (slice(2, 6, None), slice(1, 4, None))
    """
    x, y, width, height = (0, 0, shape[1], shape[0]) if box is None else parse_box(box)
    if min(x, y) < 0 or min(width, height) < 1 or x + width > shape[1] or y + height > shape[0]:
        raise Refusal(
            422, f"box is {box!r}; the picture is {shape[1]} x {shape[0]} and must hold all of it"
        )
    return slice(y, y + height), slice(x, x + width)

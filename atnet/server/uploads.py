"""What comes in with a request: pictures and hints, within limits; names of files are not used."""

import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

from starlette.datastructures import FormData
from starlette.requests import Request

from atnet.files.images import ImageError
from atnet.files.signatures import TIFF_SIGNATURES, open_picture
from atnet.server.refusals import Refusal
from atnet.subjects.hints import Box, DrawnTrimap, Hint, RoughMask, Scribbles, parse_box

DRAWN = {"trimap": DrawnTrimap, "mask": RoughMask, "scribbles": Scribbles}
HINTS = (*DRAWN, "box")
_BOX_BYTES = 100
_EXR = b"\x76\x2f\x31\x01"


class Upload:
    """The parts of a form.

    Args:
        form: As it came in; its files are read when they are needed.
        max_pixels: Of a picture.
    """

    def __init__(self, form: FormData, max_pixels: int) -> None:
        self._form, self._max_pixels = form, max_pixels

    def image(self) -> BinaryIO:
        """Returns the photograph, of which the size was checked."""
        return self._picture("image")

    def hint(self) -> Hint:
        """Returns what says where the subject is; the sizes of pictures were checked."""
        (kind,) = set(self._form) - {"image"}
        if kind != "box":
            return DRAWN[kind](self._picture(kind))
        return Box(*parse_box(str(self._form["box"])))

    def _picture(self, name: str) -> BinaryIO:
        part: Any = self._form[name]  # a file, as was checked
        content = io.BytesIO(part.file.read())
        content.name = name
        check_size(content.getvalue(), name, self._max_pixels)
        return content


@contextlib.asynccontextmanager
async def upload(request: Request, max_pixels: int, *wanted: str) -> AsyncIterator[Upload]:
    """Receives a form.

    Args:
        request: Whose body it is.
        max_pixels: Of a picture.
        wanted: `image`, `hint` or both, all of which must be there.

    Yields:
        Its parts.

    Raises:
        Refusal: It is no form, or some other.
    """
    kind = request.headers.get("content-type", "")
    if kind.split(";")[0].strip().lower() != "multipart/form-data":
        raise Refusal(415, f"the body is {kind!r}; send a form, multipart/form-data")
    async with request.form(max_files=len(wanted), max_fields=1, max_part_size=_BOX_BYTES) as form:
        _check_parts(form, wanted)
        yield Upload(form, max_pixels)


def check_size(content: bytes, name: str, max_pixels: int) -> None:
    """Refuses a picture by the size that its header says, before any of it is decoded.

    Args:
        content: Of the file.
        name: Of the part.
        max_pixels: That are allowed.

    Raises:
        ImageError: It is no picture.
        Refusal: It has more pixels.
    """
    width, height = _size(content, name)
    if width * height > max_pixels:
        raise Refusal(
            413,
            f"{name}: is {width} x {height} pixels: {max_pixels} pixels are allowed: scale it down",
        )


def _size(content: bytes, name: str) -> tuple[int, int]:
    if content.startswith(_EXR):
        raise ImageError(f"{name}: is an OpenEXR file, which this service does not take: send PNG")
    if not content.startswith(TIFF_SIGNATURES):
        return open_picture(content, name).size
    from tifffile import TiffFile  # noqa: PLC0415  (a tenth of a second)

    try:
        with TiffFile(io.BytesIO(content)) as file:
            page = file.pages.first
            return page.imagewidth, page.imagelength
    except Exception as error:  # it raises nearly anything on hostile data
        raise ImageError(f"{name}: has a broken header") from error


def _check_parts(form: FormData, wanted: tuple[str, ...]) -> None:
    allowed = [name for one in wanted for name in (HINTS if one == "hint" else (one,))]
    names = [name for name, _ in form.multi_items()]
    for name, part in form.multi_items():
        if name not in allowed:
            raise Refusal(422, f"the form has a part {name!r}; allowed are {', '.join(allowed)}")
        if isinstance(part, str) != (name == "box"):
            what = "text, without file name" if name == "box" else "a file, with a file name"
            raise Refusal(422, f"part {name} must be {what}")
    if "image" in wanted and names.count("image") != 1:
        raise Refusal(422, f"the form has {names.count('image')} parts 'image'; give one")
    if "hint" in wanted and len(hints := [name for name in names if name in HINTS]) != 1:
        given = ", ".join(hints) or "none"
        raise Refusal(422, f"give exactly one of {', '.join(HINTS)}; the form has {given}")

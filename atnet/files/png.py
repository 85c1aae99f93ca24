"""PNG: pixels of 16 bits, and chunks beside the pixels."""

import struct
import zlib

import cv2
import numpy as np

from atnet.files.errors import ImageError
from atnet.files.metadata import Metadata
from atnet.files.quiet import native_silence

_HEADER_LENGTH = 8 + 12 + 13  # the signature, and the chunk that comes first, IHDR
_METRE = 0.0254  # of an inch


def deep_samples(data: bytes, name: str) -> np.ndarray:
    """Decodes 16 bits a channel; of an animation, the first picture.

    Args:
        data: Content of a file that Pillow could load.
        name: Of the file, for the message.

    Returns:
        uint16 `(H, W, C)`: grey as one channel, grey with alpha as RGBA. A transparent key of
        colours may be alpha already, one of greys never is.

    Raises:
        ImageError: OpenCV cannot decode it.
    """
    with native_silence():
        samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None or samples.dtype != np.uint16:
        raise ImageError(f"{name}: is a 16-bit PNG of an unusual kind: save it again")
    if samples.ndim == 2:
        return samples[..., None]
    return samples[..., [2, 1, 0, 3][: samples.shape[2]]]


def with_metadata(data: bytes, metadata: Metadata, *, colour: bool) -> bytes:
    """Adds chunks that say what the pixels are; without a profile, colours are said to be sRGB."""
    chunks = []
    if colour and metadata.profile is None:
        chunks.append(_chunk(b"sRGB", b"\0"))
    elif colour and metadata.profile is not None:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.profile)))
    if metadata.dpi is not None:
        x, y = (round(value / _METRE) for value in metadata.dpi)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    if metadata.exif is not None:
        chunks.append(_chunk(b"eXIf", metadata.exif.tobytes().removeprefix(b"Exif\0\0")))
    return data[:_HEADER_LENGTH] + b"".join(chunks) + data[_HEADER_LENGTH:]


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

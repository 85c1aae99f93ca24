"""What processes of our own say to each other through a pipe: arrays by name, and nothing else."""

import io
import struct
from typing import IO

import numpy as np

_LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], **arrays: np.ndarray) -> None:
    """Writes a message.

    Args:
        stream: Of bytes.
        arrays: Of numbers or text.

    Raises:
        OSError: Nobody reads any more.
    """
    message = io.BytesIO()
    np.savez(message, allow_pickle=False, **arrays)
    stream.write(_LENGTH.pack(message.getbuffer().nbytes))
    stream.write(message.getbuffer())
    stream.flush()


def receive(stream: IO[bytes]) -> dict[str, np.ndarray]:
    """Waits for a message.

    Args:
        stream: Of bytes.

    Returns:
        What was sent.

    Raises:
        EOFError: The other process ended, perhaps in the middle of a message.

    Example:
        >>> pipe = io.BytesIO()
        >>> send(pipe, alpha=np.zeros((2, 3), np.float32))
        >>> _ = pipe.seek(0)
        >>> receive(pipe)["alpha"].shape
        (2, 3)
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    with np.load(io.BytesIO(_exactly(stream, length)), allow_pickle=False) as arrays:
        return dict(arrays)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError(f"the pipe was closed after {len(data)} of {size} bytes")
    return data

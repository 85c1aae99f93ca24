"""Keeps compiled libraries from talking over our own lines and pictures."""

import contextlib
import io
import os
import threading
from collections.abc import Iterator

_LOCK = threading.Lock()  # the streams belong to the whole process
_STANDARD_ERROR = 2


@contextlib.contextmanager
def native_silence() -> Iterator[None]:
    """Discards what a library prints inside the block: standard error of C, and Python's `print`.

    Example:
        >>> with native_silence():
        ...     _ = os.write(2, b"a library's opinion")
    """
    with _LOCK, contextlib.ExitStack() as stack, open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        with contextlib.suppress(OSError):  # a closed stream is quiet
            kept = os.dup(_STANDARD_ERROR)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, _STANDARD_ERROR)
            os.dup2(nowhere.fileno(), _STANDARD_ERROR)
        yield

"""The one way to replace a file: nobody ever sees half of it, and it survives a loss of power."""

import contextlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.part")


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Opens a temporary neighbour of a file, which takes its place if the block ends well.

    Args:
        path: Target in an existing folder; a link is followed, permissions follow the umask.

    Yields:
        File to write to, from its beginning.

    Raises:
        OSError: The folder does not exist, or the file cannot be written; it is as it was then.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replacing(Path(folder) / "report.json") as file:
        ...         _ = file.write(b"{}")
        ...     [file.name for file in Path(folder).iterdir()]
        ['report.json']
    """
    target = _target(path)
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with _named(path):
            file = temporary.open("xb")
        with file:
            yield file
            with _named(path):
                file.flush()
                os.fsync(file.fileno())  # a rename may reach the disk before the bytes it names
        with _named(path):
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path, older: float = 0) -> None:
    """Removes the temporary files of runs that were killed, and nothing else.

    Args:
        folder: Searched with its subfolders, but not through links.
        older: Seconds that a file must have rested: another run may be writing it.
    """
    before = time.time() - older
    for path in folder.rglob(".*.part"):
        if not _TEMPORARY.fullmatch(path.name):
            continue
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_mtime <= before:
                path.unlink()


def write_bytes(path: str | Path, content: bytes) -> None:
    """Writes a file as a whole, or on any failure not at all.

    Args:
        path: Target, as in `replacing`.
        content: All of it.

    Raises:
        OSError: As in `replacing`.
    """
    with replacing(path) as file, _named(path):
        file.write(content)


def write_text(path: str | Path, text: str) -> None:
    """Writes a text in UTF-8 as a whole, or on any failure not at all.

    Args:
        path: Target, as in `replacing`.
        text: All of it, with its line ends.

    Raises:
        OSError: As in `replacing`.
    """
    write_bytes(path, text.encode())


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Writes several files: none takes its place before all are safely on disk.

    Args:
        contents: Target, as in `replacing`, to all of its content.

    Raises:
        OSError: As in `replacing`; all files are as they were then.
    """
    with contextlib.ExitStack() as stack:
        for path, content in contents.items():
            file = stack.enter_context(replacing(path))
            with _named(path):
                file.write(content)
                file.flush()
                os.fsync(file.fileno())


def check_target(path: str | Path) -> None:
    """Finds out whether a file can be written before minutes are spent on what goes there.

    Args:
        path: Target.

    Raises:
        OSError: Its folder does not exist or takes no files, or it is no file.
    """
    target = _target(path)
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise OSError(f"{path}: cannot be written: the folder {target.parent} takes no files")


def _target(path: str | Path) -> Path:
    with _named(path):
        try:
            target = Path(path).resolve()
        except RuntimeError as error:  # how Python 3.11 and 3.12 tell of links in a circle
            raise OSError(f"{path}: cannot be written: its links go in a circle") from error
        if not target.parent.is_dir():
            raise OSError(f"{path}: the folder {target.parent} does not exist: create it first")
        if target.exists() and not target.is_file():
            raise OSError(f"{path}: exists and is not a file: choose another name")
        return target


@contextlib.contextmanager
def _named(path: str | Path) -> Iterator[None]:
    """Puts the file's name in front of what the system says."""
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # our own words
            raise
        raise OSError(f"{path}: cannot be written: {error.strerror}") from error
    except ValueError as error:  # a null byte in the name
        raise OSError(f"{str(path)!r}: cannot be written: {error}") from error

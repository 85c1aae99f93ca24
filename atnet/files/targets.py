"""Tells whether two names are one file, so that no output replaces an input or another output."""

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from atnet.files.atomic import check_target
from atnet.files.storage import Location, StoragePath


def check_targets(outputs: Mapping[str, Location], inputs: Mapping[str, Location]) -> None:
    """Refuses outputs that cannot be written, that are one file, or that are an input.

    Args:
        outputs: What is written, such as "alpha", to its file.
        inputs: What is read to its file.

    Raises:
        OSError: A folder does not exist or takes no files, or an output is no file.
        ValueError: Two names are one file.
    """
    for path in outputs.values():
        if not isinstance(path, StoragePath):
            check_target(path)
    check_clashes(outputs.items(), inputs.items())


def check_clashes(
    outputs: Iterable[tuple[str, Location]], inputs: Iterable[tuple[str, Location]]
) -> None:
    """Refuses outputs that are one file or an input; their folders need not exist yet.

    Two names are one file by whatever way they lead to it: another spelling, a link, the letter
    case where the file system does not mind it.

    Args:
        outputs: What is written, such as "alpha", and its file.
        inputs: What is read and its file.

    Raises:
        ValueError: Two names are one file.

    Example:
        >>> check_clashes([("alpha", Path("a.png"))], [("image", Path("./a.png"))])
        Traceback (most recent call last):
        ValueError: alpha would replace the image a.png; give it another name
    """
    read = {_identity(path): name for name, path in inputs}
    written: dict[tuple, str] = {}
    for name, path in outputs:
        identity = _identity(path)
        if identity in read:
            raise ValueError(
                f"{name} would replace the {read[identity]} {path}; give it another name"
            )
        if identity in written:
            raise ValueError(
                f"{written[identity]} and {name} are one file, {path}; give each its own"
            )
        written[identity] = name


def _identity(path: Location) -> tuple:
    """Equal for two names if and only if they are one file, which need not exist yet."""
    if isinstance(path, StoragePath):
        return (str(path),)
    with contextlib.suppress(RuntimeError):  # links in a circle, on Python 3.11 and 3.12
        path = path.resolve()
    try:
        status = path.stat()
    except OSError:
        folder = path.parent
        name = path.name.casefold() if _ignores_case(folder) else path.name
        return (_identity(folder), name) if folder != path else (str(path),)
    return status.st_dev, status.st_ino


def _ignores_case(folder: Path) -> bool:
    """Asks the file system by the folder's own name, or its parent's if it is still to be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    other = folder.with_name(folder.name.swapcase()) if folder.name else folder
    try:
        return other != folder and folder.samefile(other)
    except OSError:
        return False

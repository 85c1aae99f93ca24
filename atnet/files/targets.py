"""Tells whether two names are one file, so that no output replaces an input or another output."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from atnet.files.atomic import check_target
from atnet.files.problems import ProblemsError, one_line
from atnet.files.storage import Location, StoragePath, size_if_there


def check_targets(outputs: Mapping[str, Location], inputs: Mapping[str, Location]) -> None:
    """Refuses outputs that cannot be written, that are one file, or that are an input.

    Args:
        outputs: What is written, such as "alpha", to its file.
        inputs: What is read to its file.

    Raises:
        OSError: A folder does not exist or takes no files, or an output is no file.
        ProblemsError: Several of that; all are named.
        ValueError: Two names are one file.
    """
    problems: list[Exception] = []
    for path in outputs.values():
        if not isinstance(path, StoragePath):
            with _noting(problems):
                check_target(path)
    _refuse([*problems, *map(ValueError, _clashes(outputs.items(), inputs.items()))])


def check_absent(outputs: Iterable[Location]) -> None:
    """Refuses outputs that exist; a folder may, while nothing is in it.

    Args:
        outputs: What would be written.

    Raises:
        OSError: One is there.
        ProblemsError: Several are; all are named.
    """
    _refuse(
        [
            OSError(f"{path}: exists, and is not to be replaced: remove it or choose another name")
            for path in outputs
            if _is_there(path)
        ]
    )


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
        ProblemsError: Several are; all are named.
        ValueError: Two names are one file.

    Example:
        >>> check_clashes([("alpha", Path("a.png"))], [("image", Path("./a.png"))])
        Traceback (most recent call last):
        ValueError: alpha would replace the image a.png; give it another name
    """
    _refuse([*map(ValueError, _clashes(outputs, inputs))])


def _clashes(
    outputs: Iterable[tuple[str, Location]], inputs: Iterable[tuple[str, Location]]
) -> Iterator[str]:
    read = {_identity(path): name for name, path in inputs}
    written: dict[tuple, str] = {}
    for name, path in outputs:
        identity = _identity(path)
        if identity in read:
            yield f"{name} would replace the {read[identity]} {path}; give it another name"
        elif identity in written:
            yield f"{written[identity]} and {name} are one file, {path}; give each its own"
        written.setdefault(identity, name)


@contextlib.contextmanager
def _noting(problems: list[Exception]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problems.append(error)


def _refuse(problems: Sequence[Exception]) -> None:
    if len(problems) > 1:
        raise ProblemsError("nothing was done", [one_line(problem) for problem in problems])
    for problem in problems:
        raise problem


def _is_there(path: Location) -> bool:
    if isinstance(path, StoragePath):
        return size_if_there(path) is not None
    return any(path.iterdir()) if path.is_dir() else path.exists()


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

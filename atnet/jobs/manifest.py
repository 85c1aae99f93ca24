"""A batch by a list: a JSON object a line names a photograph, its hint and its outputs."""

import json
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

from atnet.files.problems import ProblemsError, one_line
from atnet.files.storage import Location, StoragePath, location
from atnet.jobs.items import KINDS, Item, Writing
from atnet.subjects.hints import Box, DrawnTrimap, Hint, NoHint, RoughMask


def is_manifest(source: Location) -> bool:
    """Tells a manifest from a folder, which may have any name."""
    return source.suffix == ".jsonl" and not source.is_dir()


def read_manifest(path: Location, writing: Writing) -> list[Item]:
    """Reads a manifest.

    Args:
        path: A line has `image`, one of `trimap`, `mask`, `box` and `auto`, and, if the outputs
            have names of their own, those by their kinds. Inputs are URLs, or relative to its
            folder, outputs to that of `writing`.
        writing: What is written where a line does not say it.

    Returns:
        Items, in its order.

    Raises:
        OSError: It cannot be read.
        ProblemsError: Lines are bad; all of them are named.

    Example:
        A line may be `{"image": "a/x.jpg", "box": [120, 40, 300, 420], "cutout": "x.png"}`.
    """
    folder = path.absolute().parent
    items, problems = [], []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            if line.strip():
                items.append(_item(_object(line), folder, writing))
        except ValueError as error:
            problems.append(f"line {number}: {one_line(error)}")
    if problems:
        raise ProblemsError(f"{path}: nothing was done", problems)
    return items


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("is no JSON object")  # noqa: TRY004 - of the file, not of the caller
    unknown = found.keys() - {"image", *_HINTS, *KINDS}
    if unknown:
        allowed = ", ".join(("image", *_HINTS, *KINDS))
        raise ValueError(f"has {', '.join(sorted(unknown))}; allowed are {allowed}")
    return found


def _item(given: dict[str, Any], folder: Location, writing: Writing) -> Item:
    image = _name(given, "image")
    kinds = given.keys() & set(KINDS)
    names = {kind: _name(given, kind) for kind in KINDS if kind in kinds} or writing.names(image)
    for name in names.values():
        if PurePath(name).anchor or ".." in PurePath(name).parts:
            raise ValueError(f"{name} is outside of the output folder; name an output inside")
    return Item(image, writing.job(_input(folder, image), _hint(given, folder), names))


def _hint(given: Mapping[str, Any], folder: Location) -> Hint:
    kinds = given.keys() & _HINTS.keys()
    if len(kinds) != 1:
        raise ValueError(f"needs exactly one of {', '.join(_HINTS)}")
    return _HINTS[kinds.pop()](given, folder)


def _box(given: Mapping[str, Any], _: Location) -> Hint:
    numbers = given["box"]
    if not (isinstance(numbers, list) and [type(number) for number in numbers] == [int] * 4):
        raise ValueError("box must be [x, y, width, height] in pixels")
    return Box(*numbers)


def _auto(given: Mapping[str, Any], _: Location) -> Hint:
    if given["auto"] is not True:
        raise ValueError("auto must be true")
    return NoHint()


_HINTS: dict[str, Callable[[Mapping[str, Any], Location], Hint]] = {
    "trimap": lambda given, folder: DrawnTrimap(_input(folder, _name(given, "trimap"))),
    "mask": lambda given, folder: RoughMask(_input(folder, _name(given, "mask"))),
    "box": _box,
    "auto": _auto,
}


def _input(folder: Location, name: str) -> Location:
    found = location(name)
    return found if isinstance(found, StoragePath) or found.is_absolute() else folder / found


def _name(given: Mapping[str, Any], kind: str) -> str:
    name = given.get(kind)
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError(f"{kind} must be the name of a file")
    return name

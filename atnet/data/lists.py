"""Lists of names: the order in which a data set counts its foregrounds and backgrounds."""

from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from atnet.data.layout import Layout, Role
from atnet.files.listing import SUFFIXES

_WORDS: dict[Role, str] = {"fg": "foregrounds", "bg": "backgrounds"}


class NameList(NamedTuple):
    """A list that was found.

    Attributes:
        path: The file.
        names: In its order; foregrounds without suffix, backgrounds with it.
    """

    path: Path
    names: list[str]


def find_list(layout: Layout, role: Role) -> NameList | None:
    """Finds a list of names in the data set's folder or in Adobe's `Combined_Dataset` below it.

    Args:
        layout: Of the part that is listed.
        role: `fg` or `bg`.

    Returns:
        The list; `None` if there is none with a name in it.

    Raises:
        ValueError: Two lists contradict each other, or one is no text.
    """
    found = [NameList(path, _names(path, role)) for path in layout.lists(role)]
    found = [listed for listed in found if listed.names]
    for other in found[1:]:
        _refuse_contradiction(found[0], other, f"{layout.part} {_WORDS[role]}")
    return found[0] if found else None


def _refuse_contradiction(one: NameList, other: NameList, what: str) -> None:
    pairs = zip_longest(one.names, other.names, fillvalue="nothing")
    for number, (first, second) in enumerate(pairs, start=1):
        if first != second:
            raise ValueError(
                f"{one.path} and {other.path}: contradict each other on the {what}: name {number} "
                f"is {first} and {second}; remove the wrong list"
            )


def _names(path: Path, role: Role) -> list[str]:
    lines = [line.strip() for line in _text(path).splitlines()]
    return [_without_suffix(line) if role == "fg" else line for line in lines if line]


def _text(path: Path) -> str:
    """Reads what editors save: UTF-8 with or without its mark, or else Latin-1."""
    content = path.read_bytes()
    if b"\0" in content:
        raise ValueError(f"{path}: is no list of names in UTF-8 or Latin-1; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _without_suffix(name: str) -> str:
    path = Path(name)
    return (path.with_suffix("") if path.suffix.lower() in SUFFIXES else path).as_posix()

"""Composition-1k's layout on disk: folders, lists of names, and what composites are called.

Xu, Price, Cohen, Huang, "Deep Image Matting", CVPR 2017; the folders are those of the original
ATNet.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Part = Literal["train", "test"]
"""A data set has two parts: what is learnt from, and what is tested on."""
Scheme = Literal["official", "original"]
"""How composites are called: `<foreground>_<k>`, or as by the original ATNet `<i>_<j>`, where i
counts foregrounds and j all composites."""
_PREFIXES = {"train": ("train", "training"), "test": ("test",)}
"""Of lists; the first is the one that is written, Adobe's own may have the other."""


@dataclass(frozen=True)
class Layout:
    """Where things are in one part of a data set.

    Attributes:
        folder: Of the data set.
        part: `train` or `test`, whose folders end in `_test`.

    Example:
        >>> Layout(Path("data"), "test").alphas.as_posix()
        'data/mask_test'
    """

    folder: Path
    part: Part = "train"

    @property
    def foregrounds(self) -> Path:
        """Folder of colours."""
        return self._subfolder("fg")

    @property
    def alphas(self) -> Path:
        """Folder of the foregrounds' alphas, under the same names."""
        return self._subfolder("mask")

    @property
    def backgrounds(self) -> Path:
        """Folder of what foregrounds are laid over."""
        return self._subfolder("bg")

    @property
    def composites(self) -> Path:
        """Folder of foregrounds laid over backgrounds."""
        return self._subfolder("merged")

    @property
    def trimaps(self) -> Path:
        """Folder of the composites' trimaps, under the same names."""
        return self._subfolder("trimap")

    @property
    def foreground_list(self) -> Path:
        """List of the foregrounds' names, which may be missing."""
        return self._list("fg")

    @property
    def background_list(self) -> Path:
        """List of the backgrounds' names, which may be missing."""
        return self._list("bg")

    def foreground_names(self) -> list[str]:
        """Reads the listed foregrounds, without suffix; without a list there are none."""
        names = _lines(self.foreground_list)
        return [Path(name).with_suffix("").as_posix() for name in names]

    def background_names(self) -> list[str]:
        """Reads the listed backgrounds, with suffix; without a list there are none."""
        return _lines(self.background_list)

    def _subfolder(self, role: str) -> Path:
        return self.folder / (f"{role}_test" if self.part == "test" else role)

    def _list(self, role: str) -> Path:
        paths = [self.folder / f"{prefix}_{role}_names.txt" for prefix in _PREFIXES[self.part]]
        return next((path for path in paths if path.is_file()), paths[0])


def composite_names(
    foregrounds: Sequence[str], each: int, scheme: Scheme
) -> Iterator[tuple[int, str]]:
    """Names all composites of a part.

    Args:
        foregrounds: Their names, in the order of the data set.
        each: Composites of each foreground.
        scheme: How they are called.

    Yields:
        Number of the foreground, name of the composite without suffix.

    Example:
        >>> list(composite_names(["cat", "dog"], 2, "official"))
        [(0, 'cat_0'), (0, 'cat_1'), (1, 'dog_0'), (1, 'dog_1')]
        >>> list(composite_names(["cat", "dog"], 2, "original"))
        [(0, '0_0'), (0, '0_1'), (1, '1_2'), (1, '1_3')]
    """
    for number, name in enumerate(foregrounds):
        for k in range(each):
            yield number, f"{name}_{k}" if scheme == "official" else f"{number}_{number * each + k}"


def foregrounds_of(
    composites: Iterable[str], alphas: Collection[str], foregrounds: Sequence[str]
) -> dict[str, str]:
    """Tells which foreground each composite shows; `composite_names` the other way round.

    Args:
        composites: Their names without suffix, of either scheme.
        alphas: Names of all alphas, by which official names are known.
        foregrounds: Names in the order that the original's numbers count.

    Returns:
        Name of the composite to that of its foreground, in order of foreground and number.

    Raises:
        ValueError: A name fits neither scheme.

    Example:
        >>> foregrounds_of(["cat_10", "cat_9"], ["cat"], ["cat"])
        {'cat_9': 'cat', 'cat_10': 'cat'}
    """
    ordered = sorted(composites, key=_by_number)
    matches = {name: re.fullmatch(r"(.+)_(\d+)", name) for name in ordered}
    firsts = {name: match[1] for name, match in matches.items() if match}
    if any(first in alphas for first in firsts.values()):
        return {name: firsts.get(name, name) for name in ordered}
    numbers = {name: int(first) for name, first in firsts.items() if first.isdecimal()}
    count = len(foregrounds)
    wrong = [name for name in ordered if numbers.get(name, count) >= count]
    if wrong:
        raise ValueError(
            f"{wrong[0]} names no foreground in mask_test, and is not <i>_<j> with i below "
            f"{count}; {len(wrong)} such names"
        )
    return {name: foregrounds[number] for name, number in numbers.items()}


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line.strip() for line in lines if line.strip()]


def _by_number(name: str) -> tuple[str | int, ...]:
    """Numbers count as numbers: 2 before 10."""
    return tuple(int(text) if text.isdecimal() else text for text in re.split(r"(\d+)", name))

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
Role = Literal["fg", "bg"]
"""What lists of names name: foregrounds or backgrounds."""
_PREFIXES = {"train": ("train", "training"), "test": ("test",)}
"""Of lists; the first is the one that is written, Adobe's own may have the other."""
BACKGROUNDS_EACH: dict[Part, int] = {"test": 20, "train": 100}
"""Backgrounds for each foreground in the official sets."""
_ARCHIVE = {"train": "Combined_Dataset/Training_set", "test": "Combined_Dataset/Test_set"}
"""Where Adobe's archive has its lists, and the original reads them."""


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
        """Where a list of the foregrounds' names is written."""
        return self.folder / f"{self.part}_fg_names.txt"

    def lists(self, role: Role) -> list[Path]:
        """Finds the lists of names: beside the folders, and where Adobe's archive has them."""
        archive = self.folder / _ARCHIVE[self.part]
        names = [f"{prefix}_{role}_names.txt" for prefix in _PREFIXES[self.part]]
        places = [self.folder, archive, *(path for path in sorted(archive.glob("*/")))]
        paths = [place / name for place in places for name in names]
        return [path for path in paths if path.is_file()]

    def _subfolder(self, role: str) -> Path:
        return self.folder / (f"{role}_test" if self.part == "test" else role)


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


def are_numbered(composites: Iterable[str], alphas: Collection[str]) -> bool:
    """Tells whether composites are called `<i>_<j>`, where i is no name but counts foregrounds.

    Args:
        composites: Their names without suffix.
        alphas: Names of all alphas.

    Returns:
        Whether all have such names, and none begins with the name of an alpha.

    Example:
        >>> are_numbered(["0_0", "1_20"], ["cat", "dog"]), are_numbered(["7_0"], ["7"])
        (True, False)
    """
    matches = [re.fullmatch(r"([0-9]+)_[0-9]+", name) for name in composites]
    return all(match is not None and match[1] not in alphas for match in matches)


def foregrounds_of(composites: Iterable[str], order: Sequence[str] | None = None) -> dict[str, str]:
    """Tells which foreground each composite shows; `composite_names` the other way round.

    Args:
        composites: Their names without suffix, of one scheme.
        order: Names of the foregrounds as the original's numbers count them; `None` for official
            names, which say their foregrounds.

    Returns:
        Name of the composite to that of its foreground, in order of foreground and number.

    Raises:
        ValueError: A number is beyond the foregrounds.

    Example:
        >>> foregrounds_of(["cat_10", "cat_9"])
        {'cat_9': 'cat', 'cat_10': 'cat'}
        >>> foregrounds_of(["0_0", "1_1"], ["dog", "cat"])
        {'0_0': 'dog', '1_1': 'cat'}
    """
    ordered = sorted(composites, key=_by_number)
    matches = {name: re.fullmatch(r"(.+)_[0-9]+", name) for name in ordered}
    firsts = {name: match[1] if match else name for name, match in matches.items()}
    if order is None:
        return firsts
    beyond = [name for name, first in firsts.items() if int(first) >= len(order)]
    if beyond:
        raise ValueError(
            f"{beyond[0]} is of foreground {firsts[beyond[0]]}, counted from 0, but there are "
            f"{len(order)} foregrounds; {len(beyond)} such composites"
        )
    return {name: order[int(first)] for name, first in firsts.items()}


def official_name(composite: str, foreground: str) -> str:
    """Returns how the official test set calls a composite of the original's.

    Args:
        composite: `<i>_<j>`.
        foreground: The name of foreground i.

    Returns:
        `<foreground>_<k>`.

    Example:
        >>> official_name("2_43", "cat")
        'cat_3'
    """
    i, j = map(int, composite.split("_"))
    return f"{foreground}_{j - i * BACKGROUNDS_EACH['test']}"


def _by_number(name: str) -> tuple[str | int, ...]:
    """Numbers count as numbers: 2 before 10."""
    return tuple(int(text) if text.isdecimal() else text for text in re.split(r"(\d+)", name))

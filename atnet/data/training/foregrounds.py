"""Finds the foregrounds of a data set; those too large to decode for each sample are cut up."""

import itertools
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atnet.arrays import to_float
from atnet.data.layout import Layout, Part
from atnet.data.scenes import DataSetError, Scene, find_problems
from atnet.data.training.crops import Cutout
from atnet.data.training.reading import read_alpha, read_colour
from atnet.data.training.validation import part_of
from atnet.files.atomic import write_text
from atnet.files.images import write_image
from atnet.files.listing import files_by_stem, partner, size_of

LARGEST = 4096
"""Pixels on the longer side up to which a foreground is used as it is."""
TILE, OVERLAP = 2048, 512
"""Side of the tiles that larger ones are cut into, and what neighbours share, in pixels."""
_NEEDED: dict[Part, str] = {
    "train": "training needs foregrounds in fg, and their alphas in mask",
    "test": "validation needs foregrounds in fg_test, and their alphas in mask_test; or "
    "data.validation_share = 0.1 sets a tenth of the training foregrounds aside for it",
}
"""What to do where a part is missing."""


class Pair(NamedTuple):
    """The files of a foreground, or of a tile of it.

    Attributes:
        colour: Picture of the foreground.
        alpha: Its alpha.
    """

    colour: Path
    alpha: Path

    def read(self) -> Cutout:
        """Reads both files.

        Returns:
            Colour and alpha.

        Raises:
            ValueError: A file cannot be read, or the sizes differ.
        """
        cutout = Cutout(read_colour(self.colour), read_alpha(self.alpha))
        if cutout.colour.shape[:2] != cutout.alpha.shape:
            raise ValueError(
                f"{self.colour}: is {cutout.colour.shape[:2]}, its alpha {cutout.alpha.shape}; "
                "sizes must be equal"
            )
        return cutout


class Cut(NamedTuple):
    """When and how foregrounds are cut.

    Attributes:
        largest: Longer side up to which they are not.
        tile: Side of a tile.
        overlap: What neighbouring tiles share, at least.
    """

    largest: int = LARGEST
    tile: int = TILE
    overlap: int = OVERLAP


def find_foregrounds(
    folder: Path, part: Part = "train", cut: Cut | None = None, validation_share: float = 0.0
) -> list[tuple[Pair, ...]]:
    """Lists the foregrounds of a data set; only headers are read, but of those to be cut.

    Tiles go to `tiles/` in the data set, in its own layout, and are made anew only if a source is
    newer, a file of theirs is gone, or they are cut in another way. Tiles that are all foreground
    or all background are left out.

    Args:
        folder: Has `fg` and `mask`, or `fg_test` and `mask_test`.
        part: Which of them.
        cut: Sizes; by default those of this module.
        validation_share: If above 0, `fg` and `mask` have both parts: this share of them is the
            test part, the rest the training part.

    Returns:
        For each foreground, by name, its tiles: one that is the foreground itself, unless it is
        large.

    Raises:
        ValueError: There are no foregrounds; `DataSetError` if files are missing, unreadable or of
            unequal size.
    """
    layout, cut = Layout(folder, "train" if validation_share else part), cut or Cut()
    pairs = _pairs(layout)
    if validation_share:
        if len(pairs) < 2:
            raise ValueError(
                f"{layout.foregrounds}: has one foreground; to set a share aside takes two"
            )
        chosen = part_of(pairs, part, validation_share)
        pairs = {name: pair for name, pair in pairs.items() if name in chosen}
    _refuse(folder, [Scene(name, pair.colour, alpha=pair.alpha) for name, pair in pairs.items()])
    tiles = Layout(folder / "tiles", layout.part)
    return [
        _tiles(pair, [tiles.foregrounds / name, tiles.alphas / name], cut)
        if max(size_of(pair.colour)) > cut.largest
        else (pair,)
        for name, pair in pairs.items()
    ]


def _pairs(layout: Layout) -> dict[str, Pair]:
    if not layout.folder.is_dir():
        raise ValueError(f"{layout.folder}: is not a folder; expected a data set with fg and mask")
    advice = _NEEDED[layout.part]
    for part in (layout.foregrounds, layout.alphas):
        if not part.is_dir():
            raise ValueError(f"{part}: is not a folder; {advice}")
    colours, alphas = files_by_stem(layout.foregrounds), files_by_stem(layout.alphas)
    if not colours and not alphas:
        raise ValueError(f"{layout.foregrounds}: has no images; {advice}")
    return {
        name: Pair(partner(colours, layout.foregrounds, name), partner(alphas, layout.alphas, name))
        for name in sorted(colours.keys() | alphas.keys())
    }


def _refuse(folder: Path, scenes: list[Scene]) -> None:
    problems = [found for scene in scenes if (found := find_problems([scene], "band"))]
    if problems:
        count = f"{len(problems)} foregrounds cannot be used"
        raise DataSetError(f"{folder}: {count}", list(itertools.chain(*problems)))


def _tiles(pair: Pair, targets: list[Path], cut: Cut) -> tuple[Pair, ...]:
    """Returns the tiles of a large foreground and makes them if need be."""
    record = targets[0] / "tiles.json"
    names = _recorded(record, pair, targets, cut)
    if names is None:
        names = _write_tiles(pair.read(), targets, cut)
        if not names:
            raise ValueError(f"{pair.alpha}: is 0 or 255 everywhere: nothing can be learnt from it")
        # Written last: a run that was stopped before starts again.
        write_text(record, json.dumps({"cut": list(cut), "names": names}))
    return tuple(Pair(*(target / name for target in targets)) for name in names)


def _recorded(record: Path, pair: Pair, targets: list[Path], cut: Cut) -> list[str] | None:
    """Reads the names of tiles made before; `None` if they are not there, or others are wanted."""
    newest = max(path.stat().st_mtime_ns for path in pair)
    if not record.is_file() or record.stat().st_mtime_ns < newest:
        return None
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        names = content["names"] if content["cut"] == list(cut) else None
    except (ValueError, KeyError, TypeError):  # damaged: made anew
        return None
    tiles = [target / name for target in targets for name in names or []]
    return names if all(tile.is_file() for tile in tiles) else None


def _write_tiles(cutout: Cutout, targets: list[Path], cut: Cut) -> list[str]:
    names = []
    for target in targets:
        target.mkdir(parents=True, exist_ok=True)
    height, width = cutout.alpha.shape
    for top, left in itertools.product(_starts(height, cut), _starts(width, cut)):
        part = (slice(top, top + cut.tile), slice(left, left + cut.tile))
        if _is_certain(cutout.alpha[part]):
            continue
        names.append(f"{top}_{left}.png")
        for target, pixels in zip(targets, cutout, strict=True):
            write_image(target / names[-1], to_float(pixels[part]))
    return names


def _is_certain(alpha: np.ndarray) -> bool:
    return bool(alpha.max() == 0 or alpha.min() == 255)


def _starts(side: int, cut: Cut) -> Iterable[int]:
    """Places tiles evenly from edge to edge."""
    count = max(math.ceil((side - cut.overlap) / (cut.tile - cut.overlap)), 1)
    return np.rint(np.linspace(0, max(side - cut.tile, 0), count)).astype(int).tolist()

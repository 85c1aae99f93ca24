"""Which foreground each composite of a test set shows, and how that is known."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atnet.data.composite import read_stored
from atnet.data.layout import Layout, are_numbered, foregrounds_of
from atnet.data.lists import NameList, find_list
from atnet.data.scenes import read_8_bits
from atnet.files.listing import files_by_stem, partner, size_of

_TOLERANCE = 2 / 255
"""Mean difference of colours that JPEG files and other decoders may make."""


class Pairing(NamedTuple):
    """Composites and what they show.

    Attributes:
        foregrounds: Name of each composite to that of its foreground, in order of foreground and
            number.
        source: What tells it, in a few words.
    """

    foregrounds: dict[str, str]
    source: str


def pair_composites(
    layout: Layout, composites: dict[str, Path], alphas: dict[str, Path]
) -> Pairing:
    """Tells which foreground each composite shows.

    Official names, `<foreground>_<k>`, say it. In the original's, `<i>_<j>`, i counts foregrounds
    in the order of the list of names. Without one it counts sorted names, if every composite has
    the size of its alpha and shows the very colours of its foreground where alpha is 1.

    Args:
        layout: Of a data set's part.
        composites: Its composites by name.
        alphas: Its alphas by name.

    Returns:
        The pairs, and what tells them.

    Raises:
        ValueError: Names fit neither scheme; numbers are beyond the foregrounds; nothing tells
            what the numbers count, or sorted names are not it; lists contradict each other.
    """
    if are_numbered(composites, alphas):
        listed = find_list(layout, "fg")
        if listed is None:
            return _by_sight(layout, composites)
        return _by_list(layout, composites, alphas, listed)
    foregrounds = foregrounds_of(composites)
    if alphas.keys().isdisjoint(foregrounds.values()):
        strange = [name for name in foregrounds if not are_numbered([name], alphas)]
        raise ValueError(
            f"{composites[strange[0]]}: {partner(alphas, layout.alphas, foregrounds[strange[0]])} "
            "is missing, and its name is not <i>_<j>; composites are named <foreground>_<k> after "
            f"the alphas, or <i>_<j>; {len(strange)} such names"
        )
    return Pairing(foregrounds, "composites are named after their foregrounds")


def _by_list(
    layout: Layout, composites: dict[str, Path], alphas: dict[str, Path], listed: NameList
) -> Pairing:
    if alphas.keys().isdisjoint(listed.names):
        raise ValueError(
            f"{listed.path}: none of its {len(listed.names)} names, such as {listed.names[0]}, is "
            f"in {layout.alphas}; replace the list, or add the alphas"
        )
    name = listed.path.relative_to(layout.folder).as_posix()
    try:
        foregrounds = foregrounds_of(composites, listed.names)
    except ValueError as error:
        raise ValueError(
            f"{layout.composites}: {error}; complete {listed.path}, or remove what is not of this "
            "data set"
        ) from error
    return Pairing(foregrounds, f"composites are numbered in the order of {name}")


def _by_sight(layout: Layout, composites: dict[str, Path]) -> Pairing:
    """Takes sorted names for the order, and looks whether they are."""
    archive = "Combined_Dataset/Test_set"
    advice = f"put Adobe's test_fg_names.txt into {layout.folder}, or {layout.folder / archive}"
    if not layout.foregrounds.is_dir():
        raise ValueError(
            f"{layout.composites}: composites are numbered, and no list says what the numbers "
            f"count; {advice}, or the foregrounds into {layout.foregrounds}, to be compared"
        )
    colours, alphas = files_by_stem(layout.foregrounds), files_by_stem(layout.alphas)
    order = list(alphas | colours)  # as files are sorted, and composed
    for folder, files in ((layout.foregrounds, colours), (layout.alphas, alphas)):
        if missing := [name for name in order if name not in files]:
            raise ValueError(
                f"{partner(files, folder, missing[0])}: is missing, and without it numbered "
                f"composites cannot be paired; add it, or {advice}"
            )
    try:
        foregrounds = foregrounds_of(composites, order)
    except ValueError as error:
        raise ValueError(f"{layout.composites}: {error}; add what is missing") from error
    for name, shown in groupby(foregrounds, key=foregrounds.__getitem__):
        pictures = [composites[composite] for composite in shown]
        for picture, reason in _unlike(pictures, colours[name], alphas[name]):
            raise ValueError(
                f"{picture}: does not show {name}, whose place its number is in sorted names: "
                f"{reason}; {advice}"
            )
    return Pairing(
        foregrounds,
        "composites are numbered in the order of sorted names, as their sizes and known colours "
        "confirm",
    )


def _unlike(pictures: list[Path], colour: Path, alpha: Path) -> Iterator[tuple[Path, str]]:
    """Finds composites that cannot show a foreground, and says why; sizes come first."""
    size = size_of(alpha)
    for picture in (colour, *pictures):
        if size_of(picture) != size:
            width, height = size_of(picture)
            yield picture, f"it is {width} x {height}, {alpha} {size[0]} x {size[1]}"
    known = read_8_bits(alpha) == 255
    if not known.any():
        yield pictures[0], f"{alpha} is nowhere 255, so it cannot be told"
    expected = read_stored(colour)[known]
    for picture in pictures:
        difference = np.abs(read_stored(picture)[known] - expected).mean()
        if difference > _TOLERANCE:
            yield (
                picture,
                f"where {alpha} is 255, it differs from {colour} by {255 * difference:.0f} of 255",
            )

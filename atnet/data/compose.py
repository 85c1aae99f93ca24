"""Composes a data set in Composition-1k's layout: every foreground over backgrounds of its own."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from atnet.data.composite import Composite, write_composite
from atnet.data.damage import check_pictures
from atnet.data.layout import BACKGROUNDS_EACH, Layout, Part, Role, Scheme, composite_names
from atnet.data.lists import NameList, find_list
from atnet.data.scenes import DataSetError, Scene, find_problems
from atnet.files.listing import files_by_stem, find_images, partner, size_of
from atnet.parallel import map_unordered

MAX_RADIUS = 21
"""Pixels by which trimaps are eroded at most; at least it is 1."""
Files = TypeVar("Files", list[Path], dict[str, Path])


@dataclass(frozen=True)
class Composition:
    """What to compose, and how.

    Attributes:
        folder: Has `fg_test`, `mask_test` and `bg_test` for the test set, `fg`, `mask` and `bg` for
            the training set, and perhaps Adobe's lists `test_fg_names.txt`, `test_bg_names.txt`,
            `training_fg_names.txt` (or `train_`), `training_bg_names.txt`, or `Combined_Dataset`
            with them.
        part: `test`, into `merged_test` and `trimap_test`, or `train`, into `merged` and `trimap`.
        backgrounds: Another folder of backgrounds.
        each: Backgrounds for each foreground; `None` for the official number.
        names: `official` for `<foreground>_<k>`, or `original` for `<i>_<j>` where i counts
            foregrounds and j all composites.
        trimaps: `none`; `random`, which erodes foreground and background by radii drawn for each
            composite; `original`, which dilates as the original's test run does.
        seed: Of the radii.
    """

    folder: Path
    part: Part = "test"
    backgrounds: Path | None = None
    each: int | None = None
    names: Scheme = "official"
    trimaps: Literal["none", "random", "original"] = "none"
    seed: int = 0

    @property
    def layout(self) -> Layout:
        """Where the sources are and the composites go."""
        return Layout(self.folder, self.part)

    def count(self) -> int:
        """Returns the number of backgrounds for each foreground."""
        return self.each or BACKGROUNDS_EACH[self.part]

    def lists(self) -> dict[Role, NameList]:
        """Finds the lists that set the order of foregrounds and of backgrounds.

        Raises:
            ValueError: Lists contradict each other, or one is no text.
        """
        roles: tuple[Role, ...] = ("fg", "bg")
        return {role: listed for role in roles if (listed := find_list(self.layout, role))}


@dataclass(frozen=True)
class Composed:
    """What was composed.

    Attributes:
        folder: Of the composites.
        composed: Composites that were made.
        trimaps: Trimaps that were made.
        kept: Composites of which every file was there.
    """

    folder: Path
    composed: int
    trimaps: int
    kept: int


def compose_data_set(
    wanted: Composition,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Composed:
    """Makes all composites of a part of a data set, and their trimaps, that do not exist.

    Args:
        wanted: What to compose, and how.
        workers: Processes; any number makes the same files.
        progress: Called with the number of composites that are done, and of all.

    Returns:
        What was made.

    Raises:
        DataSetError: Something is wrong with the data set; nothing was made.
        ProblemsError: Pictures that are still needed are damaged; all are named, nothing was made.
        OSError: A file cannot be written.
    """
    composites = plan_composites(wanted)
    missing = [composite for composite in composites if not composite.is_done()]
    check_pictures((path for composite in missing for path in composite.sources), workers)
    made: Counter[str] = Counter()
    results = map_unordered(write_composite, composites, workers=workers)
    for done, written in enumerate(results, start=1):
        made.update(composed=written.composite, trimaps=written.trimap, kept=not any(written))
        progress(done, len(composites))
    return Composed(wanted.layout.composites, made["composed"], made["trimaps"], made["kept"])


def plan_composites(wanted: Composition) -> list[Composite]:
    """Pairs foregrounds with backgrounds: foreground i takes those from i N up to (i + 1) N.

    Order is that of the lists, or else of sorted file names. Without a list, backgrounds that run
    out are taken from the start again, but never twice for the same foreground.

    Args:
        wanted: What to compose.

    Returns:
        The files of all composites.

    Raises:
        DataSetError: Says all that is wrong: missing, extra and unreadable files, unequal sizes.
            Only headers are read.
    """
    layout = wanted.layout
    lists = wanted.lists()
    foregrounds, alphas, backgrounds = _find_sources(wanted, lists.get("bg"))
    names = lists["fg"].names if "fg" in lists else list(alphas | foregrounds)
    pairs = [
        (partner(foregrounds, layout.foregrounds, name), partner(alphas, layout.alphas, name))
        for name in names
    ]
    scenes = [
        Scene(name, foreground, alpha=alpha)
        for name, (foreground, alpha) in zip(names, pairs, strict=True)
    ]
    slots = list(composite_names(names, wanted.count(), wanted.names))
    _refuse(
        *find_problems(scenes, "band"),
        *_name_problems(names, wanted),
        *_unlisted(names, foregrounds),
        *_unlisted(names, alphas),
        *_too_few(backgrounds, lists.get("bg"), len(names), wanted.count()),
        *_unreadable(backgrounds[: len(slots)]),
        *_strangers(slots, layout),
    )
    return list(_composites(pairs, backgrounds, slots, wanted))


def _refuse(*problems: str) -> None:
    if problems:
        plural = "s" if len(problems) > 1 else ""
        raise DataSetError(f"{len(problems)} problem{plural}, nothing was made", problems)


def _find_sources(
    wanted: Composition, listed: NameList | None
) -> tuple[dict[str, Path], dict[str, Path], list[Path]]:
    """Finds foregrounds, alphas and backgrounds; names all folders that cannot be used at once."""
    layout, problems = wanted.layout, []
    if not layout.folder.is_dir():
        _refuse(
            f"{layout.folder}: is not a folder; expected foregrounds, alphas, backgrounds there"
        )
    foregrounds: dict[str, Path] = {}
    alphas: dict[str, Path] = {}
    source = wanted.backgrounds or layout.backgrounds
    backgrounds = [source / name for name in listed.names] if listed else []
    with _noting(problems):
        foregrounds = _some(files_by_stem, layout.foregrounds)
    with _noting(problems):
        alphas = _some(files_by_stem, layout.alphas)
    with _noting(problems):
        if not source.is_dir():
            raise ValueError(f"{source}: is not a folder")
        backgrounds = backgrounds or _some(find_images, source)
    _refuse(*problems)
    return foregrounds, alphas, backgrounds


@contextlib.contextmanager
def _noting(problems: list[str]) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        problems.append(str(error))


def _some(find: Callable[[Path], Files], folder: Path) -> Files:
    if files := find(folder):
        return files
    raise ValueError(f"{folder}: has no images")


def _name_problems(names: list[str], wanted: Composition) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{name}: is listed {times} times as a foreground"
    if wanted.names == "original":
        # `3_7` would say both the foreground of that number and the one of that name.
        for name in sorted({str(number) for number in range(len(names))}.intersection(names)):
            yield f"{name}: a foreground named like a number needs official names"


def _unlisted(names: list[str], files: dict[str, Path]) -> Iterator[str]:
    for name in sorted(files.keys() - set(names)):
        yield f"{files[name]}: is not in the list of foregrounds"


def _too_few(
    backgrounds: list[Path], listed: NameList | None, foregrounds: int, each: int
) -> Iterator[str]:
    needed = each * (foregrounds if listed else 1)
    if len(backgrounds) < needed:
        yield (
            f"{listed.path if listed else backgrounds[0].parent}: has {len(backgrounds)} "
            f"backgrounds, {needed} are needed for {each} with each foreground: add some, or ask "
            "for fewer"
        )


def _unreadable(backgrounds: list[Path]) -> Iterator[str]:
    for path in dict.fromkeys(backgrounds):
        try:
            size_of(path)
        except ValueError as error:
            yield str(error)


def _strangers(slots: list[tuple[int, str]], layout: Layout) -> Iterator[str]:
    """Names what an earlier run with other settings left: a reader would count it."""
    folder = layout.composites
    expected = {folder / f"{name}.png" for _, name in slots}
    found = files_by_stem(folder).values() if folder.is_dir() else ()
    for path in found:
        if path not in expected:
            yield f"{path}: is none of the composites asked for; remove it"


def _composites(
    pairs: list[tuple[Path, Path]],
    backgrounds: list[Path],
    slots: list[tuple[int, str]],
    wanted: Composition,
) -> Iterator[Composite]:
    layout = wanted.layout
    for place, (number, name) in enumerate(slots):
        foreground, alpha = pairs[number]
        # Its own generator for each, so that a trimap depends on nothing but seed and place.
        drawn = np.random.default_rng((wanted.seed, place)).integers(1, MAX_RADIUS + 1, 2)
        yield Composite(
            foreground=foreground,
            alpha=alpha,
            background=backgrounds[place % len(backgrounds)],
            target=layout.composites / f"{name}.png",
            trimap=None if wanted.trimaps == "none" else layout.trimaps / f"{name}.png",
            radii=(int(drawn[0]), int(drawn[1])) if wanted.trimaps == "random" else None,
        )

"""A generated data set in the layout of Composition-1k; a stopped run continues."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from atnet.arrays import scaled_to
from atnet.data.layout import Layout
from atnet.data.listing import SUFFIXES, find_images
from atnet.data.synthesis.backgrounds import procedural_background
from atnet.data.synthesis.generate import kind_of, sample
from atnet.files.atomic import write_text
from atnet.files.images import read_image, write_image

VERSION = 2
"""Counts changes of what a seed and an index give."""
LONGEST_SIDE = 1024
"""Pixels to which photographs are scaled down as backgrounds."""
_RECORD = "synthesis.json"


class Recipe(NamedTuple):
    """What decides the content of a data set, but for its length.

    Attributes:
        seed: Of all randomness.
        size: Side of foregrounds and shorter side of procedural backgrounds, in pixels.
        test_share: Of foregrounds and of backgrounds.
        photographs: Lend foregrounds their colours and are the backgrounds; those of the test part
            are none of the training part's. Without any, all is procedural.
    """

    seed: int
    size: int = 512
    test_share: float = 0.1
    photographs: tuple[Path, ...] = ()


class Foreground(NamedTuple):
    """One foreground to draw, and where it and its alpha go."""

    recipe: Recipe
    index: int
    colour: Path
    alpha: Path

    def files(self) -> tuple[Path, ...]:
        """Returns what is written."""
        return self.colour, self.alpha

    def write(self) -> None:
        """Draws and writes it."""
        recipe = self.recipe
        photographs = recipe.photographs
        test = is_test(self.index, recipe.test_share)
        own = [
            photograph
            for index, photograph in enumerate(photographs)
            if is_test(index, recipe.test_share) == test
        ]
        drawn = sample(recipe.seed, self.index, recipe.size, own)
        write_image(self.colour, drawn.foreground)
        write_image(self.alpha, drawn.alpha)


class Background(NamedTuple):
    """One background to paint or to copy, and where it goes."""

    recipe: Recipe
    index: int
    path: Path

    def files(self) -> tuple[Path, ...]:
        """Returns what is written."""
        return (self.path,)

    def write(self) -> None:
        """Paints it, or scales the photograph down, and writes it."""
        photographs = self.recipe.photographs
        if photographs:
            picture = scaled_to(read_image(photographs[self.index]), LONGEST_SIDE)
        else:
            rng = np.random.default_rng([self.recipe.seed, self.index, 3])
            short, long = self.recipe.size, round(self.recipe.size * 4 / 3)
            height, width = (short, long) if rng.random() < 0.5 else (long, short)
            picture = procedural_background(height, width, rng)
        write_image(self.path, picture)


Task = Foreground | Background


def plan(folder: Path, count: int, recipe: Recipe, backgrounds: int = 0) -> list[Task]:
    """Makes the folders, the name lists and the record, and lists all files of the data set.

    Args:
        folder: Of the data set; new, empty, or made by the same recipe and no longer.
        count: Foregrounds of training and test together.
        recipe: What to draw.
        backgrounds: Of training and test together; no more than there are photographs, if any.

    Returns:
        Tasks, backgrounds last; those with `is_done` need no work.

    Raises:
        ValueError: The numbers make no sense, or the folder holds another data set or other files.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tasks = plan(Path(folder), 10, Recipe(seed=1, size=64))
        ...     sorted({task.files()[0].parent.name for task in tasks})
        ['fg', 'fg_test']
    """
    if count < 1 or recipe.seed < 0 or not 0 <= recipe.test_share <= 1 or recipe.size < 32:
        raise ValueError(
            f"count is {count}, seed {recipe.seed}, size {recipe.size}, test share "
            f"{recipe.test_share:g}; they must be at least 1, 0, 32, and within 0 to 1"
        )
    if recipe.photographs:
        backgrounds = min(backgrounds, len(recipe.photographs))
    lengths = {"count": count, "backgrounds": backgrounds}
    _check_record(folder, recipe, lengths)
    drawn = [_foreground(folder, index, recipe) for index in range(count)]
    tasks = [*drawn, *(_background(folder, index, recipe) for index in range(backgrounds))]
    _check_strangers(tasks)
    for layout in (Layout(folder, "train"), Layout(folder, "test")):
        _prepare(layout, drawn, with_backgrounds=backgrounds > 0)
    kinds = Counter(kind_of(recipe.seed, index) for index in range(count))
    record = {**_settings(recipe), **lengths, "kinds": dict(sorted(kinds.items()))}
    write_text(folder / _RECORD, json.dumps(record, indent=2) + "\n")
    return tasks


def is_done(task: Task) -> bool:
    """Says whether all its files exist; they are written whole or not at all."""
    return all(path.is_file() for path in task.files())


def write(task: Task) -> None:
    """Draws and writes the files of a task.

    Args:
        task: One of `plan`.

    Raises:
        ImageError: A file cannot be written, or a photograph not be read.
    """
    task.write()


def is_test(index: int, share: float) -> bool:
    """Says whether a file is for testing; it stays so however long the data set grows.

    Example:
        >>> [index for index in range(20) if is_test(index, 0.1)]
        [9, 19]
    """
    return int((index + 1) * share + 1e-9) > int(index * share + 1e-9)


def find_photographs(folder: Path) -> tuple[Path, ...]:
    """Lists the photographs of a folder, those in its subfolders too.

    Args:
        folder: Has images of any kind that can be read.

    Returns:
        Their paths, at least one.

    Raises:
        ValueError: There are none, or it is no folder.
    """
    found = find_images(folder)
    if not found:
        raise ValueError(f"{folder}: has no photographs; expected {', '.join(SUFFIXES)}")
    return tuple(found)


def _layout(folder: Path, index: int, recipe: Recipe) -> Layout:
    return Layout(folder, "test" if is_test(index, recipe.test_share) else "train")


def _foreground(folder: Path, index: int, recipe: Recipe) -> Foreground:
    layout, name = _layout(folder, index, recipe), f"{index:06d}_{kind_of(recipe.seed, index)}.png"
    return Foreground(recipe, index, layout.foregrounds / name, layout.alphas / name)


def _background(folder: Path, index: int, recipe: Recipe) -> Background:
    path = _layout(folder, index, recipe).backgrounds / f"{index:06d}.jpg"
    return Background(recipe, index, path)


def _prepare(layout: Layout, foregrounds: Sequence[Foreground], *, with_backgrounds: bool) -> None:
    """Makes the folders of a part, and its list of foregrounds.

    Backgrounds are not listed: those in no list serve any number of foregrounds.
    """
    for folder in (layout.foregrounds, layout.alphas):
        folder.mkdir(parents=True, exist_ok=True)
    if with_backgrounds:
        layout.backgrounds.mkdir(exist_ok=True)
    names = [task.colour.name for task in foregrounds if task.colour.parent == layout.foregrounds]
    write_text(layout.foreground_list, "".join(f"{name}\n" for name in names))


def _settings(recipe: Recipe) -> dict[str, int | float | Sequence[str]]:
    return {
        "version": VERSION,
        "seed": recipe.seed,
        "size": recipe.size,
        "test_share": recipe.test_share,
        "photographs": [path.name for path in recipe.photographs],
    }


def _check_record(folder: Path, recipe: Recipe, lengths: dict[str, int]) -> None:
    path = folder / _RECORD
    if not path.exists():
        return
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        made = {name: record[name] for name in _settings(recipe)}
        held = {name: int(record.get(name, 0)) for name in lengths}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: is damaged; choose another folder or delete this one") from error
    other = [name for name, value in _settings(recipe).items() if made[name] != value]
    if other:
        raise ValueError(f"{folder}: was made with another {', '.join(other)}; choose another")
    for name, length in lengths.items():
        if length < held[name]:
            raise ValueError(
                f"{folder}: has {name} {held[name]}, more than {length}; it can only grow"
            )


def _check_strangers(tasks: Sequence[Task]) -> None:
    planned = {path for task in tasks for path in task.files()}
    for part in sorted({path.parent for path in planned}):
        for path in sorted(part.glob("[!.]*")):
            if path not in planned:
                raise ValueError(
                    f"{path}: is not of this data set; choose another folder, or remove it"
                )

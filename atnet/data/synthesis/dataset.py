"""A generated data set in the layout of Composition-1k; a stopped run continues."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from atnet.data.damage import check_pictures
from atnet.data.layout import Layout
from atnet.data.synthesis.generate import kind_of
from atnet.data.synthesis.tasks import Background, Foreground, Recipe, Task, is_done, is_test, write
from atnet.files.atomic import write_text
from atnet.files.listing import SUFFIXES, find_images
from atnet.parallel import map_unordered

VERSION = 2
"""Counts changes of what a seed and an index give."""
PAINTED = 200
"""Backgrounds of a data set without photographs, unless another number is asked for."""
_RECORD = "synthesis.json"


@dataclass(frozen=True)
class Synthesized:
    """A data set as it is now.

    Attributes:
        folder: Of the data set.
        training: Its foregrounds for training.
        test: Its foregrounds for testing.
        backgrounds: Its backgrounds for both.
        drawn: Foregrounds and backgrounds of which a file was missing, and was made.
        kept: Those of which every file was there.
    """

    folder: Path
    training: int
    test: int
    backgrounds: int
    drawn: int
    kept: int


def synthesize_data_set(
    folder: Path,
    count: int,
    recipe: Recipe,
    backgrounds: int | None = None,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Synthesized:
    """Draws what is missing of a data set.

    Args:
        folder: As in `plan`.
        count: Foregrounds of training and test together.
        recipe: What to draw.
        backgrounds: As in `plan`; by default all photographs, or else `PAINTED`.
        workers: Processes; any number makes the same files.
        progress: Called with the number of drawings that are done, and of all that were missing.

    Returns:
        What there is, and what was made.

    Raises:
        ValueError: As in `plan`; or a photograph cannot be read.
        OSError: A file cannot be written.
    """
    if backgrounds is None:
        backgrounds = len(recipe.photographs) or PAINTED
    check_pictures(recipe.photographs, workers)
    tasks = plan(folder, count, recipe, backgrounds)
    missing = [task for task in tasks if not is_done(task)]
    for done, _ in enumerate(map_unordered(write, missing, workers=workers), start=1):
        progress(done, len(missing))
    tests = sum(is_test(index, recipe.test_share) for index in range(count))
    return Synthesized(
        folder,
        training=count - tests,
        test=tests,
        backgrounds=sum(isinstance(task, Background) for task in tasks),
        drawn=len(missing),
        kept=len(tasks) - len(missing),
    )


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

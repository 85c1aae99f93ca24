"""A folder of generated foregrounds in the layout of Composition-1k; a stopped run continues."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from atnet.data.synthesis.generate import kind_of, sample
from atnet.images import write_bytes_atomically, write_image

VERSION = 1
"""Counts changes of what a seed and an index give."""
_RECORD = "synthesis.json"


class Recipe(NamedTuple):
    """What decides the content of a data set, but for its length."""

    seed: int
    size: int = 512
    test_share: float = 0.1
    photographs: tuple[Path, ...] = ()


class Task(NamedTuple):
    """One foreground to draw, and where it and its alpha go."""

    recipe: Recipe
    index: int
    foreground: Path
    alpha: Path


def plan(folder: Path, count: int, recipe: Recipe) -> list[Task]:
    """Makes the folders, the name lists and the record, and lists every pair of the data set.

    Args:
        folder: Of the data set; new, empty, or made by the same recipe with no more foregrounds.
        count: Foregrounds of training and test together.
        recipe: What to draw.

    Returns:
        Tasks in order of index; those with `is_done` need no work.

    Raises:
        ValueError: The numbers make no sense, or the folder holds another recipe's data set.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tasks = plan(Path(folder), 10, Recipe(seed=1, size=64))
        ...     sorted({task.foreground.parent.name for task in tasks})
        ['fg', 'fg_test']
    """
    if count < 1 or recipe.seed < 0 or not 0 <= recipe.test_share <= 1 or recipe.size < 32:
        raise ValueError(
            f"count is {count}, seed {recipe.seed}, size {recipe.size}, test share "
            f"{recipe.test_share:g}; they must be at least 1, 0, 32, and within 0 to 1"
        )
    _check_record(folder, count, recipe)
    tasks = [_task(folder, index, recipe) for index in range(count)]
    for name in ("fg", "mask", "fg_test", "mask_test"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for part, name in (("fg", "train_fg_names.txt"), ("fg_test", "test_fg_names.txt")):
        names = [task.foreground.name for task in tasks if task.foreground.parent.name == part]
        write_bytes_atomically(folder / name, "".join(f"{name}\n" for name in names).encode())
    kinds = Counter(kind_of(recipe.seed, index) for index in range(count))
    record = {**_settings(recipe), "count": count, "kinds": dict(sorted(kinds.items()))}
    write_bytes_atomically(folder / _RECORD, (json.dumps(record, indent=2) + "\n").encode())
    return tasks


def is_done(task: Task) -> bool:
    """Says whether both files exist; they are written whole or not at all."""
    return task.foreground.is_file() and task.alpha.is_file()


def write_pair(task: Task) -> str:
    """Draws a foreground and writes it and its alpha.

    Args:
        task: One of `plan`.

    Returns:
        Name of its kind.

    Raises:
        ImageError: A file cannot be written, or a photograph not be read.
    """
    recipe = task.recipe
    drawn = sample(recipe.seed, task.index, recipe.size, recipe.photographs)
    write_image(task.foreground, drawn.foreground)
    write_image(task.alpha, drawn.alpha)
    return drawn.kind


def is_test(index: int, share: float) -> bool:
    """Says whether a foreground is for testing; it stays so however long the data set grows.

    Example:
        >>> [index for index in range(20) if is_test(index, 0.1)]
        [9, 19]
    """
    return int((index + 1) * share + 1e-9) > int(index * share + 1e-9)


def find_photographs(folder: Path) -> tuple[Path, ...]:
    """Lists the photographs of a folder by name.

    Args:
        folder: Has .jpg, .jpeg or .png files.

    Returns:
        Their paths, at least one.

    Raises:
        ValueError: There are none.
    """
    suffixes = {".jpg", ".jpeg", ".png"}
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in suffixes)
    if not found:
        raise ValueError(f"{folder}: has no photographs; expected .jpg, .jpeg or .png files")
    return tuple(found)


def _task(folder: Path, index: int, recipe: Recipe) -> Task:
    name = f"{index:06d}_{kind_of(recipe.seed, index)}.png"
    suffix = "_test" if is_test(index, recipe.test_share) else ""
    return Task(recipe, index, folder / f"fg{suffix}" / name, folder / f"mask{suffix}" / name)


def _settings(recipe: Recipe) -> dict[str, int | float | Sequence[str]]:
    return {
        "version": VERSION,
        "seed": recipe.seed,
        "size": recipe.size,
        "test_share": recipe.test_share,
        "photographs": [path.name for path in recipe.photographs],
    }


def _check_record(folder: Path, count: int, recipe: Recipe) -> None:
    path = folder / _RECORD
    if not path.exists():
        return
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        made = {name: record[name] for name in _settings(recipe)}
        held = int(record["count"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: is damaged; choose another folder or delete this one") from error
    other = [name for name, value in _settings(recipe).items() if made[name] != value]
    if other:
        raise ValueError(f"{folder}: was made with another {', '.join(other)}; choose another")
    if count < held:
        raise ValueError(f"{folder}: is a data set of {held}, more than {count}; it can only grow")

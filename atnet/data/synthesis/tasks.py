"""What goes into a generated data set: tasks that any process can do, in any order."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from atnet.arrays import scaled_to
from atnet.data.synthesis.backgrounds import procedural_background
from atnet.data.synthesis.generate import draw_foreground
from atnet.files.images import read_image, write_image

LONGEST_SIDE = 1024
"""Pixels to which photographs are scaled down as backgrounds."""


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
        """Draws it and writes what is missing."""
        recipe = self.recipe
        photographs = recipe.photographs
        test = is_test(self.index, recipe.test_share)
        own = [
            photograph
            for index, photograph in enumerate(photographs)
            if is_test(index, recipe.test_share) == test
        ]
        drawn = draw_foreground(recipe.seed, self.index, recipe.size, own)
        for path, pixels in ((self.colour, drawn.foreground), (self.alpha, drawn.alpha)):
            if not path.is_file():
                write_image(path, pixels)


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


def is_done(task: Task) -> bool:
    """Says whether all its files exist; they are written whole or not at all."""
    return all(path.is_file() for path in task.files())


def write(task: Task) -> None:
    """Makes the files of a task that do not exist.

    Args:
        task: One of `plan`.

    Raises:
        ValueError: A photograph cannot be read.
        OSError: A file cannot be written.
    """
    task.write()


def is_test(index: int, share: float) -> bool:
    """Says whether a file is for testing; it stays so however long the data set grows.

    Example:
        >>> [index for index in range(20) if is_test(index, 0.1)]
        [9, 19]
    """
    return int((index + 1) * share + 1e-9) > int(index * share + 1e-9)

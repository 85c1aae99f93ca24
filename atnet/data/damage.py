"""Finds pictures that are damaged behind their headers, before any work is begun."""

import warnings
from collections.abc import Iterable
from pathlib import Path

from atnet.files.images import read_image
from atnet.files.problems import ProblemsError, one_line
from atnet.parallel import map_unordered


def check_pictures(pictures: Iterable[Path], workers: int = 1) -> None:
    """Decodes pictures and refuses those that cannot be.

    Args:
        pictures: Files; each is looked at once.
        workers: Processes.

    Raises:
        ProblemsError: Some are damaged; all of them are named.
    """
    found = map_unordered(_damage, sorted(set(pictures)), workers=workers)
    if problems := sorted(filter(None, found)):
        raise ProblemsError("nothing was made; repair or remove these", problems)


def _damage(picture: Path) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they come when it is used
            read_image(picture)
    except ValueError as error:
        return one_line(error)
    return None

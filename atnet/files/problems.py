"""How what is wrong is told: an error in one line, or all problems that stop a piece of work."""

import os
from collections.abc import Sequence

_NAMED = 8  # problems that an error lists in one line


class ProblemsError(ValueError):
    """Work cannot begin; all reasons are told at once.

    Attributes:
        consequence: What follows from it.
        problems: All that is wrong, a line each.

    Example:
        >>> str(ProblemsError("nothing was made", ["a: is missing", "b: is damaged"]))
        'nothing was made: a: is missing; b: is damaged'
    """

    def __init__(self, consequence: str, problems: Sequence[str]) -> None:
        super().__init__(consequence, problems)  # both, so that it passes between processes
        self.consequence, self.problems = consequence, tuple(problems)

    def __str__(self) -> str:
        more = len(self.problems) - _NAMED
        rest = [f"and {more} more"] if more > 0 else []
        return f"{self.consequence}: {'; '.join([*self.problems[:_NAMED], *rest])}"


def one_line(message: object) -> str:
    r"""Returns an error or a warning as one line; where it says nothing, its type.

    Example:
        >>> one_line(FileNotFoundError(2, "No such file or directory", "x.toml"))
        'x.toml: No such file or directory'
        >>> one_line(ValueError("first\n  second"))
        'first second'
        >>> one_line(MemoryError())
        'MemoryError'
    """
    said = str(message)
    if isinstance(message, OSError) and message.strerror:  # without the system's number
        named = f"{os.fsdecode(message.filename)}: " if _is_path(message.filename) else ""
        said = f"{named}{message.strerror}"
    return " ".join(said.split()) or type(message).__name__


def _is_path(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)

"""How what is wrong is told: an error in one line, or all problems that stop a piece of work."""

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
        >>> one_line(ValueError("first\n  second"))
        'first second'
        >>> one_line(MemoryError())
        'MemoryError'
    """
    return " ".join(str(message).split()) or type(message).__name__

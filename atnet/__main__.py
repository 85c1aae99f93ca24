"""`atnet`, and `python -m atnet`: imports late, so that Ctrl-C is quiet from the first moment."""

import os
import sys
from collections.abc import Sequence

_INTERRUPTED = 130


def main(command: Sequence[str] = ()) -> None:
    """Runs the command line, behind the given command if there is one."""
    try:
        _hold_closed_streams()
        from atnet.cli import main as run  # noqa: PLC0415  (the slow part, inside the block)

        run(command)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _hold_closed_streams() -> None:
    """Keeps the numbers of closed streams from files opened later, which libraries print into."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


if __name__ == "__main__":
    main()

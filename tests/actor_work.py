"""Work for actors and what happens to them; a module, so that they find it in their processes."""

import os
import signal
from pathlib import Path


def prepare(folder, threads):
    """Returns what doubles a number, unless it is told to die of it: always, or the first time."""
    (Path(folder) / f"prepared-{os.getpid()}").write_text(str(threads))

    def work(task):
        kind, number = task
        begun = list(Path(folder).glob(f"begun-{number}-*"))
        if kind == "poison" or (kind == "unlucky" and not begun):
            (Path(folder) / f"begun-{number}-{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * number

    return work


def cannot_prepare(threads):
    """Fails as a model that is missing does."""
    raise FileNotFoundError(f"model with {threads} threads: is missing")

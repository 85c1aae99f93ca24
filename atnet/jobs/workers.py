"""Processes that each hold what is costly to load; one that is killed costs its own task alone."""

import contextlib
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Any, NoReturn, TypeVar

from atnet.parallel import describe_exit, start_worker, threads_of_children, usable_cores

Task = TypeVar("Task")
Result = TypeVar("Result")
POLL = 1.0
"""Seconds until tasks are asked for again when there was none."""
GRACE = 1.0
"""Seconds in which a worker that is told to stop may remove temporary files; then it is killed."""
_END = object()
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_spawning = multiprocessing.get_context("spawn")


class Stopped(KeyboardInterrupt):
    """The process was told to stop.

    Attributes:
        signal: By which signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


@dataclass(frozen=True)
class Killed:
    """What there is instead of a result where a process ended in the middle of its work."""

    reason: str


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Lets SIGINT and SIGTERM raise `Stopped` once; nothing disturbs the cleaning up after it."""
    before = _heed_signals()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def work_through(
    prepare: Callable[[int], Callable[[Task], Result]],
    tasks: Iterable[Task | None],
    *,
    workers: int,
    threads: int | None = None,
) -> Generator[tuple[Task, Result | Killed], None, None]:
    """Does tasks in worker processes; where one is killed, another takes its place.

    A process has one task at a time, so that it is known which one it died of.

    Args:
        prepare: Called once in each process with its number of threads; loads what its tasks share,
            and returns what does one.
        tasks: Taken as processes are free; `None` says that there is nothing yet.
        workers: Processes.
        threads: Threads of each process; by default an equal share of the cores.

    Yields:
        Each task with its result, as soon as it is there.

    Raises:
        ChildProcessError: A process ended while it prepared.
        Exception: What `prepare` raises.
        ValueError: `workers` or `threads` is below 1.
    """
    if workers < 1 or (threads is not None and threads < 1):
        raise ValueError(f"workers is {workers} and threads {threads}; at least 1 is needed")
    threads = threads or max(1, usable_cores() // workers)
    crew: list[_Worker] = []
    try:
        # One goes ahead: what cannot be loaded is told once, what is measured is so undisturbed.
        crew.append(_Worker(prepare, threads))
        list(crew[0].hear())
        crew += [_Worker(prepare, threads) for _ in range(workers - 1)]
        yield from _share_out(crew, iter(tasks))
    finally:
        _dismiss(crew)


class _Worker:
    """A process and the way to talk to it.

    Attributes:
        ready: It has prepared.
        task: What it is at, or `None`.
    """

    def __init__(self, prepare: Callable[[int], Callable], threads: int) -> None:
        self._work = (prepare, threads)
        self._start()

    def _start(self) -> None:
        self.ready, self.task = False, None
        self.connection, far_end = _spawning.Pipe()
        self.process = _spawning.Process(target=_serve, args=(far_end, *self._work), daemon=True)
        with threads_of_children(self._work[1]), _holding_signals_back():
            self.process.start()
        far_end.close()  # what the process holds is the last one: its death ends what we read

    def give(self, task: Any) -> None:
        """Hands over a task to a process that is ready and has none."""
        self.task = task
        with contextlib.suppress(OSError):  # it has died: what is read next says so
            self.connection.send(task)

    def hear(self) -> Iterator[tuple[Any, Any]]:
        """Waits for word of the process, and gives its task with the result if there is one."""
        try:
            word = self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            word = Killed(describe_exit(self.process.exitcode))
        if not self.ready:
            if isinstance(word, Killed):
                raise ChildProcessError(word.reason)
            if word is not None:
                raise word
            self.ready = True
            return
        task, self.task = self.task, None
        if isinstance(word, Killed):
            self.connection.close()
            self._start()
        if task is not None:
            yield task, word


def _share_out(crew: list[_Worker], tasks: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    more = True
    while more or any(worker.task is not None for worker in crew):
        for worker in crew:
            if more and worker.ready and worker.task is None:
                task = next(tasks, _END)
                more = task is not _END
                if more and task is not None:
                    worker.give(task)
        speaking = wait([worker.connection for worker in crew], timeout=POLL)
        for worker in crew:
            if worker.connection in speaking:
                yield from worker.hear()


def _dismiss(crew: list[_Worker]) -> None:
    """Ends all processes, those that work by way of an exception, and waits for their end."""
    for worker in crew:
        if not worker.ready:
            worker.process.kill()
        elif worker.task is not None:
            worker.process.terminate()
        worker.connection.close()
    latest = time.monotonic() + GRACE
    for worker in crew:
        worker.process.join(max(0.0, latest - time.monotonic()))
        worker.process.kill()  # no more than a temporary file is left behind
        worker.process.join()


def _serve(connection: Connection, prepare: Callable[[int], Callable], threads: int) -> None:
    """What a process does, until nobody is at the other end."""
    start_worker(threads)
    try:
        try:
            _answer(connection, prepare, threads)
        finally:
            _ignore_signals()  # what comes while the process ends would be noise
    except (EOFError, OSError):
        return
    except Stopped as stop:
        sys.exit(128 + stop.signal)


def _answer(connection: Connection, prepare: Callable[[int], Callable], threads: int) -> None:
    _heed_signals()
    _let_signals_through()
    try:
        work = prepare(threads)
    except Exception as error:  # told to whoever asked for it
        connection.send(error)
        return
    connection.send(None)
    while True:
        connection.send(work(connection.recv()))


def _heed_signals() -> dict[int, Any]:
    return {number: signal.signal(number, _stop) or signal.SIG_DFL for number in _SIGNALS}


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    _ignore_signals()
    raise Stopped(number)


def _ignore_signals() -> None:
    # SIG_IGN would make Python print that one which has come, and waits for its turn, is ignored.
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)


@contextlib.contextmanager
def _holding_signals_back() -> Iterator[None]:
    """Starts processes with signals held back: in the middle of imports they would be noise."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # its start lets signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _let_signals_through() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

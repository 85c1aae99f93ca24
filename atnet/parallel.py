"""Work shared by processes, a few pieces ahead of whoever takes the results."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.process import BaseProcess
from typing import TypeVar

import cv2

Task = TypeVar("Task")
Result = TypeVar("Result")
AHEAD = 2
"""Tasks that wait for each process, so that none stands idle; a million are not held in memory."""
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
)  # fmt: skip


def usable_cores() -> int:
    """Returns the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_unordered(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    *,
    workers: int = 1,
    threads: int | None = None,
) -> Iterator[Result]:
    """Applies a function in several processes; tasks are taken as results are.

    Args:
        function: Of a module, so that processes find it.
        tasks: Its arguments; of an endless iterable, too, no more than a few are taken ahead.
        workers: Processes; 1 works in this process unless `threads` is given.
        threads: Threads of each process; by default an equal share of the cores.

    Yields:
        Results, as soon as they are there.

    Raises:
        ChildProcessError: A process ended in the middle of its work.
        ValueError: `workers` or `threads` is below 1.
    """
    if workers < 1 or (threads is not None and threads < 1):
        raise ValueError(f"workers is {workers} and threads {threads}; at least 1 is needed")
    if workers == 1 and threads is None:
        yield from map(function, tasks)
        return
    tasks = iter(tasks)
    first = list(islice(tasks, workers))
    if not first:
        return
    workers = len(first)
    threads = threads or max(1, usable_cores() // workers)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, start_worker, (threads,))
    processes: list[BaseProcess] = []
    try:
        with threads_of_children(threads):  # all processes start with the first task
            waiting = {pool.submit(function, task) for task in first}
        processes += multiprocessing.active_children()
        while waiting:
            free = workers * (1 + AHEAD) - len(waiting)
            waiting |= {pool.submit(function, task) for task in islice(tasks, free)}
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        pool.shutdown()  # exit codes are known when all have ended
        raise ChildProcessError(_how_it_ended(processes)) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _how_it_ended(processes: list[BaseProcess]) -> str:
    """Reads the exit code of the process that ended by itself; the pool terminates the others."""
    codes = [process.exitcode for process in processes]
    return describe_exit(
        next((code for code in codes if code not in (None, 0, -signal.SIGTERM)), None)
    )


def describe_exit(code: int | None) -> str:
    """Says in a line how a worker process ended, by its exit code, and what helps."""
    if code is None or code >= 0:
        return f"a worker process ended in the middle of its work, exit code {code}"
    name = signal.Signals(-code).name
    if name == "SIGKILL":
        advice = "most likely for want of memory; use fewer workers"
        return f"a worker process was killed ({name}), {advice}"
    return f"a worker process crashed ({name}) in a library; try again with one worker"


@contextlib.contextmanager
def threads_of_children(threads: int) -> Iterator[None]:
    """Limits what reads the environment when it is loaded: OpenMP, BLAS, Numba."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def start_worker(threads: int) -> None:
    """Prepares a worker process: it leaves Ctrl-C to its parent, and ends when that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops its workers
    cv2.setNumThreads(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends a worker whose parent was killed; it would wait for work for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)

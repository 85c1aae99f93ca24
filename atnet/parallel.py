"""Work shared by processes."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import cv2

Task = TypeVar("Task")
Result = TypeVar("Result")
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
    tasks: Sequence[Task],
    *,
    workers: int = 1,
    threads: int | None = None,
) -> Iterator[Result]:
    """Applies a function in several processes.

    Args:
        function: Of a module, so that processes find it.
        tasks: Its arguments.
        workers: Processes; 1 works in this process unless `threads` is given.
        threads: Threads of each process; by default an equal share of the cores.

    Yields:
        Results, as soon as they are there.

    Raises:
        MemoryError: A process was killed.
        ValueError: `workers` or `threads` is below 1.
    """
    if workers < 1 or (threads is not None and threads < 1):
        raise ValueError(f"workers is {workers} and threads {threads}; at least 1 is needed")
    if not tasks:
        return
    if workers == 1 and threads is None:
        yield from map(function, tasks)
        return
    workers = min(workers, len(tasks))
    threads = threads or max(1, usable_cores() // workers)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, start_worker, (threads,))
    try:
        with _threads_of_children(threads):  # all processes start with the first task
            futures = [pool.submit(function, task) for task in tasks]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise MemoryError(
            "a worker process was killed, most likely for want of memory; use fewer workers"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _threads_of_children(threads: int) -> Iterator[None]:
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

"""A batch on Ray: its workers are actors of a cluster, or of this machine where there is none."""

import contextlib
import logging
import os
import pickle
import secrets
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import cv2

from atnet.files.problems import one_line
from atnet.files.quiet import native_silence
from atnet.jobs.workers import Killed
from atnet.matting.runtime import DEFAULT_MAX_MEMORY, parse_memory

Task = TypeVar("Task")
Result = TypeVar("Result")
BESIDES = 10**9
"""Bytes of a worker beyond `max_memory`: the program, the model, whole pictures."""
AGAIN = 1
"""Times that a photograph is tried again when its actor is lost: machines come and go, but one
that is too large for the memory must not take one actor after the other with it."""
_PATIENCE = 10.0
"""Seconds in which the head of a cluster must take a connection."""
_GONE = "its actor was killed twice, most likely for want of memory; use fewer workers"
_PRIVATE = {  # of the Ray that a run starts for itself; whoever sets one of these knows why
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # nobody listens but on 127.0.0.1
    "RAY_AUTH_MODE": "token",
}


def work_on_ray(
    prepare: Callable[[int], Callable[[Task], Result]],
    tasks: Sequence[Task],
    *,
    workers: int | None = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
) -> Generator[tuple[Task, Result | Killed], None, None]:
    """Does tasks in a pool of actors, as `work_through` does in processes of this machine.

    Takes the Ray that the program has, or that `RAY_ADDRESS` names, or starts one for itself.

    Args:
        prepare: Called once in each actor with its number of threads; returns what does a task.
        tasks: All of them.
        workers: Actors; by default as many as there is room for, by cores and memory.
        threads: Threads of each, and cores that it takes; by default 1.
        max_memory: Of each, as `Matting` takes it; Ray packs actors by it.

    Yields:
        Each task with its result, as soon as it is there; those that killed actors come last.

    Raises:
        ChildProcessError: Ray itself failed.
        Exception: What `prepare` raises.
        ImportError: Ray is not installed.
        ValueError: There is no room for a single actor, or `workers` or `threads` is below 1.
    """
    threads = 1 if threads is None else threads
    if threads < 1 or (workers is not None and workers < 1):
        raise ValueError(f"workers is {workers} and threads {threads}; at least 1 is needed")
    memory = parse_memory(DEFAULT_MAX_MEMORY if max_memory is None else max_memory) + BESIDES
    with running_ray() as ray:
        actors = min(workers or room(ray.nodes(), threads, memory), len(tasks))
        rows = _outcomes(prepare, tasks, actors, {"num_cpus": threads, "memory": memory})
        left = dict(enumerate(tasks))
        with contextlib.closing(rows):
            try:
                for number, outcome in rows:
                    if isinstance(outcome, _Unprepared):
                        raise outcome.reason
                    yield left.pop(number), outcome
            except ray.exceptions.RayError as error:
                raise ChildProcessError(f"Ray failed: {one_line(error)}") from error
        yield from ((task, Killed(_GONE)) for task in left.values())


@contextlib.contextmanager
def running_ray() -> Iterator[ModuleType]:
    """Joins a cluster, or starts Ray on this machine alone: no dashboard, nothing reported home.

    Yields:
        The module, whose connection ends with the block unless it was there before.

    Raises:
        ConnectionError: There is no such cluster.
        ImportError: Ray is not installed.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when it is imported
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # the rest is told by what it means
    address = os.environ.get("RAY_ADDRESS")
    if address is not None:
        _check_reachable(address)
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "2")  # of 30 seconds, to join
    else:
        token = {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
        for name, value in (_PRIVATE | token).items():
            os.environ.setdefault(name, value)
    with warnings.catch_warnings(), _quiet():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Ray about itself
        ray = _imported()
        warnings.simplefilter("ignore", ray.util.annotations.RayDeprecationWarning)
        if ray.is_initialized():
            yield ray
            return
        options = {"address": "local", "include_dashboard": False} if address is None else {}
        with _own_signals(), native_silence():
            ray.init(**options, log_to_driver=False, logging_level=logging.CRITICAL)
        try:
            yield ray
        finally:
            ray.shutdown()


def room(nodes: Sequence[dict[str, Any]], threads: int, memory: int) -> int:
    """Counts the actors that fit on machines.

    Args:
        nodes: As `ray.nodes()` describes them.
        threads: Cores of an actor.
        memory: Bytes of an actor.

    Returns:
        At least 1.

    Raises:
        ValueError: No machine has room for one.

    Example:
        >>> room([{"Alive": True, "Resources": {"CPU": 8, "memory": 10e9}}], 2, 3 * 10**9)
        3
    """
    found = [node["Resources"] for node in nodes if node["Alive"]]
    fitting = sum(
        int(min(node.get("CPU", 0) // threads, node.get("memory", 0) // memory)) for node in found
    )
    if not fitting:
        raise ValueError(
            f"no machine of the cluster has {threads} free cores and {memory / 10**9:g} GB for a "
            "worker; lower --threads or --max-memory, or say --workers if machines will come"
        )
    return fitting


class _Unprepared:
    """What an actor answers whose model could not be loaded."""

    def __init__(self, reason: Exception) -> None:
        self.reason = reason


class _Actor:
    """What Ray keeps in each of its processes: what was loaded once, for one task after another."""

    def __init__(self, prepare: Callable[[int], Callable], threads: int) -> None:
        cv2.setNumThreads(threads)
        try:
            self._work = prepare(threads)
        except Exception as error:  # told to whoever asked for it
            unprepared = _Unprepared(error)
            self._work = lambda _: unprepared

    def __call__(self, rows: dict[str, Any]) -> dict[str, Any]:
        outcomes = [pickle.dumps(self._work(pickle.loads(task))) for task in rows["task"]]  # noqa: S301
        return {"number": rows["number"], "outcome": outcomes}


def _outcomes(
    prepare: Callable, tasks: Sequence[Any], actors: int, needs: dict[str, Any]
) -> Generator[tuple[int, Any], None, None]:
    """Runs a data set of one task a block, so that one is recorded, or tried again, by itself."""
    import ray.data  # noqa: PLC0415  (an extra)

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    context.max_errored_blocks = -1  # they are known by what is missing in the end
    rows = [{"number": number, "task": pickle.dumps(task)} for number, task in enumerate(tasks)]
    results = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        _Actor,
        fn_constructor_args=(prepare, needs["num_cpus"]),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=actors, max_tasks_in_flight_per_actor=1),
        max_restarts=-1,
        max_task_retries=AGAIN,
        **needs,
    )
    for batch in results.iter_batches(batch_size=None, prefetch_batches=0):
        for number, outcome in zip(batch["number"], batch["outcome"], strict=True):
            yield int(number), pickle.loads(outcome)  # noqa: S301  (of our own actors)


def _imported() -> ModuleType:
    try:
        with _own_signals():
            import ray.data  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise ImportError("Ray is missing; pip install 'atnet[ray]'") from error
    return ray


def _check_reachable(address: str) -> None:
    """Asks once; Ray would try for many minutes without a word."""
    host, _, port = address.rpartition(":")
    if "/" in host or not (host and port.isdecimal()):  # Ray finds it by other means
        return
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise ConnectionError(
            f"RAY_ADDRESS is {address}, where nobody answers ({one_line(error)}); start Ray there"
        ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps off standard output, where results go, what Ray tells of its processes."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    with nowhere, contextlib.redirect_stdout(nowhere):
        yield


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Takes back SIGINT and SIGTERM, which Ray would answer by ending the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

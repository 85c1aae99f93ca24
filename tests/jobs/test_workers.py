import multiprocessing
import os
import signal
import sys
import time
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import cv2
import pytest

from atnet.jobs.workers import Killed, Stopped, stoppable, work_through


def describe(_):
    prepared = time.monotonic_ns()
    return lambda task: (task, os.getpid(), prepared, cv2.getNumThreads())


def obey(_):
    """A task is what happens to its process: a signal, or a number that comes back."""
    return lambda task: os.kill(os.getpid(), task) if isinstance(task, signal.Signals) else task


def refuse(_):
    raise ValueError("no such model")


def end(_):
    os._exit(3)


def linger(folder, _, *, deaf):
    """The task takes a minute; a process that is told to stop leaves a note, unless it is deaf."""

    def work(_):
        if deaf:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / "began").touch()
        try:
            time.sleep(60)
        finally:
            (folder / "ended").touch()

    return work


def test_each_process_prepares_once_for_many_tasks():
    results: list[Any] = list(work_through(describe, range(8), workers=2, threads=1))
    assert sorted(task for task, _ in results) == list(range(8))
    assert all(result[0] == task for task, result in results)
    processes = {(pid, prepared) for _, (_, pid, prepared, _) in results}
    assert len(processes) == len({pid for pid, _ in processes}) <= 2
    assert os.getpid() not in {pid for pid, _ in processes}
    assert {threads for _, (*_, threads) in results} == {1}
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to end by")
def test_a_killed_process_costs_its_own_task_and_another_takes_its_place():
    tasks = [1, signal.SIGKILL, 2, signal.SIGSEGV, 3, 4]
    results = dict(work_through(obey, tasks, workers=1))
    killed = results.pop(signal.SIGKILL)
    crashed = results.pop(signal.SIGSEGV)
    assert isinstance(killed, Killed)
    assert "was killed (SIGKILL), most likely for want of memory" in killed.reason
    assert isinstance(crashed, Killed)
    assert "crashed (SIGSEGV)" in crashed.reason
    assert results == {1: 1, 2: 2, 3: 3, 4: 4}


@pytest.mark.parametrize(
    ("prepare", "error", "message"),
    [(refuse, ValueError, "^no such model$"), (end, ChildProcessError, "exit code 3")],
)
def test_what_cannot_prepare_ends_it_all(prepare, error, message):
    with pytest.raises(error, match=message):
        list(work_through(prepare, [1, 2, 3], workers=2))
    assert multiprocessing.active_children() == []


def test_tasks_may_come_later_and_of_endlessly_many_few_are_taken():
    asked = count(1)
    tasks = (number if number % 3 else None for number in asked)
    results = work_through(obey, tasks, workers=1)
    assert [task for task, _ in islice(results, 4)] == [1, 2, 4, 5]
    results.close()
    assert next(asked) <= 8


@pytest.mark.parametrize(("workers", "threads"), [(0, None), (2, 0)])
def test_numbers_below_one_are_refused(workers, threads):
    with pytest.raises(ValueError, match="at least 1"):
        list(work_through(obey, [1], workers=workers, threads=threads))


@pytest.mark.parametrize("deaf", [False, True])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without a word")
def test_whoever_stops_waits_for_nobody_but_lets_clean_up(tmp_path: Path, deaf):

    def tasks():
        yield "long"
        while not (tmp_path / "began").exists():
            yield None
        raise Stopped(signal.SIGINT)

    with pytest.raises(Stopped):
        list(work_through(partial(linger, tmp_path, deaf=deaf), tasks(), workers=2))
    assert multiprocessing.active_children() == []
    assert (tmp_path / "ended").exists() is not deaf


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_once_and_cleaning_up_is_not_disturbed(number):
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    with stoppable():
        with pytest.raises(Stopped) as stopped:
            signal.raise_signal(number)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert stopped.value.signal == number
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before

import itertools
import multiprocessing
import os
import signal
import sys

import cv2
import pytest

from atnet.parallel import AHEAD, map_unordered


def where(task):
    return task, os.getpid(), os.environ.get("OMP_NUM_THREADS"), cv2.getNumThreads()


def die(end):
    if isinstance(end, signal.Signals):
        os.kill(os.getpid(), end)
    os._exit(end)


def divide(task):
    return 1 / task


def test_one_worker_works_here_and_in_order():
    results = list(map_unordered(where, [1, 2, 3]))
    assert [task for task, *_ in results] == [1, 2, 3]
    assert {process for _, process, *_ in results} == {os.getpid()}


def test_several_workers_are_other_processes_with_few_threads():
    before = dict(os.environ)
    results = list(map_unordered(where, range(6), workers=2, threads=1))
    assert sorted(task for task, *_ in results) == list(range(6))
    assert os.getpid() not in {process for _, process, *_ in results}
    assert {limits for _, _, *limits in map(tuple, results) for limits in [tuple(limits)]} == {
        ("1", 1)
    }
    assert dict(os.environ) == before


def test_nothing_to_do_starts_nothing():
    assert list(map_unordered(where, [], workers=4)) == []


@pytest.mark.parametrize(("workers", "threads"), [(0, None), (2, 0)])
def test_numbers_below_one_are_refused(workers, threads):
    with pytest.raises(ValueError, match="at least 1"):
        list(map_unordered(where, [1], workers=workers, threads=threads))


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (signal.SIGKILL, r"was killed \(SIGKILL\), most likely for want of memory; use fewer"),
        (signal.SIGSEGV, r"crashed \(SIGSEGV\) in a library"),
        (3, "ended in the middle of its work, exit code 3"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to end by")
def test_a_worker_that_ends_early_is_reported_as_what_it_is(end, message):
    with pytest.raises(ChildProcessError, match=message):
        list(map_unordered(die, [end] * 4, workers=2))


def test_an_error_of_the_function_is_passed_on_and_ends_the_processes():
    with pytest.raises(ZeroDivisionError):
        list(map_unordered(divide, [1, 0, 2, 3], workers=2))
    assert multiprocessing.active_children() == []


def test_no_more_than_a_few_tasks_are_taken_ahead():
    """Of an endless row of tasks the reader takes ten: nobody has asked for the millionth."""
    asked = 0

    def endless():
        nonlocal asked
        while True:
            asked += 1
            yield asked

    results = map_unordered(divide, endless(), workers=2)
    first = list(itertools.islice(results, 10))
    results.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(first) == 10
    assert asked <= 10 + 2 * (1 + AHEAD)
    assert multiprocessing.active_children() == []


def test_no_more_processes_start_than_there_are_tasks():
    list_of_processes = map_unordered(where, [1, 2], workers=8)
    next(list_of_processes)
    assert len(multiprocessing.active_children()) == 2
    list(list_of_processes)

import os
import signal
import sys

import cv2
import pytest

from atnet.parallel import map_unordered


def where(task):
    return task, os.getpid(), os.environ.get("OMP_NUM_THREADS"), cv2.getNumThreads()


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_worker_is_an_error_with_advice():
    with pytest.raises(MemoryError, match="use fewer workers"):
        list(map_unordered(die, [1, 2], workers=2))

import platform
import sys

import numpy as np
import pytest

from atnet import machine
from atnet.machine import (
    describe_machine,
    peak_memory,
    release_memory,
    reset_peak_memory,
    versions,
)
from atnet.version import __version__


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux measures again and again")
def test_peak_memory_is_of_the_time_since_the_reset():
    reset_peak_memory()
    before = peak_memory()
    block = np.ones(25_000_000)  # 200 MB
    block.sum()
    peak = peak_memory()
    del block
    reset_peak_memory()
    assert (peak or 0) - (before or 0) == pytest.approx(200, abs=20)
    assert peak_memory() == pytest.approx(before, abs=20)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others keep nothing")
def test_freed_memory_is_returned():
    blocks = [b"x" * 100_000 for _ in range(2_000)]  # 200 MB, too small to be returned one by one
    last = blocks[-1]  # behind all others, which therefore cannot be cut off
    del blocks
    reset_peak_memory()
    before = peak_memory()
    release_memory()
    reset_peak_memory()
    assert (before or 0) - (peak_memory() or 0) > 150
    assert len(last) == 100_000


@pytest.mark.parametrize(("count", "words"), [(1, ", 1 core,"), (2, ", 2 cores,")])
def test_the_machine_is_described_without_its_name(monkeypatch, count, words):
    monkeypatch.setattr(machine, "usable_cores", lambda: count)
    text = describe_machine()
    assert words in text
    assert platform.node() not in text


def test_versions_name_what_results_depend_on():
    assert versions()["atnet"] == __version__
    assert versions()["numpy"] == np.__version__

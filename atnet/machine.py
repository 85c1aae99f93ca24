"""What a measurement depends on: machine class, versions, peak memory; and giving memory back."""

import contextlib
import ctypes
import datetime
import os
import platform
import re
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from atnet.parallel import usable_cores
from atnet.version import __version__

_PACKAGES = (
    "mnn", "numpy", "onnxruntime", "opencv-python-headless", "openvino", "pymatting", "scipy",
)  # fmt: skip
_STATUS = Path("/proc/self/status")


def describe_machine() -> str:
    """Describes processor, cores and memory, and nothing that names the machine."""
    cores = usable_cores()
    description = f"{_processor()}, {cores} {'core' if cores == 1 else 'cores'}"
    with contextlib.suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        description += f", {memory / 2**30:.0f} GiB memory"
    return f"{description}, {platform.system()}"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def describe_run(*packages: str) -> str:
    """Describes, in a line, what a measurement depends on: machine, versions, date.

    Args:
        packages: What is measured, as it is called on PyPI; with none, the predictor's packages.

    Example:
        >>> "numpy 2" in describe_run("numpy")
        True
    """
    named = ", ".join(f"{name} {version}" for name, version in versions(packages).items())
    return f"{describe_machine()}; {named}; {datetime.date.today()}"


def versions(packages: Sequence[str] = ()) -> dict[str, str]:
    """Returns the versions that results depend on, of what is installed."""
    found = {"atnet": __version__, "python": platform.python_version()}
    for package in packages or _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def release_memory() -> None:
    """Returns freed memory to the system, of which glibc keeps much for what may come.

    After a network's passes that is hundreds of megabytes; elsewhere than on Linux nothing happens.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def reset_peak_memory() -> bool:
    """Starts a new measurement of peak memory, and tells whether the system can (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def peak_memory() -> float | None:
    """Returns the highest resident memory of this process in MB of 10⁶ bytes.

    On Linux since `reset_peak_memory`; on other systems since the process began; on Windows `None`.
    """
    if _STATUS.exists() and (found := re.search(r"VmHWM:\s+(\d+)", _STATUS.read_text())):
        return int(found[1]) * 1024 / 1e6
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6

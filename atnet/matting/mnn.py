"""MNN, where it is installed, from the side of whoever asks it: it runs in a process of its own."""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from importlib import util
from pathlib import Path
from typing import IO, cast

import numpy as np

from atnet.matting.engines import beside
from atnet.matting.messages import receive, send
from atnet.parallel import usable_cores

_KEPT = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=1099511627776"
"""Lets the process keep freed memory from one tile to the next: a fifth of the time, and more, goes
into fetching it anew. On other systems than Linux it means nothing."""


class Mnn:
    """MNN on the CPU: float32 with fewer multiplications (Winograd's), fast on every processor.

    The process that computes ends with this object, and with Ctrl-C; the next call then starts
    another.

    Args:
        model: An ONNX file.
        threads: Of the CPU; 0 for all cores.

    Raises:
        ImportError: MNN is not installed.
        RuntimeError: The model cannot run.
    """

    memory = 1.7  # measured: 0.9 with atnet-vgg16, 1.7 with atnet-lite

    def __init__(self, model: bytes, threads: int = 0) -> None:
        if not util.find_spec("MNN"):
            raise ImportError("MNN is missing; pip install 'atnet[mnn]'")
        self.providers = ["MNN CPU float32"]
        self._model, self._threads = model, threads or usable_cores()
        self._lock = threading.Lock()
        self._start()

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha `(H, W)` of an image `(H, W, 3)` and a trimap `(H, W)`, all float32.

        Raises:
            ChildProcessError: The process was ended from outside, as for want of memory.
        """
        with self._lock:  # a process does one thing after another
            if self._process.poll() is not None:
                self._start()
            return self._ask(image=image, trimap=trimap)["alpha"]

    def _start(self) -> None:
        try:
            # What MNN makes of the model goes through a file.
            with tempfile.TemporaryDirectory(prefix="atnet-") as folder:
                self._process = _start_process(self._threads)
                weakref.finalize(self, _end_process, self._process)
                model = np.frombuffer(self._model, np.uint8)
                refusal = str(self._ask(model=model, folder=np.array(folder))["refusal"])
        except OSError as error:
            raise RuntimeError(str(error)) from error
        if refusal:
            raise RuntimeError(refusal)

    def _ask(self, **question: np.ndarray) -> dict[str, np.ndarray]:
        process = self._process
        return beside(lambda: _exchange(process, question), lambda: _end_process(process))


def _start_process(threads: int) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
    environment = {"GLIBC_TUNABLES": _KEPT, "PYTHONPATH": path}  # it finds what this process finds
    return subprocess.Popen(  # noqa: S603  (our own module)
        [sys.executable, "-P", "-m", "atnet.matting.mnn_process", str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _exchange(
    process: subprocess.Popen[bytes], question: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Asks a question, and waits for its answer."""
    questions, answers = cast("tuple[IO[bytes], IO[bytes]]", (process.stdin, process.stdout))
    try:
        send(questions, **question)
        return receive(answers)
    except (EOFError, OSError) as error:
        raise ChildProcessError(
            f"the process in which MNN runs ended, exit code {process.wait()}; if memory is short, "
            "lower max_memory, or take another engine"
        ) from error


def _end_process(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with contextlib.suppress(OSError), process:  # what was not written any more
        pass

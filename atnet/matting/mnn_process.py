"""The process in which MNN runs a network: `python -m atnet.matting.mnn_process THREADS`.

In the process of whoever asks, MNN could not be stopped, or would hold Python's lock for as long as
a layer takes; it would print to standard output; and a model that it does not understand could end
all. The first question is an ONNX model and a folder for files, and its answer why that cannot be
run, or nothing; the others are an image and a trimap, and their answer is alpha.
"""

import contextlib
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from atnet.machine import release_memory
from atnet.matting.blocks import run_in_blocks
from atnet.matting.cut import cut
from atnet.matting.messages import receive, send

_GIVES_BACK = (2, 1)
"""MNN's hint for the allocator: this one gives memory back when the picture becomes smaller."""
_SMALL = 32
"""Side of the first picture, in pixels."""
_PAUSE = 0.05
"""Seconds without a question after which a picture has no more tiles."""


class MnnNetwork:
    """A network in MNN, which runs its last layers only where alpha is unknown, if it is ATNet.

    Args:
        model: An ONNX file.
        folder: Where files may be written while it is loaded.
        threads: Of the CPU.

    Raises:
        RuntimeError: MNN cannot convert or run it.
    """

    def __init__(self, model: bytes, folder: Path, threads: int) -> None:
        parts = cut(model)
        self._seam = parts.seam if parts else None
        models = [parts.head, parts.gate, parts.tail] if parts else [model]
        self._sessions = [Session(part, folder, threads) for part in models]
        self(np.zeros((_SMALL, _SMALL, 3), np.float32), np.full((_SMALL, _SMALL), 0.5, np.float32))

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha `(H, W)` of an image `(H, W, 3)` and a trimap `(H, W)`, all float32."""
        if self._seam:
            return run_in_blocks(self._sessions, self._seam, image, trimap)
        (session,) = self._sessions
        (alpha,) = session(["alpha"], {"image": image[None], "trimap": trimap[None, ..., None]})
        return alpha[0, ..., 0]


class Session:
    """A part of a network in MNN.

    Between runs it is set to the sizes of its first run, so that it holds little memory; and when
    these are small, MNN lays the weights out in half of the memory, and is as fast at any size.
    """

    def __init__(self, model: bytes, folder: Path, threads: int) -> None:
        import MNN  # noqa: PLC0415  (after standard output is out of its reach)

        path = str(convert(model, folder))
        self._interpreter = MNN.Interpreter(path)  # pyright: ignore[reportAttributeAccessIssue]
        self._interpreter.setSessionHint(*_GIVES_BACK)
        self._session = self._interpreter.createSession({"numThread": threads})
        self._rest: dict[str, tuple[int, ...]] = {}

    def __call__(self, outputs: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Computes some outputs, by name, from inputs."""
        shapes = {name: values.shape for name, values in inputs.items()}
        self._rest = self._rest or shapes
        self._resize(shapes)
        for name, tensor in self._inputs().items():
            tensor.getNumpyData()[...] = inputs[name]
        if code := self._interpreter.runSession(self._session):
            raise RuntimeError(f"MNN cannot run the network on {shapes} (code {code})")
        tensors = [self._interpreter.getSessionOutput(self._session, name) for name in outputs]
        results = [tensor.getNumpyData().copy() for tensor in tensors]  # from MNN's own memory
        self._resize(self._rest)
        return results

    def _resize(self, shapes: dict[str, tuple[int, ...]]) -> None:
        for name, tensor in self._inputs().items():
            self._interpreter.resizeTensor(tensor, shapes[name])
        self._interpreter.resizeSession(self._session)

    def _inputs(self) -> dict[str, Any]:
        """MNN's tensors for what the network makes use of."""
        return self._interpreter.getSessionInputAll(self._session)


def convert(model: bytes, folder: Path) -> Path:
    """Converts an ONNX model into a file of a folder.

    Returns:
        The file that MNN reads.

    Raises:
        RuntimeError: MNN cannot do that.
    """
    # What `MNN.tools.mnnconvert` wraps: that module installs a package and reports home.
    import _tools  # noqa: PLC0415

    source, converted = folder / "part.onnx", folder / "part.mnn"
    source.write_bytes(model)
    converted.unlink(missing_ok=True)
    files = ["--modelFile", str(source), "--MNNModel", str(converted)]
    _tools.mnnconvert(["mnnconvert", "-f", "ONNX", *files, "--bizCode", "atnet"])
    if not converted.exists():
        raise RuntimeError("MNN cannot convert it")
    return converted


def main() -> None:
    """Answers questions until nobody is there to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks ends this process
    answers = _take_standard_output()
    try:
        question = receive(sys.stdin.buffer)
        folder = Path(str(question["folder"]))
        network = MnnNetwork(question["model"].tobytes(), folder, int(sys.argv[1]))
    except Exception as error:  # MNN's errors share no other base
        send(answers, refusal=np.array(str(error)))
        return
    send(answers, refusal=np.array(""))
    with contextlib.suppress(EOFError):
        while True:
            _give_memory_back_when_idle()
            send(answers, alpha=network(**receive(sys.stdin.buffer)))


def _take_standard_output() -> BinaryIO:
    """Keeps standard output for answers: what is printed from now on goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
    return answers


def _give_memory_back_when_idle() -> None:
    """Waits for the next question, on Linux, where freed memory is kept until a pause."""
    if sys.platform == "linux" and not select.select([sys.stdin], [], [], _PAUSE)[0]:
        release_memory()


if __name__ == "__main__":
    main()

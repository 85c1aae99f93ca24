"""Which engine is fastest here: measured once, then remembered in the user's cache."""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
from platformdirs import user_cache_path

from atnet.choices import EngineName
from atnet.files.atomic import write_text
from atnet.machine import describe_machine, versions
from atnet.matting.blocks import load_onnx_runtime
from atnet.matting.engines import Engine, installed
from atnet.matting.mnn import Mnn
from atnet.matting.openvino import OpenVino

SIDE, PASSES = 192, 2
"""What is timed: the fastest of some passes over a square, after one that is not timed."""
GAIN = 1.1
"""How many times faster than ONNX Runtime an engine must be to take its place."""
_LOADERS: dict[EngineName, Callable[[bytes, int], Engine]] = {
    "onnxruntime": load_onnx_runtime, "openvino": OpenVino, "mnn": Mnn,
}  # fmt: skip


def fastest_engine(model: bytes, threads: int) -> EngineName:
    """Chooses what runs a network fastest on this processor's cores.

    Where only one engine is installed, that one. Otherwise each is tried for a moment, the first
    time that this model is seen with these cores and versions; the answer is kept in
    `engines.json` in the user's cache folder, which may be removed at any time.

    Args:
        model: An ONNX file.
        threads: Of the CPU; 0 for all cores.

    Returns:
        An installed engine; ONNX Runtime, which computes the same everywhere, unless another is
        clearly faster.

    Raises:
        ImportError: There is no ONNX Runtime.
        RuntimeError: The model cannot run.
    """
    names = installed()
    if len(names) < 2:
        return "onnxruntime"
    kept = user_cache_path("atnet") / "engines.json"
    key = _key(model, threads)
    known = _read(kept)
    if known.get(key) not in names:
        known[key] = _measure(model, threads)
        with contextlib.suppress(OSError):  # measured again next time
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_text(kept, json.dumps(known, indent=2) + "\n")
    return known[key]


def load_engine(name: EngineName, model: bytes, threads: int) -> Engine:
    """Loads a model into an engine, on the CPU.

    Raises:
        ImportError: The engine is not installed.
        RuntimeError: The model cannot run.
    """
    return _LOADERS[name](model, threads)


def _measure(model: bytes, threads: int) -> EngineName:
    first, *others = installed()
    seconds: dict[EngineName, float] = {first: _seconds(load_engine(first, model, threads)) / GAIN}
    for name in others:
        with contextlib.suppress(RuntimeError):  # it does not understand this model
            seconds[name] = _seconds(load_engine(name, model, threads))
    return min(seconds, key=lambda name: seconds[name])


def _seconds(engine: Engine) -> float:
    image = np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32)
    trimap = np.zeros((SIDE, SIDE), np.float32)
    trimap[:, SIDE // 3 : 2 * SIDE // 3] = 0.5
    times = []
    for _ in range(1 + PASSES):
        start = time.perf_counter()
        engine(image, trimap)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def _key(model: bytes, threads: int) -> str:
    depends = [describe_machine(), threads, versions(get_args(EngineName))]
    digest = hashlib.sha256(json.dumps(depends).encode())
    digest.update(model)
    return digest.hexdigest()


def _read(path: Path) -> dict[str, EngineName]:
    """What is known; a damaged file knows nothing."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}

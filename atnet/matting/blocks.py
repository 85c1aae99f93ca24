"""Runs the last layers of a network only in blocks where alpha is unknown: the same alpha there."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from atnet.matting.cover import cover
from atnet.matting.cut import Parts, Seam, cut
from atnet.matting.engines import (
    Engine,
    OnnxRuntime,
    Provider,
    Session,
    choose_providers,
    interruptible,
)

Run = Callable[[list[str], dict[str, np.ndarray]], list[np.ndarray]]
"""Computes some outputs, by name, from inputs."""
_CPU = "CPUExecutionProvider"


class Blocks:
    """ONNX Runtime on the CPU with a network in parts: `head` sees all, `tail` what is unknown.

    Args:
        parts: The network.
        threads: Of the CPU; 0 for all cores.

    Raises:
        ImportError: There is no ONNX Runtime.
        RuntimeError: A part cannot run.
    """

    memory = 1.0  # of pictures that are unknown all over; less for others

    def __init__(self, parts: Parts, threads: int = 0) -> None:
        models = (parts.head, parts.gate, parts.tail)
        self._sessions = [Session(part, threads, [_CPU]) for part in models]
        self._seam = parts.seam
        self.providers = [_CPU]

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha where the trimap `(H, W)` of an image `(H, W, 3)` says unknown."""
        return interruptible(lambda options: self._found(image, trimap, options))

    def _found(self, image: np.ndarray, trimap: np.ndarray, options: Any) -> np.ndarray:
        runs = [functools.partial(session.run, options=options) for session in self._sessions]
        return run_in_blocks(runs, self._seam, image, trimap)


def run_in_blocks(
    runs: Sequence[Run], seam: Seam, image: np.ndarray, trimap: np.ndarray
) -> np.ndarray:
    """Runs a network in parts.

    Args:
        runs: What computes some outputs of head, gate and tail from their inputs.
        seam: Between them.
        image: float32 `(H, W, 3)`.
        trimap: float32 `(H, W)`.

    Returns:
        Alpha where the trimap is 0.5; elsewhere the trimap.
    """
    blocks, alpha = cover(trimap == 0.5, seam.reach), trimap.copy()
    if not blocks:
        return alpha
    head, gate, tail = runs
    features, skip, context, reach = seam
    pictures = {"image": image[None], "trimap": trimap[None, ..., None]}
    decoded, encoded = head([features, skip], pictures)
    # The mean of a 1 x 1 convolution is the convolution of the mean.
    mean = decoded.mean(axis=(2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    (mean_context,) = gate([context], {features: mean})
    for block in blocks:
        seen = block.widened(reach, trimap.shape)
        rows, columns = seen.slices
        inputs = {name: picture[:, rows, columns] for name, picture in pictures.items()}
        inputs[features] = decoded[:, :, _half(rows), _half(columns)]
        inputs |= {skip: encoded[:, :, rows, columns], context: mean_context}
        (found,) = tail(["alpha"], inputs)
        alpha[block.slices] = found[0, ..., 0][block.within(seen)]
    return alpha


def load_onnx_runtime(
    model: bytes,
    threads: int = 0,
    providers: Sequence[Provider] | None = None,
    max_memory: int = 2 * 10**9,
) -> Engine:
    """Loads a network into ONNX Runtime, in parts if it is ATNet and the CPU alone computes.

    An accelerator would have to give back what lies between the parts, and take it again.
    Arguments and errors are those of `OnnxRuntime`.
    """
    parts = cut(model) if choose_providers(providers) == [_CPU] else None
    return Blocks(parts, threads) if parts else OnnxRuntime(model, threads, providers, max_memory)


def _half(part: slice) -> slice:
    return slice(part.start // 2, part.stop // 2)

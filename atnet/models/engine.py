"""Runs networks that are still in training's own files, without an export."""

import threading
from pathlib import Path

import keras
import numpy as np

from atnet.models.backend import keep_compiled
from atnet.models.loading import load_network


class KerasEngine:
    """An engine for the predictor, on the backend that Keras was loaded with.

    JAX compiles for each new size of tile, which takes a second or two. It takes all cores.

    Attributes:
        providers: What computes.
        memory: Working memory, relative to ONNX Runtime's: measured 1.1 to 2.2.

    Args:
        path: As `load_network` takes it.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file holds no such network.
    """

    memory = 2.2

    def __init__(self, path: Path) -> None:
        keep_compiled()
        self._network = load_network(path)
        self._alone = threading.Lock()  # the network keeps what it compiled
        self.providers = [f"Keras {keras.backend.backend()}"]

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha `(H, W)` of an image `(H, W, 3)` and a trimap `(H, W)`, all float32."""
        inputs = {"image": image[None], "trimap": trimap[None, ..., None]}
        with self._alone:
            alpha = self._network.predict_on_batch(inputs)["alpha"]
        return np.asarray(alpha)[0, ..., 0]

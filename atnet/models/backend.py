"""Which backend Keras runs on, and what it keeps of its work from one start to the next."""

import importlib
import json
import os
import sys
from importlib import util
from pathlib import Path

from platformdirs import user_cache_path

_TESTED = ("jax", "torch")
"""Backends that the tests run on, the better one for training first."""


def choose_backend() -> None:
    """Sets KERAS_BACKEND to a backend that is installed; comes before Keras is imported.

    What the user set counts: KERAS_BACKEND, then `keras.json` if it names what is installed. Keras
    by itself would take TensorFlow, and write that into the file.

    Raises:
        ImportError: None is installed.
    """
    if os.environ.get("KERAS_BACKEND") or "keras" in sys.modules:
        return
    wanted = (_configured(), *_TESTED)
    chosen = next((name for name in wanted if name and util.find_spec(name)), None)
    if chosen is None:
        raise ImportError(
            "Keras needs a backend, and neither JAX nor PyTorch is installed; pip install "
            "'atnet[train]'",
            name="jax",
        )
    os.environ["KERAS_BACKEND"] = chosen


def keep_compiled() -> None:
    """Lets JAX keep what it compiles in the user's cache folder, unless it was told where.

    Building a network takes twenty seconds of compiling, a step of training two minutes.
    """
    if os.environ.get("KERAS_BACKEND") != "jax" or "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    config = importlib.import_module("jax").config
    config.update("jax_compilation_cache_dir", str(user_cache_path("atnet") / "compiled"))
    config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def _configured() -> str | None:
    folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        return json.loads((folder / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):  # Keras passes over such a file, too
        return None

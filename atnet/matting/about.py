"""What a model's file says of itself: its network, and how it was trained."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from atnet.matting.onnx_file import describe, read_onnx
from atnet.matting.presets import EXPORTED, PRESETS, PresetError, find_model, read_model

PREFIX = "atnet."
"""Of what an exported file says, in its metadata."""
TRAINING = "training"
"""Name of the entry, as JSON text, that tells how a network was trained."""


def read_about(preset: str | Path) -> dict[str, Any]:
    """Reads what the file of a model says of itself.

    Args:
        preset: As `find_model` takes it; a `.keras` file says nothing here.

    Returns:
        `sha256` of the file and what it says: for an exported one `multiple`, `context` and so on;
        arguments of its network; and as `training` stage, configuration, a fingerprint of the data,
        figures of the best epoch, versions and commit.

    Raises:
        PresetError: There is no such file, or it is no model.

    Example:
        >>> read_about("atnet-lite")["multiple"]
        '32'
    """
    content, path = read_model(preset), find_model(preset)
    try:
        said = _of_exported(content) if path.suffix == EXPORTED else _of_archive(content, path)
        if TRAINING in said:
            said[TRAINING] = json.loads(said[TRAINING])
    except (RuntimeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise PresetError(f"{path}: is no model that can be read ({error})") from error
    network = dict(PRESETS[str(preset)].network) if str(preset) in PRESETS else {}
    return {"sha256": hashlib.sha256(content).hexdigest(), **network, **said}


def _of_exported(content: bytes) -> dict[str, Any]:
    _, said = describe(read_onnx(content))
    return {key.removeprefix(PREFIX): text for key, text in said.items() if key.startswith(PREFIX)}


def _of_archive(content: bytes, path: Path) -> dict[str, Any]:
    if path.suffix != ".npz":
        return {}
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        named = {name: archive[name] for name in ("architecture", TRAINING) if name in archive}
    said: dict[str, Any] = {"network": ", ".join(map(str, np.ravel(named.get("architecture", ()))))}
    return said | ({TRAINING: str(named[TRAINING])} if TRAINING in named else {})

"""Checkpoints: everything a run needs to go on as if it had never stopped, in one file each."""

import contextlib
import json
import warnings
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from atnet.files.atomic import replacing
from atnet.version import __version__

_PREFIX = "step-"
_META = "meta"
_UNREADABLE = (zipfile.BadZipFile, OSError, ValueError, KeyError, EOFError)


class Checkpoint(NamedTuple):
    """State of a run between two epochs.

    Attributes:
        step: Batches that were trained on; the pipeline goes on with the batch of that number.
        history: A row of figures for each epoch so far.
        config: Configuration as a dictionary.
        arrays: Values of all variables, by `variable_arrays`'s names.
        versions: Of the packages that made it.
    """

    step: int
    history: list[dict[str, float]]
    config: dict[str, Any]
    arrays: dict[str, np.ndarray]
    versions: dict[str, str]


def variable_arrays(model: keras.Model) -> dict[str, np.ndarray]:
    """Copies the weights of a model and the state of its optimiser, moving average included."""
    return {
        name: np.asarray(keras.ops.convert_to_numpy(variable.value))
        for name, variable in _variables(model).items()
    }


def restore(model: keras.Model, checkpoint: Checkpoint) -> None:
    """Puts the values of a checkpoint into a compiled model; either all are set or none.

    Raises:
        ValueError: The checkpoint is of another network.
    """
    variables = _variables(model)
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    if shapes != {name: values.shape for name, values in checkpoint.arrays.items()}:
        raise ValueError(
            f"the checkpoint of step {checkpoint.step} is of another network or optimiser; train "
            "with the version that wrote it, or start anew in another folder"
        )
    for name, variable in variables.items():
        variable.assign(checkpoint.arrays[name])


def save(
    folder: Path,
    model: keras.Model,
    step: int,
    history: list[dict[str, float]],
    config: dict[str, Any],
) -> Path:
    """Writes a checkpoint; at any moment the folder holds whole checkpoints only.

    Args:
        folder: Existing folder.
        model: Compiled model.
        step: Batches that were trained on.
        history: A row of figures for each epoch.
        config: Configuration as a dictionary.

    Returns:
        Path of the checkpoint.
    """
    path = folder / f"{_PREFIX}{step:08d}.npz"
    meta = {"step": step, "history": history, "config": config, "versions": versions()}
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **variable_arrays(model), **{_META: json.dumps(meta)})
    return path


def latest(folder: Path) -> Checkpoint | None:
    """Reads the last whole checkpoint of a folder; warns of damaged ones and passes them over."""
    for path in reversed(list_checkpoints(folder)):
        try:
            return _read(path)
        except _UNREADABLE as error:
            warnings.warn(f"{path} is damaged ({error}); the one before is used", stacklevel=2)
    return None


def describe_latest(folder: Path) -> dict[str, Any] | None:
    """Reads what the last whole checkpoint of a folder says of itself, without its arrays.

    Returns:
        `step`, `history`, `config` and `versions`, as in `Checkpoint`; `None` if there is none.
    """
    for path in reversed(list_checkpoints(folder)):
        with (
            contextlib.suppress(*_UNREADABLE),
            path.open("rb") as file,
            np.load(file, allow_pickle=False) as archive,
        ):
            return json.loads(str(archive[_META]))
    return None


def list_checkpoints(folder: Path) -> list[Path]:
    """Lists the checkpoints of a folder in order of step."""
    return sorted(folder.glob(f"{_PREFIX}*.npz"))


def step_of(path: Path) -> int:
    """Reads a checkpoint's step from its name.

    Example:
        >>> step_of(Path("checkpoints/step-00000500.npz"))
        500
    """
    return int(path.stem.removeprefix(_PREFIX))


def prune(folder: Path, keep: int, best: int) -> None:
    """Deletes checkpoints, but for the last `keep` and the one of step `best`."""
    paths = list_checkpoints(folder)
    for path in paths[:-keep]:
        if step_of(path) != best:
            path.unlink()


def _variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Numbered, because paths of optimiser variables need not be unique."""
    groups = {"network": model.variables, "optimizer": model.optimizer.variables}
    measures = {id(variable) for variable in model.metrics_variables}
    return {
        f"{group}/{number:04d}": variable
        for group, variables in groups.items()
        for number, variable in enumerate(variables)
        if id(variable) not in measures
    }


def _read(path: Path) -> Checkpoint:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive.items())
    meta = json.loads(str(arrays.pop(_META)))
    return Checkpoint(meta["step"], meta["history"], meta["config"], arrays, meta["versions"])


def versions() -> dict[str, str]:
    """Returns the versions of what trains, by name."""
    # Not the distribution's: it may have been installed under another name.
    others = ("keras", "numpy", keras.backend.backend())
    return {"atnet": __version__, **{name: version(name) for name in others}}

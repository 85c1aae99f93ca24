"""Weights as `.npz` archives: named arrays, no pickle, independent of backend and Keras version."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from atnet.files.atomic import replacing
from atnet.matting.about import TRAINING
from atnet.models.atnet import ATNet, current_names

_ARCHITECTURE = "architecture"
_DESCRIBING = {_ARCHITECTURE, TRAINING}
NAMED = ("encoder", "decoder", "width", "fusion", "attention", "upsampling")
"""What an archive names, in this order; older ones name the first two or four, or nothing."""
_REFINEMENT = "refinement"
"""What an archive has weights of or not."""
_FORMER_DEFAULTS = {
    "width": "full",
    "fusion": "add",
    "attention": "full",
    "upsampling": "scale_transfer",
}
"""Of archives from before there was a choice."""


def variable_names(model: ATNet) -> dict[str, keras.Variable]:
    """Names every weight of a model as the archives do, such as `decoder/level5/fuse/kernel`.

    The names leave out the blocks inside a decoder level (`scale_transfer`, `feature_attention`),
    so that an archive does not depend on how the code groups its layers.

    Args:
        model: The network.

    Returns:
        Name to Keras variable.
    """
    encoder = model.get_layer("encoder")
    encoder_paths = {id(variable) for variable in encoder.weights}
    names = {}
    for variable in model.weights:
        prefix = "encoder/" if id(variable) in encoder_paths else ""
        path = variable.path.replace("/scale_transfer", "").replace("/feature_attention", "")
        names[prefix + path] = variable
    return names


def load_weights(model: ATNet, path: str | Path) -> None:
    """Loads an archive into a model; either every weight is set or none.

    Args:
        model: The network.
        path: `.npz` file of float arrays, Keras layout (kernels as height, width, in, out).

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: No such archive; weights of another network; missing, unexpected or
            misshapen arrays, all named.

    Example:
        >>> import tempfile
        >>> model = ATNet("mobilenet_v2", refinement=False)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_weights(model, f"{folder}/weights.npz")
        ...     load_weights(model, f"{folder}/weights.npz")
    """
    assign(model, read_archive(Path(path)), path)


def parts_of(model: ATNet) -> dict[str, Any]:
    """Returns the arguments of a network that decide its weights."""
    return {part: getattr(model, part) for part in (*NAMED, _REFINEMENT)}


def assign(model: ATNet, arrays: dict[str, np.ndarray], path: str | Path) -> None:
    """Gives a model the weights of an archive that was read; either every weight is set or none.

    Args:
        model: The network.
        arrays: Of the archive.
        path: The archive, for messages.

    Raises:
        ValueError: Weights of another network; missing, unexpected or misshapen arrays, all named.
    """
    check_named(named_parts(arrays), parts_of(model), path)
    variables, weights = variable_names(model), _weights(arrays)
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    check_shapes(weights, shapes, f"{path} does not fit this network")
    for name, variable in variables.items():
        variable.assign(weights[name].astype("float32"))


def named_parts(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Reads which network an archive is of, as arguments of `ATNet`; not all archives say so."""
    names = dict(zip(NAMED, map(str, np.ravel(arrays.get(_ARCHITECTURE, ()))), strict=False))
    if not names:
        return {}
    refinement = any(name.startswith(f"{_REFINEMENT}/") for name in arrays)
    return current_names({**_FORMER_DEFAULTS, **names, _REFINEMENT: refinement})


def check_named(named: Mapping[str, Any], wanted: Mapping[str, Any], path: str | Path) -> None:
    """Refuses a file that says that it is of another network than is wanted.

    Args:
        named: Arguments of `ATNet` by what the file says; there may be none.
        wanted: All arguments of the network.
        path: The file.

    Raises:
        ValueError: They differ.
    """
    parts = (*NAMED, _REFINEMENT)
    differing = [part for part in parts if part in named and named[part] != wanted[part]]
    if differing:
        found, expected = (
            ", ".join(f"{part} {names[part]}" for part in differing) for names in (named, wanted)
        )
        raise ValueError(f"{path} is of {found}, which does not fit {expected}")


def save_weights(
    model: ATNet,
    path: str | Path,
    dtype: str = "float32",
    training: Mapping[str, Any] | None = None,
) -> None:
    """Saves a model's weights as an archive that names its network's parts.

    Args:
        model: The network.
        path: Target, `.npz`.
        dtype: `float32`, or `float16` for half the size.
        training: How they were trained, as JSON can hold it; `read_about` reads it back.

    Raises:
        OSError: The file cannot be written; it is as it was then.
    """
    arrays = {
        name: np.asarray(keras.ops.convert_to_numpy(variable.value))
        for name, variable in variable_names(model).items()
    }
    arrays[_ARCHITECTURE] = np.array([getattr(model, part) for part in NAMED])
    if training is not None:
        arrays[TRAINING] = np.array(json.dumps(training))
    _write_archive(arrays, path, dtype)


def average_archives(
    first: str | Path, second: str | Path, share: float, target: str | Path
) -> None:
    """Writes an archive on the way from one to another: `(1 - share) * first + share * second`.

    Weights that were trained on from others gain on what they were shown and forget some of the
    rest; an average of both can be better on either.

    Args:
        first: `.npz` archive, such as what a training began with.
        second: Archive of the same network, such as what it ended with.
        share: Of the second, in [0, 1].
        target: Archive of float16 arrays to write.

    Raises:
        FileNotFoundError: An archive is missing.
        OSError: The target cannot be written; it is as it was then.
        ValueError: No such archives, archives of different networks, or a share out of range.

    Reference:
        Wortsman et al., "Robust Fine-Tuning of Zero-Shot Models", CVPR 2022.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name, value in (("a.npz", 1.0), ("b.npz", 3.0)):
        ...         np.savez(f"{folder}/{name}", bias=np.full(1, value))
        ...     average_archives(f"{folder}/a.npz", f"{folder}/b.npz", 0.25, f"{folder}/c.npz")
        ...     read_archive(Path(folder) / "c.npz")
        {'bias': array([1.5], dtype=float16)}
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; it must be within 0 and 1")
    start, end = read_archive(Path(first)), read_archive(Path(second))
    # Either may be from before archives named their network.
    check_named(named_parts(start), named_parts(end) or named_parts(start), first)
    ends = _weights(end)
    shapes = {name: values.shape for name, values in ends.items()}
    check_shapes(_weights(start), shapes, f"{first} does not fit {second}")
    between = {
        name: (1 - share) * start[name].astype("float32") + share * values.astype("float32")
        for name, values in ends.items()
    }
    # Neither run made what lies between: its description would be untrue.
    named = {**start, **end, **between}
    _write_archive({name: named[name] for name in named if name != TRAINING}, target, "float16")


def _weights(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """All arrays but those that describe the network."""
    return {name: values for name, values in arrays.items() if name not in _DESCRIBING}


def _write_archive(arrays: dict[str, np.ndarray], path: str | Path, dtype: str) -> None:
    cast = {
        name: values if name in _DESCRIBING else values.astype(dtype)
        for name, values in arrays.items()
    }
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **cast)


def check_shapes(
    weights: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], words: str
) -> None:
    """Refuses weights that are not exactly those of a network.

    Args:
        weights: Arrays, or whatever has a shape, by name.
        shapes: All that the network has.
        words: Beginning of the message.

    Raises:
        ValueError: Missing, unexpected or misshapen ones, all named.
    """
    problems = misfits(weights, shapes)
    problems += [
        f"unexpected {name} {array.shape}" for name, array in weights.items() if name not in shapes
    ]
    if problems:
        raise ValueError(f"{words}: {'; '.join(problems)}")


def misfits(arrays: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Names the arrays that are missing, and those of another shape than expected.

    Example:
        >>> misfits({"bias": np.zeros(2)}, {"kernel": (3, 3), "bias": (3,)})
        ['missing kernel (3, 3)', 'bias is (2,), expected (3,)']
    """
    missing = [f"missing {name} {shape}" for name, shape in shapes.items() if name not in arrays]
    return missing + [
        f"{name} is {arrays[name].shape}, expected {shape}"
        for name, shape in shapes.items()
        if name in arrays and arrays[name].shape != shape
    ]


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """Reads every array of an archive.

    Args:
        path: `.npz` file.

    Returns:
        Name to array.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no such archive, or holds pickled objects.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected an .npz archive of weights")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return dict(archive.items())
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, AttributeError) as error:
        raise ValueError(f"{path}: not a readable .npz archive of weights ({error})") from error

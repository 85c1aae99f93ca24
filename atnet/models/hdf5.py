"""Weights in HDF5 files as Keras 2 wrote them: layers in the network's order, arrays by name."""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

StoredLayers = dict[str, dict[str, h5py.Dataset]]

_WHOLE_MODEL = "model_weights"
"""Group that holds the weights where a file holds the network and its optimizer, too."""
_NEW_NAMES = {"depthwise_kernel": "kernel"}
"""Weights that Keras 3 calls otherwise."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[StoredLayers]:
    """Opens a file and lists what it stores; arrays are read when `values_of` asks for them.

    Args:
        path: Written by Keras 2: a network's weights, or the whole network.

    Yields:
        Layer, in the network's order, to weight, such as `kernel`, to where its array is stored.
        Layers without weights are left out.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no HDF5, cut off, or of another layout.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected weights of Keras 2")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path}: not a readable HDF5 file ({error})") from error
    with file:
        yield _layers(file)


def values_of(stored: h5py.Dataset) -> np.ndarray:
    """Reads an array, whose shape the caller has found to be what it expects.

    Args:
        stored: What `opened` lists.

    Returns:
        float32 values.

    Raises:
        ValueError: They are cut off, no floats, or not finite.
    """
    if stored.dtype.kind != "f":
        raise ValueError(f"{stored.name} is of {stored.dtype}, expected floats")
    with _readable(stored.name), np.errstate(over="ignore"):
        values = stored[()].astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError(f"{stored.name} holds values that are not finite")
    return values


def _layers(file: h5py.File) -> StoredLayers:
    root = _member(file, _WHOLE_MODEL, h5py.Group) if _WHOLE_MODEL in file else file
    layers = {}
    for layer in _names(root, "layer_names"):
        group = _member(root, layer, h5py.Group)
        if weights := _weights(group):
            layers[layer] = weights
    return layers


def _weights(group: h5py.Group) -> dict[str, h5py.Dataset]:
    """Names such as `conv2d_1_1/kernel:0` end in what the weight is; the rest numbers graphs."""
    weights = {}
    for stored in _names(group, "weight_names"):
        name = stored.rpartition("/")[2].partition(":")[0]
        name = _NEW_NAMES.get(name, name)
        if name in weights:
            raise ValueError(
                f"{group.name} has two weights {name}: expected a layer, not a network"
            )
        weights[name] = _member(group, stored, h5py.Dataset)
    return weights


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """Reads a list of names, which Keras 2 split in numbered parts above 64 KB."""
    with _readable(group.name):
        numbered = (f"{attribute}{number}" for number in itertools.count())
        parts = list(itertools.takewhile(group.attrs.__contains__, numbered))
        if attribute in group.attrs:
            parts = [attribute]
        if not parts:
            raise ValueError(f"{group.name} has no {attribute}: expected the layout of Keras 2")
        names = [name for part in parts for name in np.ravel(np.asarray(group.attrs[part]))]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _member(group: h5py.Group, name: str, kind: type) -> Any:
    with _readable(group.name):
        found = group.get(name)
    if isinstance(found, kind):
        return found
    raise ValueError(f"{group.name} lists {name!r}, which it does not hold")


@contextlib.contextmanager
def _readable(name: str | None) -> Iterator[None]:
    """Words what the library says of damaged files, in errors of many types."""
    try:
        yield
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(f"{name} cannot be read ({error})") from error

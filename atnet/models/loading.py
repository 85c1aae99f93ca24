"""Whole networks from archives of weights, Keras' own files, and the ONNX files that ship."""

from pathlib import Path
from typing import Any, TypedDict, Unpack

import keras

from atnet.matting.presets import EXPORTED, find_model
from atnet.models.atnet import ATNet
from atnet.models.weights import assign, check_named, named_parts, parts_of, read_archive


class Parts(TypedDict, total=False):
    """Arguments of `ATNet` that decide its weights; `None` leaves one to the file."""

    encoder: str | None
    decoder: str | None
    width: str | None
    fusion: str | None
    attention: str | None
    upsampling: str | None
    refinement: bool | None


def load_network(path: str | Path, **parts: Unpack[Parts]) -> ATNet:
    """Loads a whole network.

    What comes from an ONNX file has its normalisation in its convolutions, and can be trained on
    with the stored one only (`network.normalisation` of a training run).

    Args:
        path: `.keras` file, `.npz` archive of weights, `.onnx` file that `atnet export` wrote, a
            training run's folder, or the name of a shipped model.
        **parts: As in `ATNet`; by default what the file names, and where it names nothing
            `ATNet`'s own default.

    Returns:
        The network.

    Raises:
        FileNotFoundError: There is no such file.
        ImportError: ONNX is needed, for a shipped model or an .onnx file, and missing.
        ValueError: The file is of another kind or does not fit.
    """
    model, path = path, find_model(path)
    given = {part: value for part, value in parts.items() if value is not None}
    if path.suffix == EXPORTED:
        return _load_exported(model, given)
    if path.suffix == ".keras":
        network = _read_keras(path)
        named = parts_of(network)
        check_named(named, {**named, **given}, path)
        return network
    arrays = read_archive(path)
    named = named_parts(arrays)
    wanted: dict[str, Any] = {**named, **given}
    check_named(named, wanted, path)
    network = ATNet(**wanted)
    assign(network, arrays, path)
    return network


def _read_keras(path: Path) -> ATNet:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    network = keras.saving.load_model(path, compile=False)
    if not isinstance(network, ATNet):
        found = type(network).__name__
        raise ValueError(f"{path}: holds a {found}; expected an ATNet")  # noqa: TRY004
    return network


def _load_exported(model: str | Path, given: dict[str, Any]) -> ATNet:
    try:
        from atnet.models.exported import load_exported  # noqa: PLC0415  (built on this)
    except ImportError as error:
        raise ImportError(
            f"{model}: {error.name} is missing to read weights out of ONNX; pip install "
            "'atnet[train]'"
        ) from error
    return load_exported(model, given)

"""The weights that the original ATNet's code left, in the network that rebuilds it."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from h5py import Dataset

from atnet.models.atnet import ATNet
from atnet.models.decoder import LEVELS
from atnet.models.hdf5 import StoredLayers, opened, values_of
from atnet.models.normalisation import normalisations
from atnet.models.weights import check_shapes, save_weights, variable_names

Shapes = dict[str, tuple[int, ...]]
LayerShapes = dict[str, Shapes]

_FIRST = {"vgg16": "block1_conv1", "resnet50": "conv1_conv", "mobilenet_v2": "Conv1"}
"""Encoder to its first convolution."""
_NAMED = {
    **{f"decoder/level{level}/context/conv": f"deconv{level + 1}" for level in LEVELS},
    "decoder/conv/conv": "deconv1",
    "decoder/logit": "pred",
    "refinement/logit": "refinement_pred",
}
"""Layers that have names of their own; Keras numbered the others."""
_RESNET_BLOCK = re.compile(r"conv(\d)_block(\d)_(\d)_(conv|bn)")
_EPSILON = 1e-3
"""Of all normalisation there, Keras 2's default."""
_TERMS = "the authors state no licence; trained on Adobe's data, which are not for commercial use"


def import_released(source: str | Path, target: str | Path) -> ATNet:
    """Converts a file of the original's weights to an archive, which says where it comes from.

    Args:
        source: As in `read_released`.
        target: Archive to write, `.npz`.

    Returns:
        The network.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: The target cannot be written; it is as it was then.
        ValueError: As in `read_released`; or the target does not end in `.npz`.
    """
    if Path(target).suffix != ".npz":
        raise ValueError(f"{target}: give a name that ends in .npz")
    network = read_released(source)
    with Path(source).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    about = {"imported_from": Path(source).name, "sha256": digest, "terms": _TERMS}
    save_weights(network, target, training=about)
    return network


def read_released(source: str | Path) -> ATNet:
    """Reads the original's weights into the network that computes what it computed.

    Weights are taken as they are, but for two changes that alter no alpha: kernels on colours are
    turned from blue, green, red to red, green, blue, and where Keras 3 has another epsilon than
    Keras 2 (`resnet50`), the variance takes up the difference.

    Args:
        source: `.hdf5` of Keras 2 with VGG16, ResNet50 or MobileNetV2 as the encoder, of either
            stage: weights or whole networks, with or without refinement.

    Returns:
        `ATNet` with the decoder `original` and the fusion `released`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: No such file of Keras 2, or of another network; missing, unexpected or misshapen
            weights, all named; values that are not finite.

    Example:
        >>> read_released("ATNet-0.0451.hdf5")
        Traceback (most recent call last):
        FileNotFoundError: ATNet-0.0451.hdf5: no such file; expected weights of Keras 2
    """
    path = Path(source)
    try:
        with opened(path) as stored:
            network = _empty_network(stored)
            _assign(network, stored)
    except ValueError as error:
        raise ValueError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from error
    return network


def match_layers(shapes: LayerShapes, found: LayerShapes) -> dict[str, str]:
    """Finds the layers of a network in a file of Keras 2.

    Layers with names of their own are found by name. Keras numbered the others, anew in each
    process, and wrote all in the order in which it loads them: by their distance from the network's
    end, so that a skip's projection comes after the gate that it is multiplied with. Each layer of
    the network takes the first one of its weights and shapes that is left.

    Args:
        shapes: Layer of the network, as archives name it, to weight to shape.
        found: Layer of the file, in its order, to weight to shape.

    Returns:
        Layer of the network to layer of the file, where one is found or has a name of its own.

    Example:
        >>> gate = {"bias": (2,)}
        >>> found = {"conv2d_7": {"bias": (3,)}, "conv2d_8": {"bias": (2,)}}
        >>> match_layers({"decoder/level5/gate/conv": gate, "decoder/logit": {}}, found)
        {'decoder/logit': 'pred', 'decoder/level5/gate/conv': 'conv2d_8'}
    """
    sources = {layer: name for layer in shapes if (name := _own_name(layer))}
    left = [name for name in found if name not in sources.values()]
    for layer in filter(shapes.__contains__, _numbered()):
        source = next((name for name in left if found[name] == shapes[layer]), None)
        if source:
            left.remove(source)
            sources[layer] = source
    return sources


def _own_name(layer: str) -> str | None:
    place, _, name = layer.partition("/")
    if place != "encoder":
        return _NAMED.get(layer)
    return None if name.startswith("project") else _encoder_name(name)


def _encoder_name(name: str) -> str:
    """Name in Keras 2 of an encoder's layer: ResNet50's are others there."""
    block = _RESNET_BLOCK.fullmatch(name)
    if block is None:
        return {"conv1_conv": "conv1", "conv1_bn": "bn_conv1"}.get(name, name)
    stage, number, branch, kind = block.groups()
    letter = "abcdef"[int(number) - 1]
    part = ("1", "2a", "2b", "2c")[int(branch)]  # the shortcut is the first
    return f"{'res' if kind == 'conv' else 'bn'}{stage}{letter}_branch{part}"


def _numbered() -> Iterator[str]:
    """Layers without names of their own, in the order of a file that has them all."""
    for level in LEVELS:
        decoder = f"decoder/level{level}"
        yield from (f"{decoder}/context/bn", f"{decoder}/gate/conv", f"encoder/project{level}")
        yield from (f"{decoder}/gate/bn", f"{decoder}/expansion")
    yield "decoder/conv/bn"
    for number in (1, 2, 3):
        yield from (f"refinement/conv{number}/conv", f"refinement/conv{number}/bn")


def _empty_network(stored: StoredLayers) -> ATNet:
    firsts = {encoder: _encoder_name(first) for encoder, first in _FIRST.items()}
    encoder = next((name for name, first in firsts.items() if first in stored), None)
    if encoder is None:
        named = ", ".join(f"{first} ({name})" for name, first in firsts.items())
        raise ValueError(f"is of another network: expected a layer named one of {named}")
    return ATNet(
        encoder,
        decoder="original",
        fusion="released",
        refinement=_NAMED["refinement/logit"] in stored,
    )


def _assign(network: ATNet, stored: StoredLayers) -> None:
    variables = variable_names(network)
    arrays = _arrays(stored, {name: tuple(value.shape) for name, value in variables.items()})
    lacking = {id(bn.moving_variance): _EPSILON - bn.epsilon for bn in normalisations(network)}
    on_colours = (f"encoder/{_FIRST[network.encoder]}/kernel", "refinement/conv1/conv/kernel")
    for name, variable in variables.items():
        values = values_of(arrays[name])
        if name in on_colours:
            values = values[:, :, [2, 1, 0, 3]]
        variable.assign(values + np.float32(lacking.get(id(variable), 0)))


def _arrays(stored: StoredLayers, shapes: Shapes) -> dict[str, Dataset]:
    """Finds the arrays of all variables, in the shapes that they must have, and no others."""
    found = {
        f"{layer}/{weight}": array
        for layer, weights in stored.items()
        for weight, array in weights.items()
    }
    sources = match_layers(
        _by_layer(shapes), _by_layer({name: array.shape for name, array in found.items()})
    )
    names = {}
    for name in shapes:
        layer, _, weight = name.rpartition("/")
        names[name] = f"{sources.get(layer, layer)}/{weight}"
    expected = {names[name]: shape for name, shape in shapes.items()}
    check_shapes(found, expected, "does not fit the released network")
    return {name: found[names[name]] for name in shapes}


def _by_layer(shapes: Shapes) -> LayerShapes:
    layers: LayerShapes = {}
    for name, shape in shapes.items():
        layer, _, weight = name.rpartition("/")
        layers.setdefault(layer, {})[weight] = shape
    return layers

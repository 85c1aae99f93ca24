"""ImageNet weights for the encoders, converted to the network's own four input channels."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from atnet.models.atnet import ATNet
from atnet.models.calibration import noise_images, with_unit_deviations
from atnet.models.layers import NetworkInput
from atnet.models.weights import misfits, read_archive

IMAGENET = "imagenet"

Arrays = dict[str, np.ndarray]
Shapes = dict[str, tuple[int, ...]]

_INPUT_SCALE = 64.0  # NetworkInput divides by it


@dataclass(frozen=True)
class _Published:
    """How a backbone was published: `(255 * colour - mean) / divisor` enters `first`.

    Attributes:
        first: First convolution.
        mean: Subtracted from red, green, blue.
        divisor: Applied after the mean.
        blue_first: Whether the channels are blue, green, red.
        normalisation: Layer after `first` whose mean can take up a shift of the input.
        application: Name in `keras.applications`, if it is there.
    """

    first: str
    mean: tuple[float, ...]
    divisor: float
    blue_first: bool = False
    normalisation: str | None = None
    application: str | None = None


_PUBLISHED = {
    "vgg16": _Published(
        "block1_conv1", NetworkInput.MEAN_COLOUR, 1.0, blue_first=True, application="VGG16"
    ),
    "resnet50": _Published(
        "conv1_conv", NetworkInput.MEAN_COLOUR, 1.0, blue_first=True, application="ResNet50"
    ),
    "mobilenet_v2": _Published(
        "Conv1", (127.5,) * 3, 127.5, normalisation="bn_Conv1", application="MobileNetV2"
    ),
    "efficientnet_lite0": _Published("stem_conv", (127.0,) * 3, 128.0, normalisation="stem_bn"),
}


def load_encoder(model: ATNet, source: str | Path, calibration: np.ndarray | None = None) -> None:
    """Gives an encoder its ImageNet weights; either all are set or none.

    The first convolution is converted to the network's input, and its fourth channel, the trimap's,
    starts at zero: features are those of the published backbone. Two things differ by intent. The
    layers of VGG16, which has no normalisation and whose features reach the hundreds, are scaled
    to a standard deviation of one each; since ReLU and pooling keep positive factors, a feature is
    the published one times a constant. And where the published input has another mean colour
    (`mobilenet_v2`, `efficientnet_lite0`), padding is of this network's mean colour instead, which
    only the outermost pixels see. The 1x1 projections of the skips keep their initial values.

    Args:
        model: The network; its encoder is set in place.
        source: `imagenet` for the weights of `keras.applications` (fetched on first use), or the
            path of an `.npz` archive: for `efficientnet_lite0` with the names of its PyTorch
            release, for the others with Keras' names, such as `block1_conv1/kernel`.
        calibration: Network inputs that VGG16's scales are measured on, `(N, H, W, 4)` with H and W
            at least 32; by default `noise_images()`. Other encoders need none.

    Raises:
        ConnectionError: The weights of `keras.applications` cannot be fetched.
        FileNotFoundError: There is no such file.
        ValueError: Missing or misshapen arrays, all named; an encoder that `keras.applications`
            does not have; a calibration that cannot be used; a network with the released input.

    Example:
        >>> model = ATNet("efficientnet_lite0", refinement=False)
        >>> load_encoder(model, "imagenet")
        Traceback (most recent call last):
            ...
        ValueError: keras.applications has no efficientnet_lite0: pass the path of an .npz archive
    """
    if model.fusion == "released":
        raise ValueError(
            "fusion is 'released', whose input ImageNet weights are not converted to: "
            "take fusion 'winner', or load the released weights"
        )
    encoder: Any = model.get_layer("encoder")
    load_backbone(encoder, model.encoder, source, calibration)


def load_backbone(
    encoder: keras.Model, name: str, source: str | Path, calibration: np.ndarray | None = None
) -> None:
    """Does what `load_encoder` does, for an encoder without its decoder.

    Args:
        encoder: What is set in place, of `build_encoder`.
        name: The encoder's name.
        source: As in `load_encoder`.
        calibration: As in `load_encoder`.

    Raises:
        ConnectionError: As in `load_encoder`.
        FileNotFoundError: There is no such file.
        ValueError: As in `load_encoder`.
    """
    variables = [v for v in encoder.weights if not v.path.startswith("project")]
    published = _PUBLISHED[name]
    arrays = _read_source(name, source)
    shapes = {v.path: tuple(v.shape) for v in variables}
    kernel = f"{published.first}/kernel"
    shapes[kernel] = (*shapes[kernel][:2], 3, shapes[kernel][3])
    if name == "efficientnet_lite0":
        arrays = _from_torch(arrays, shapes, source)
    else:
        _check_arrays(arrays, shapes, source)
    arrays = _for_network_input({path: arrays[path] for path in shapes}, published)
    if name == "vgg16":
        images = noise_images() if calibration is None else calibration
        arrays = with_unit_deviations(encoder, arrays, images)
    assign_arrays(variables, arrays, source)


def vgg16_arrays(source: str | Path) -> Arrays:
    """Reads VGG16's convolutions as published: blue, green, red in 0...255 less the mean.

    Args:
        source: Path of an `.npz` archive, or `imagenet` for the weights of `keras.applications`.

    Returns:
        Arrays by Keras' names, such as `block1_conv1/kernel`, `(3, 3, 3, 64)`.

    Raises:
        ConnectionError: The weights of `keras.applications` cannot be fetched.
        FileNotFoundError: There is no such file.
        ValueError: The file is no archive.
    """
    return _read_source("vgg16", source)


def assign_arrays(variables: Iterable[keras.Variable], arrays: Arrays, source: str | Path) -> None:
    """Sets variables from the arrays of the same names; either all are set or none.

    Args:
        variables: What is set.
        arrays: Values by the variables' paths; those of other names are left out.
        source: Where they come from, for the message.

    Raises:
        ValueError: Missing or misshapen arrays, all named.
    """
    variables = list(variables)
    _check_arrays(arrays, {v.path: tuple(v.shape) for v in variables}, source)
    for variable in variables:
        variable.assign(arrays[variable.path].astype("float32"))


def donor_arrays(donor: keras.Model) -> Arrays:
    """Takes the weights out of a model.

    Args:
        donor: Any model whose layers have names, such as one of `keras.applications`.

    Returns:
        Arrays by the variables' paths, such as `conv1_conv/kernel`.
    """
    return {v.path: np.asarray(ops.convert_to_numpy(v.value)) for v in donor.weights}


def _read_source(encoder: str, source: str | Path) -> Arrays:
    if source != IMAGENET:
        return read_archive(Path(source))
    application = _PUBLISHED[encoder].application
    if application is None:
        raise ValueError(f"keras.applications has no {encoder}: pass the path of an .npz archive")
    try:
        donor = getattr(keras.applications, application)(include_top=False, weights=IMAGENET)
    except Exception as error:  # of this very type, from Keras' downloads
        raise ConnectionError(
            f"ImageNet weights of {encoder} cannot be fetched ({error}): "
            "connect, or pass the path of an .npz archive"
        ) from error
    return donor_arrays(donor)


def _check_arrays(arrays: Arrays, shapes: Shapes, source: str | Path) -> None:
    problems = misfits(arrays, shapes)
    if problems:
        raise ValueError(f"{source} does not fit this encoder: {'; '.join(problems)}")


# === EfficientNet-Lite0's PyTorch names and layout ===

_TORCH_WEIGHTS = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _from_torch(published: Arrays, shapes: Shapes, source: str | Path) -> Arrays:
    """Arrays in Keras' names and layout."""
    modules = _torch_modules(shapes)
    names, axes = {}, {}
    for path in shapes:
        layer, weight = path.split("/")
        names[path] = f"{modules[layer]}.{_TORCH_WEIGHTS[weight]}"
        # Position of each of Keras' axes (height, width, in, out) in PyTorch's kernels, which are
        # (out, in, height, width); a depthwise one has its channels in front in PyTorch.
        kernel_axes = (2, 3, 0, 1) if layer.endswith("_depthwise") else (2, 3, 1, 0)
        axes[path] = kernel_axes if weight == "kernel" else (0,)
    expected = {
        names[path]: tuple(shape[axes[path].index(axis)] for axis in range(len(shape)))
        for path, shape in shapes.items()
    }
    _check_arrays(published, expected, source)
    return {path: published[name].transpose(axes[path]) for path, name in names.items()}


def _torch_modules(shapes: Shapes) -> dict[str, str]:
    """Layer to PyTorch module; PyTorch numbers the blocks through all stages."""
    blocks = sorted(
        path.removesuffix("_depthwise/kernel")
        for path in shapes
        if path.endswith("_depthwise/kernel")
    )
    modules = {"stem_conv": "_conv_stem", "stem_bn": "_bn0"}
    for index, block in enumerate(blocks):
        for normalisation, part in enumerate(("expand", "depthwise", "project")):
            modules[f"{block}_{part}"] = f"_blocks.{index}._{part}_conv"
            modules[f"{block}_{part}_bn"] = f"_blocks.{index}._bn{normalisation}"
    return modules


# === Preprocessing ===


def _for_network_input(arrays: Arrays, published: _Published) -> Arrays:
    """Folds the difference of the inputs into the first convolution and its normalisation.

    With the network's input x = (255 * colour - mean colour) / 64, the published one is
    (64 * x + mean colour - mean) / divisor: a scale, and a shift that a convolution passes on as a
    constant for each of its channels.
    """
    name = f"{published.first}/kernel"
    kernel = arrays[name].astype("float64")
    if published.blue_first:
        kernel = kernel[:, :, ::-1]
    shift = np.subtract(NetworkInput.MEAN_COLOUR, published.mean) / published.divisor
    scaled = kernel * (_INPUT_SCALE / published.divisor)
    converted = {**arrays, name: np.pad(scaled, ((0, 0), (0, 0), (0, 1), (0, 0)))}
    if published.normalisation:
        mean = f"{published.normalisation}/moving_mean"
        converted[mean] = arrays[mean] - np.einsum("hwio,i->o", kernel, shift)
    return converted

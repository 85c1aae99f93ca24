"""Weights read back from the ONNX file that a network was exported to.

What ships is stored once: the file that runs is also the one that training goes on from. On export,
normalisation became part of the convolutions; it comes back as one that changes nothing but by the
bias, so training goes on with `network.normalisation = "stored"`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx

from atnet.matting.about import PREFIX
from atnet.matting.engines import OnnxRuntime
from atnet.matting.presets import PRESETS, read_model
from atnet.models.atnet import ATNet
from atnet.models.normalisation import normalisations
from atnet.models.weights import NAMED, check_named, variable_names


class Convolution(NamedTuple):
    """A convolution of a graph.

    Attributes:
        kernel: float32 in Keras' layout: height, width, channels in, channels out; of a depthwise
            one height, width, channels, 1.
        bias: float32 `(channels out,)`; `None` if there is none.
    """

    kernel: np.ndarray
    bias: np.ndarray | None


def load_exported(preset: str | Path, given: Mapping[str, Any]) -> ATNet:
    """Builds the network of an exported file, with its weights.

    Args:
        preset: A shipped model's name or an `.onnx` file.
        given: Arguments of `ATNet` that the file need not name.

    Returns:
        The network.

    Raises:
        PresetError: There is no such file, or a shipped one is damaged.
        ValueError: It is no ONNX file, or of another network.
    """
    model = read_model(preset)
    shipped = PRESETS.get(str(preset))
    try:
        convolutions, said = read_graph(model)
        said = {part: name for part, name in said.items() if part in NAMED}
        named = shipped.network if shipped else said
        wanted: dict[str, Any] = {**named, **given}
        check_named(named, wanted, "it")
        network = ATNet(**wanted)
        _assign(network, convolutions)
        _check_alike(network, model)
    except ValueError as error:
        raise ValueError(f"{preset}: {error}") from error
    return network


def read_graph(model: bytes) -> tuple[list[Convolution], dict[str, str]]:
    """Reads an ONNX file's convolutions, in the order of computing, and what it says of itself.

    Args:
        model: The file.

    Returns:
        The convolutions; names, without `PREFIX`, to what the file says.

    Raises:
        ValueError: It is no ONNX file, or its kernels are not in it.
    """
    try:
        parsed = onnx.load_model_from_string(model)
        constants = dict(_constants(parsed.graph))
        convolutions = [
            _convolution(node, parsed.graph, constants)
            for node in parsed.graph.node
            if node.op_type == "Conv"
        ]
    except Exception as error:  # protobuf's and ONNX's errors share no other base
        raise ValueError(f"is no ONNX file with weights ({error})") from error
    said = {entry.key: entry.value for entry in parsed.metadata_props}
    return convolutions, {
        key.removeprefix(PREFIX): value for key, value in said.items() if key.startswith(PREFIX)
    }


def match_weights(
    convolutions: list[Convolution], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """Gives each kernel of a network the first convolution of its shape that is left.

    The tracer keeps the order of computing but for branches that do not depend on each other, whose
    kernels differ in shape.

    Args:
        convolutions: Of the exported file.
        shapes: Names of the network's weights in the order of computing, such as `head/bn/beta`,
            and their shapes.

    Returns:
        Name to values; normalisation has the mean 0, the variance and the factor 1.

    Raises:
        ValueError: There are kernels without a convolution, or convolutions without a kernel.

    Example:
        >>> kernel, bias = np.zeros((1, 1, 2, 3), np.float32), np.ones(3, np.float32)
        >>> shapes = {"fuse/kernel": (1, 1, 2, 3), "bn/gamma": (3,), "bn/beta": (3,)}
        >>> weights = match_weights([Convolution(kernel, bias)], shapes)
        >>> {name: float(values.sum()) for name, values in weights.items()}
        {'fuse/kernel': 0.0, 'bn/gamma': 3.0, 'bn/beta': 3.0}
    """
    left, found = list(convolutions), {}
    convolution = None
    for name, shape in shapes.items():
        kind = name.rpartition("/")[2]
        if kind == "kernel":
            convolution = next((one for one in left if one.kernel.shape == shape), None)
            if convolution is None:
                raise ValueError(f"has no convolution of {shape} for {name}")
            # By identity: arrays have no single answer to whether they are equal.
            left = [one for one in left if one is not convolution]
        found[name] = _value(kind, shape, convolution)
    if left:
        raise ValueError(f"has {len(left)} convolutions more than this network")
    return found


def _assign(network: ATNet, convolutions: list[Convolution]) -> None:
    variables = variable_names(network)
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    for name, values in match_weights(convolutions, shapes).items():
        variables[name].assign(values)
    for layer in normalisations(network):  # so that it divides by 1
        layer.moving_variance.assign(np.full(layer.moving_variance.shape, 1 - layer.epsilon))


def _check_alike(network: ATNet, model: bytes) -> None:
    """Computes by both: convolutions of one shape could have changed places."""
    random = np.random.default_rng(0)
    image = random.random((64, 96, 3), np.float32)
    trimap = random.integers(0, 3, (64, 96)).astype(np.float32) / 2
    expected = OnnxRuntime(model, providers=["CPUExecutionProvider"])(image, trimap)
    inputs = {"image": image[None], "trimap": trimap[None, ..., None]}
    found = np.asarray(network.predict_on_batch(inputs)["alpha"])[0, ..., 0]
    if not np.allclose(found, expected, atol=1e-3):
        raise ValueError("is no export of such a network: it computes another alpha")


def _value(kind: str, shape: tuple[int, ...], convolution: Convolution | None) -> np.ndarray:
    """Of a weight that belongs to the convolution before it."""
    if convolution is None:
        raise ValueError("begins with normalisation, which has no convolution to belong to")
    if kind == "kernel":
        return convolution.kernel
    if kind in ("bias", "beta") and convolution.bias is not None:
        return convolution.bias
    return np.full(shape, kind in ("gamma", "moving_variance"), np.float32)


def _constants(graph: onnx.GraphProto) -> Iterator[tuple[str, np.ndarray]]:
    """Yields stored tensors by the names under which they are used: kernels behind a cast."""
    stored = {tensor.name: tensor for tensor in graph.initializer}
    casts = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Cast"}
    for name in (*stored, *casts):
        tensor = stored.get(casts.get(name, name))
        if tensor is not None:
            yield name, onnx.numpy_helper.to_array(tensor)


def _convolution(
    node: onnx.NodeProto, graph: onnx.GraphProto, constants: Mapping[str, np.ndarray]
) -> Convolution:
    kernel = constants[node.input[1]].astype(np.float32)
    attributes: dict[str, Any] = {
        attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute
    }
    depthwise = attributes.get("group", 1) > 1
    bias = constants[node.input[2]] if len(node.input) > 2 else _late_bias(node, graph, constants)
    return Convolution(
        kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0)),
        None if bias is None else bias.astype(np.float32).reshape(-1),
    )


def _late_bias(
    node: onnx.NodeProto, graph: onnx.GraphProto, constants: Mapping[str, np.ndarray]
) -> np.ndarray | None:
    """Finds a bias that is added after the result was put into Keras' order of axes."""
    readers = {name: reader for reader in graph.node for name in reader.input}
    reader = readers.get(node.output[0])
    if reader is not None and reader.op_type == "Transpose":
        reader = readers.get(reader.output[0])
    if reader is None or reader.op_type != "Add":
        return None
    return next((constants[name] for name in reader.input if name in constants), None)

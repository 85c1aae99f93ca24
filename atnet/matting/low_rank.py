"""Splits convolutions in two that multiply less, since their outputs lie close to a smaller space.

The C channels of a trained convolution hardly leave a space of r dimensions. So a convolution to r
channels and a 1 x 1 convolution from there to C do nearly the same. The spaces were found once
(`benchmarks/low_rank.py`) and lie beside the model's file, from whose weights those of the two are
computed when it is loaded.

Source:
    Zhang et al., "Accelerating Very Deep Convolutional Networks for Classification and Detection",
    TPAMI 2016, section 3.1.
"""

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from atnet.matting.onnx_file import add_tensor, extract, read_onnx, read_tensor, stored_weights


class Space(NamedTuple):
    """Where a convolution's outputs lie, nearly: they are `basis @ basis.T @ outputs + offset`.

    Attributes:
        basis: `(C, r)`, orthonormal.
        offset: `(C,)`.
    """

    basis: np.ndarray
    offset: np.ndarray


def split_convolutions(model: bytes, spaces: Mapping[str, Space]) -> bytes:
    """Splits convolutions.

    Args:
        model: An ONNX file.
        spaces: By the name of the convolution's output.

    Returns:
        An ONNX file in which each of them is two; it says nothing of itself any more.

    Raises:
        RuntimeError: It is no ONNX model, or has no such convolution.

    Example:
        >>> from atnet.matting.presets import find
        >>> preset = find("atnet-vgg16")
        >>> spaces = read_spaces(preset.read_spaces())
        >>> models = preset.read(), split_convolutions(preset.read(), spaces)
        >>> [sum(node.op_type == "Conv" for node in read_onnx(one).graph.node) for one in models]
        [39, 52]
    """
    whole = read_onnx(model)
    graph, nodes, left = whole.graph, [], dict(spaces)
    weights = stored_weights(graph)
    for node in graph.node:
        space = left.pop(node.output[0], None) if node.op_type == "Conv" else None
        nodes += [node] if space is None else _split(graph, node, space, weights)
    if left:
        raise RuntimeError(f"it has no convolution {', '.join(left)}")
    del graph.node[:]
    graph.node.extend(nodes)
    inputs, outputs = ([value.name for value in values] for values in (graph.input, graph.output))
    return extract(whole, inputs, outputs)  # without the weights that nothing needs any more


def write_spaces(spaces: Mapping[str, Space]) -> bytes:
    """Makes a file of spaces: an archive of NumPy's, bases in half precision."""
    file = io.BytesIO()
    bases = {f"{name}/basis": space.basis.astype(np.float16) for name, space in spaces.items()}
    offsets = {f"{name}/offset": space.offset.astype(np.float32) for name, space in spaces.items()}
    np.savez_compressed(file, allow_pickle=False, **bases, **offsets)
    return file.getvalue()


def read_spaces(content: bytes) -> dict[str, Space]:
    """Reads what `write_spaces` made, in float32.

    Example:
        >>> space = Space(np.ones((2, 1)), np.zeros(2))
        >>> read_spaces(write_spaces({"conv": space}))["conv"].offset
        array([0., 0.], dtype=float32)
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: values.astype(np.float32) for name, values in archive.items()}
    names = dict.fromkeys(name.rpartition("/")[0] for name in arrays)
    return {name: Space(*(arrays[f"{name}/{part}"] for part in Space._fields)) for name in names}


def _split(graph: Any, node: Any, space: Space, weights: Mapping[str, Any]) -> list[Any]:
    (source, *names), output = node.input, node.output[0]
    kernel, *bias = (read_tensor(weights[name]) for name in names)
    inner = f"{output}/inner"
    tensors = {
        f"{inner}/kernel": np.tensordot(space.basis.T, kernel, axes=1),
        f"{inner}/bias": space.basis.T @ (bias[0] if bias else np.zeros(len(kernel))),
        f"{output}/basis": space.basis[:, :, None, None],
        f"{output}/offset": space.offset,
    }
    for name, values in tensors.items():
        add_tensor(graph, name, values)
    kernel_name, bias_name, basis_name, offset_name = tensors
    first = type(node)()
    first.CopyFrom(node)
    del first.input[:], first.output[:]
    first.MergeFrom(type(node)(input=[source, kernel_name, bias_name], output=[inner]))
    second = type(node)(op_type="Conv", input=[inner, basis_name, offset_name], output=[output])
    return [first, second]

"""Reads ONNX files, and makes new ones of their parts, without the package of that name.

They are Protocol Buffers. The few fields that are needed are declared here; the library, which
ONNX Runtime brings, keeps all others as they are.
"""

import functools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

_SCHEMA: dict[str, dict[str, tuple[int, type | str]]] = {
    "Model": {
        "ir_version": (1, int),
        "graph": (7, "Graph"),
        "opset_import*": (8, "Opset"),
        "metadata_props*": (14, "Property"),
    },
    "Graph": {
        "node*": (1, "Node"),
        "name": (2, str),
        "initializer*": (5, "Tensor"),
        "input*": (11, "Value"),
        "output*": (12, "Value"),
    },
    "Node": {
        "input*": (1, str),
        "output*": (2, str),
        "op_type": (4, str),
        "attribute*": (5, "Attribute"),
    },
    "Attribute": {"name": (1, str), "ints*": (8, int)},
    "Tensor": {
        "dims*": (1, int),
        "data_type": (2, int),
        "name": (8, str),
        "raw_data": (9, bytes),
    },
    "Value": {"name": (1, str), "type": (2, "Type")},
    "Type": {"tensor_type": (1, "TensorType")},
    "TensorType": {"elem_type": (1, int), "shape": (2, "Shape")},
    "Shape": {"dim*": (1, "Dimension")},
    "Dimension": {},
    "Opset": {},
    "Property": {"key": (1, str), "value": (2, str)},
}
"""Of onnx.proto: messages and their fields, `*` where repeated, with number and type."""
_FLOAT, _HALF = 1, 10  # TensorProto.DataType
_FIELD_TYPES = {str: "TYPE_STRING", int: "TYPE_INT64", bytes: "TYPE_BYTES"}


def read_onnx(model: bytes) -> Any:
    """Reads a file.

    Args:
        model: The file.

    Returns:
        The message `ModelProto`, of which only some fields can be seen.

    Raises:
        RuntimeError: It is no ONNX model.
    """
    try:
        found = _model_class().FromString(model)
    except message.DecodeError as error:
        raise RuntimeError(str(error)) from error
    if not found.graph.node:
        raise RuntimeError("it has no graph")
    return found


def describe(model: Any) -> tuple[list[str], dict[str, str]]:
    """Tells what a model says of itself.

    Args:
        model: From `read_onnx`.

    Returns:
        Names of its inputs, and its metadata.
    """
    graph = model.graph
    constants = {tensor.name for tensor in graph.initializer}
    names = [value.name for value in graph.input if value.name not in constants]
    return names, {prop.key: prop.value for prop in model.metadata_props}


def extract(model: Any, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """Makes a model of a part of another.

    Args:
        model: From `read_onnx`.
        inputs: Names of tensors that the part takes, float32 of four dimensions.
        outputs: Names of those that it computes, likewise.

    Returns:
        An ONNX file.
    """
    needed, nodes = set(outputs), []
    for node in reversed(model.graph.node):  # they come in the order of computing
        if needed.difference(inputs).intersection(node.output):
            needed.update(node.input)
            nodes.append(node)
    part = _model_class()(ir_version=model.ir_version, opset_import=model.opset_import)
    graph = part.graph
    graph.name = model.graph.name
    graph.node.extend(reversed(nodes))
    graph.initializer.extend(one for one in model.graph.initializer if one.name in needed)
    _declare(graph.input, inputs)
    _declare(graph.output, outputs)
    return part.SerializeToString()


def stored_weights(graph: Any) -> dict[str, Any]:
    """Finds the tensors that are in the file.

    Args:
        graph: Of a model from `read_onnx`.

    Returns:
        Name to tensor; what is stored in half precision, and cast, has both names.
    """
    stored = {tensor.name: tensor for tensor in graph.initializer}
    cast = {
        node.output[0]: stored[node.input[0]]
        for node in graph.node
        if node.op_type == "Cast" and node.input[0] in stored
    }
    return stored | cast


def read_tensor(tensor: Any) -> np.ndarray:
    """Reads a tensor's values.

    Args:
        tensor: One of a graph's initialisers.

    Returns:
        float32.

    Raises:
        RuntimeError: They are no floating-point numbers of 16 or 32 bits, or not in the file.
    """
    stored = {_FLOAT: "<f4", _HALF: "<f2"}.get(tensor.data_type)
    size = math.prod(tensor.dims)
    if stored is None or len(tensor.raw_data) != size * np.dtype(stored).itemsize:
        raise RuntimeError(f"tensor {tensor.name!r} holds no floating-point numbers")
    return np.frombuffer(tensor.raw_data, stored).reshape(tensor.dims).astype(np.float32)


def add_tensor(graph: Any, name: str, values: np.ndarray) -> None:
    """Adds float32 values to a graph's initialisers."""
    content = np.ascontiguousarray(values, "<f4").tobytes()
    graph.initializer.add(name=name, dims=values.shape, data_type=_FLOAT, raw_data=content)


def _declare(values: Any, names: Iterable[str]) -> None:
    for name in names:
        kind = values.add(name=name).type.tensor_type
        kind.elem_type = _FLOAT
        for _ in range(4):
            kind.shape.dim.add()


@functools.cache
def _model_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="atnet.proto", package="atnet", syntax="proto2")
    for name, fields in _SCHEMA.items():
        declared = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            one = declared.field.add(name=field.rstrip("*"), number=number)
            one.label = one.LABEL_REPEATED if field.endswith("*") else one.LABEL_OPTIONAL
            if isinstance(kind, str):
                one.type, one.type_name = one.TYPE_MESSAGE, f".atnet.{kind}"
            else:
                one.type = getattr(one, _FIELD_TYPES[kind])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("atnet.Model"))

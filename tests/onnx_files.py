"""Small ONNX networks for tests."""

from pathlib import Path

import onnx
from onnx import TensorProto, helper, numpy_helper


def save_network(path: Path, nodes, inputs, outputs, constants=(), **saving) -> Path:
    """Writes a network: nodes as `make_node` makes them, tensors as name to shape."""

    def tensors(named):
        return [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in named.items()
        ]

    weights = [numpy_helper.from_array(value, name) for name, value in dict(constants).items()]
    graph = helper.make_graph(nodes, "small", tensors(inputs), tensors(outputs), weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path, **saving)
    return path

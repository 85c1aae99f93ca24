"""ATNet to ONNX: symbolic height and width, normalisation folded, float16 storage.

Keras' Torch backend is traced; ONNX Runtime then simplifies the graph. Needs the `export` extra
and `KERAS_BACKEND=torch`.
"""

import contextlib
import io
import json
import logging
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnx_ir
import torch
from onnxscript.rewriter import pattern, rewrite

from atnet.files.atomic import check_target, write_bytes
from atnet.matting.about import PREFIX, TRAINING
from atnet.matting.engines import load_onnxruntime
from atnet.matting.footprint import measure_bytes_per_pixel
from atnet.matting.runtime import CONTEXT, MULTIPLE
from atnet.models.atnet import ATNet
from atnet.models.weights import NAMED


def export_onnx(
    model: ATNet,
    path: str | Path,
    half_storage: bool = True,
    training: Mapping[str, Any] | None = None,
) -> None:
    """Writes a network as an ONNX file that takes any height and width divisible by 32.

    Inputs `image` `(1, H, W, 3)` in [0, 1] and `trimap` `(1, H, W, 1)` in {0, 0.5, 1}, output
    `alpha` `(1, H, W, 1)`, all float32. The file says what a predictor must know: the working
    memory for each pixel, measured here where the system can tell it, the multiple and the context.

    Args:
        model: The network, on Keras' Torch backend.
        path: Target, `.onnx`; appears whole or not at all.
        half_storage: Store weights as float16, which halves the file; arithmetic stays float32.
        training: How it was trained, as JSON can hold it; `read_about` reads it back.

    Raises:
        OSError: The file cannot be written.
        RuntimeError: Keras runs on another backend.
        ValueError: The target does not end in `.onnx`.
    """
    if Path(path).suffix != ".onnx":
        raise ValueError(f"{path}: give a name that ends in .onnx")
    check_target(path)
    if keras.backend.backend() != "torch":
        raise RuntimeError(
            f"Keras runs on {keras.backend.backend()}; export needs KERAS_BACKEND=torch"
        )
    graph = _simplify(_trace(_in_float32(model)))
    graph = _simplify(rewrite(graph, pattern_rewrite_rules=_RULES))
    _strip_metadata(graph)
    if half_storage:
        store_as_float16(graph)
    graph.producer_name = "atnet"
    _describe(graph, model, training)
    onnx.checker.check_model(graph, full_check=True)
    write_bytes(path, graph.SerializeToString(deterministic=True))


def store_as_float16(graph: onnx.ModelProto) -> None:
    """Stores a graph's kernels in half precision behind a cast, which runtimes undo on loading."""
    for tensor in graph.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        name = tensor.name
        values = onnx.numpy_helper.to_array(tensor).astype(np.float16)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, f"{name}_float16"))
        cast = onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT)
        graph.graph.node.insert(0, cast)


def _strip_metadata(graph: onnx.ModelProto) -> None:
    """Drops the tracer's notes: source paths and stack traces of the exporting machine."""
    for part in (graph, graph.graph, *graph.graph.node, *graph.graph.input, *graph.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph.graph.ClearField("value_info")
    used = [version for version in graph.opset_import if not version.domain]
    graph.ClearField("opset_import")
    graph.opset_import.extend(used)


def _describe(graph: onnx.ModelProto, model: ATNet, training: Mapping[str, Any] | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(graph.SerializeToString())
        measured = measure_bytes_per_pixel(path)
    said: dict[str, Any] = {"bytes_per_pixel": measured, "multiple": MULTIPLE, "context": CONTEXT}
    if isinstance(model, ATNet):  # any network of the same inputs and outputs is exported
        said |= {part: getattr(model, part) for part in NAMED}
    if training is not None:
        said[TRAINING] = json.dumps(training)
    props = {f"{PREFIX}{name}": str(value) for name, value in said.items() if value is not None}
    onnx.helper.set_model_props(graph, props)


def _in_float32(model: ATNet) -> ATNet:
    """A network that was trained in bfloat16 keeps its float32 weights, and computes with them."""
    if model.dtype_policy.compute_dtype == "float32":
        return model
    copy = ATNet.from_config({**model.get_config(), "dtype": "float32"})
    copy.set_weights(model.get_weights())
    return copy


class _AlphaOnly(torch.nn.Module):
    """Gives the tracer positional tensors and a single output."""

    def __init__(self, model: ATNet):
        super().__init__()
        self.model = model

    def forward(self, image, trimap):
        return self.model({"image": image, "trimap": trimap}, training=False)["alpha"]


def _trace(model: ATNet) -> onnx.ModelProto:
    # Neither 1 nor square: the tracer would take such sizes for constants or for equal.
    example = (torch.zeros(1, 96, 128, 3), torch.zeros(1, 96, 128, 1))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, we do not
    size = {1: 32 * torch.export.Dim("h"), 2: 32 * torch.export.Dim("w")}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            _AlphaOnly(model).eval(),
            example,
            dynamo=True,
            dynamic_shapes=(size, size),
            input_names=["image", "trimap"],
            output_names=["alpha"],
            verbose=False,
        )
    if program is None:
        raise RuntimeError("PyTorch's exporter returned no program")
    return program.model_proto


def _simplify(graph: onnx.ModelProto) -> onnx.ModelProto:
    """ONNX Runtime's basic level: constants folded, transposes cancelled, standard operators."""
    onnxruntime = load_onnxruntime()
    with tempfile.TemporaryDirectory() as folder:
        optimised = Path(folder) / "optimised.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(optimised)
        onnxruntime.InferenceSession(
            graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        return onnx.load(optimised)


class _FoldNormalisation(pattern.RewriteRuleClassBase):
    """Batch normalisation after a convolution becomes part of its kernel and bias."""

    def pattern(self, op, x, mean, scale, offset):
        convolved = op.Conv(
            x, _allow_other_inputs=True, _allow_other_attributes=True, _outputs=["convolved"]
        )
        return op.Add(op.Mul(op.Sub(convolved, mean), scale), offset)

    def check(self, context, mean, scale, offset, convolved, **_):
        del context
        constants = (mean, scale, offset, *convolved.producer().inputs[1:])
        return all(value.const_value is not None for value in constants)

    def rewrite(self, op, x, mean, scale, offset, convolved):
        conv = convolved.producer()
        kernel, *bias = (value.const_value.numpy() for value in conv.inputs[1:])
        m, s, b = (value.const_value.numpy().reshape(-1) for value in (mean, scale, offset))
        folded = {
            "folded": kernel * s.reshape(-1, 1, 1, 1),
            "bias": (sum(bias) - m) * s + b,
        }
        name = conv.inputs[1].name
        return op.Conv(
            x,
            *(
                op.initializer(onnx_ir.tensor(values.astype("float32"), name=f"{name}_{part}"))
                for part, values in folded.items()
            ),
            **conv.attributes,
        )


class _RecogniseDepthToSpace(pattern.RewriteRuleClassBase):
    """Keras spells depth-to-space in reshapes and transposes; runtimes have it as one operator."""

    def pattern(self, op, x, split, joined):
        last = op.Transpose(x, perm=[0, 2, 3, 1])
        blocks = op.Transpose(
            op.Reshape(last, split, _allow_other_attributes=True), perm=[0, 1, 3, 2, 4, 5]
        )
        return op.Reshape(blocks, joined, _allow_other_attributes=True)

    def rewrite(self, op, x, **_):
        first = op.DepthToSpace(x, blocksize=2, mode="DCR")
        return op.Transpose(first, perm=[0, 2, 3, 1])


_RULES = pattern.RewriteRuleSet([_FoldNormalisation.rule(), _RecogniseDepthToSpace.rule()])

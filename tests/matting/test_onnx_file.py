import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from atnet.matting.onnx_file import describe, extract, read_onnx

MODEL = helper.make_model(
    helper.make_graph(
        [
            helper.make_node("Add", ["image", "weight"], ["sum"]),
            helper.make_node("Relu", ["sum"], ["cut"]),
            helper.make_node("Mul", ["cut", "other"], ["alpha"]),
        ],
        "small",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, None, None])
            for name in ("image", "weight", "other")
        ],
        [helper.make_tensor_value_info("alpha", TensorProto.FLOAT, [1, 1, None, None])],
        [
            numpy_helper.from_array(np.full((1, 1, 1, 1), 2, np.float32), "weight"),
            numpy_helper.from_array(np.full((1, 1, 1, 1), 3, np.float32), "other"),
        ],
    ),
    opset_imports=[helper.make_opsetid("", 18)],
    ir_version=9,
)
helper.set_model_props(MODEL, {"atnet.multiple": "32", "author": "é"})
FILE = read_onnx(MODEL.SerializeToString())


def test_what_a_model_says_of_itself_names_no_constant_as_input():
    assert describe(FILE) == (["image"], {"atnet.multiple": "32", "author": "é"})


@pytest.mark.parametrize(
    "content", [b"not a model", b"", b"\x08\x09", MODEL.SerializeToString()[:-9]]
)
def test_what_is_no_model_is_refused(content):
    with pytest.raises(RuntimeError):
        read_onnx(content)


def test_parts_behind_one_another_are_the_whole():
    first = extract(FILE, ["image"], ["cut"])
    second = extract(FILE, ["cut"], ["alpha"])
    for part, constant in ((first, "weight"), (second, "other")):
        onnx.checker.check_model(part, full_check=True)
        assert [one.name for one in onnx.load_from_string(part).graph.initializer] == [constant]
    values = np.array([-3, -1, 4], np.float32).reshape(1, 1, 1, 3)
    for part, name in ((first, "image"), (second, "cut")):
        session = onnxruntime.InferenceSession(part, providers=["CPUExecutionProvider"])
        values = np.asarray(session.run(None, {name: values})[0])
    assert values.ravel().tolist() == [0, 3, 18]  # 3 · max(x + 2, 0)

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from atnet.matting.onnx_file import add_tensor, describe, extract, read_onnx, read_tensor

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


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_values_are_read_as_they_were_stored(kind):
    values = np.array([[0.1, -2], [3, 65504]], kind)
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Identity", ["x"], ["y"])],
            *("small", [], [], [numpy_helper.from_array(values, "w")]),
        )
    )
    (tensor,) = read_onnx(model.SerializeToString()).graph.initializer
    found = read_tensor(tensor)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, values.astype(np.float32))


def test_added_values_are_those_that_onnx_reads():
    model = read_onnx(MODEL.SerializeToString())
    values = np.arange(6.0).reshape(2, 3).T  # float64, not contiguous
    add_tensor(model.graph, "more", values)
    tensor = onnx.load_from_string(model.SerializeToString()).graph.initializer[-1]
    assert tensor.name == "more"
    np.testing.assert_array_equal(numpy_helper.to_array(tensor), values.astype(np.float32))


def test_other_tensors_are_refused_by_name():
    whole = numpy_helper.from_array(np.arange(4), "shape")
    short = numpy_helper.from_array(np.ones(4, np.float32), "short")
    short.raw_data = short.raw_data[:-1]
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Identity", ["x"], ["y"])], *("small", [], [], [whole, short])
        )
    )
    for tensor in read_onnx(model.SerializeToString()).graph.initializer:
        with pytest.raises(RuntimeError, match=f"'{tensor.name}' holds no floating-point"):
            read_tensor(tensor)

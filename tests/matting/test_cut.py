import onnx
import pytest
from onnx import helper

from atnet.matting.cut import cut
from atnet.matting.presets import read_model

LITE = read_model("atnet-lite")


@pytest.mark.parametrize("name", ["atnet-vgg16", "atnet-lite"])
def test_shipped_models_are_cut_before_eight_pixels_of_convolutions(name):
    """Spatial gate, fusion, two of the head, three and one of the refinement: 3 x 3 each."""
    parts = cut(read_model(name))
    assert parts is not None
    assert parts.seam.reach == 8
    assert len(parts.head) > 20 * (len(parts.gate) + len(parts.tail))
    for part in (parts.head, parts.gate, parts.tail):
        onnx.checker.check_model(part, full_check=True)


def test_the_tail_has_no_look_at_the_whole_picture():
    parts = cut(LITE)
    assert parts is not None
    kinds = {node.op_type for node in onnx.load_from_string(parts.tail).graph.node}
    assert kinds.isdisjoint({"ReduceMean", "MaxPool", "GlobalAveragePool", "Resize"})


def test_other_endings_are_left_whole():
    model = onnx.load_from_string(LITE)
    last = model.graph.node[-1]
    last.output[0] = "before"
    model.graph.node.append(helper.make_node("GlobalAveragePool", ["before"], ["alpha"]))
    assert cut(model.SerializeToString()) is None


@pytest.mark.parametrize(("name", "values"), [("strides", [2, 2]), ("pads", [0, 0, 0, 0])])
def test_convolutions_that_change_the_size_are_left_whole(name, values):
    model = onnx.load_from_string(LITE)
    conv = [node for node in model.graph.node if node.op_type == "Conv"][-1]
    kept = [one for one in conv.attribute if one.name != name]
    del conv.attribute[:]
    conv.attribute.extend([*kept, helper.make_attribute(name, values)])
    assert cut(model.SerializeToString()) is None


def test_a_network_without_a_mean_is_left_whole():
    values = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        for name in ("image", "trimap", "alpha")
    ]
    node = helper.make_node("Identity", ["trimap"], ["alpha"])
    graph = helper.make_graph([node], "small", values[:2], values[2:])
    assert cut(helper.make_model(graph).SerializeToString()) is None

import h5py
import numpy as np
import pytest

from atnet.models.hdf5 import opened, values_of

VALUES = np.arange(6, dtype="float32").reshape(2, 3)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.hdf5"


def write(path, layers, root=""):
    """Layer to name of weight to array."""
    with h5py.File(path, "a") as file:
        top = file.require_group(root) if root else file
        top.attrs["layer_names"] = list(layers)
        for layer, weights in layers.items():
            group = top.create_group(layer)
            group.attrs["weight_names"] = list(weights)
            for name, array in weights.items():
                group[name] = array


def read(path):
    with opened(path) as layers:
        return {
            layer: {name: values_of(array) for name, array in weights.items()}
            for layer, weights in layers.items()
        }


def change(path, act):
    with h5py.File(path, "a") as file:
        act(file)


@pytest.mark.parametrize("root", ["", "model_weights"])
def test_layers_come_in_the_files_order_with_their_weights(path, root):
    layers = {
        "input_1": {},
        "conv2d_2": {"conv2d_2_1/kernel:0": VALUES, "conv2d_2_1/bias:0": VALUES[0]},
        "conv2d_1": {"kernel:0": VALUES.astype("float64")},
        "block_1_depthwise": {"block_1_depthwise/depthwise_kernel:0": VALUES.astype("float16")},
    }
    write(path, layers, root)
    found = read(path)
    assert [*found] == ["conv2d_2", "conv2d_1", "block_1_depthwise"]
    assert [*found["conv2d_2"]] == ["kernel", "bias"]
    assert [*found["block_1_depthwise"]] == ["kernel"]
    for weights in found.values():
        assert weights["kernel"].dtype == np.float32
        np.testing.assert_array_equal(weights["kernel"], VALUES)


def test_names_may_be_bytes_and_come_in_parts(path):
    write(path, {"a": {"a/kernel:0": VALUES}, "b": {}, "c": {"c/bias:0": VALUES}})

    def split(file):
        del file.attrs["layer_names"]
        file.attrs["layer_names0"] = [b"a", b"b"]
        file.attrs["layer_names1"] = [b"c"]
        file["c"].attrs["weight_names"] = np.array([b"c/bias:0"])

    change(path, split)
    assert {name: [*weights] for name, weights in read(path).items()} == {
        "a": ["kernel"],
        "c": ["bias"],
    }


def test_a_missing_file_is_named(path):
    with pytest.raises(FileNotFoundError, match=r"weights\.hdf5: no such file"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"text", b"\x89HDF\r\n\x1a\n", bytes(4096)])
def test_what_is_no_hdf5_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"weights\.hdf5: not a readable HDF5 file"):
        read(path)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda file: file.attrs.pop("layer_names"), "/ has no layer_names: expected the layout"),
        (lambda file: file["a"].attrs.pop("weight_names"), "/a has no weight_names"),
        (lambda file: file.pop("a"), "/ lists 'a', which it does not hold"),
        (lambda file: file["a"].pop("kernel:0"), "/a lists 'kernel:0', which it does not hold"),
        (lambda file: file["a"].create_group("x"), "/a lists 'x', which"),
        (lambda file: file.attrs.update(layer_names=7.5), "/ lists '7.5', which"),
        (lambda file: file.attrs.update(layer_names=[b"\xff"]), "codec can't"),
        (lambda file: file.update(model_weights=VALUES), "lists 'model_weights', which"),
        (lambda file: file["a"].update({"b/kernel:0": VALUES}), "/a has two weights kernel"),
    ],
)
def test_damaged_layouts_are_told_in_a_line(path, act, message):
    write(path, {"a": {"kernel:0": VALUES}})

    def damage(file):
        act(file)
        if "a" in file and "weight_names" in file["a"].attrs:
            held = [name for name in ("kernel:0", "x", "b/kernel:0") if name in file["a"]]
            file["a"].attrs["weight_names"] = sorted({*held, "kernel:0"})

    change(path, damage)
    with pytest.raises(ValueError, match=message) as error:
        read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([1, 2]), "/a/kernel:0 is of int64, expected floats"),
        (np.array([b"text"]), "expected floats"),
        (np.array([0, np.nan], "float32"), "/a/kernel:0 holds values that are not finite"),
        (np.array([1e300]), "not finite"),
    ],
)
def test_what_is_no_number_is_refused(path, array, message):
    write(path, {"a": {"kernel:0": array}})
    with pytest.raises(ValueError, match=message):
        read(path)


def test_a_file_that_is_cut_off_is_refused_wherever_that_is(path):
    write(path, {f"layer{n}": {"kernel:0": VALUES} for n in range(20)})
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="hdf5"):
            read(path)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read(tmp_path)

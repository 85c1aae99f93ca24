import hashlib

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

import released_network
from atnet.cli import app
from atnet.files.images import read_grey, write_image
from atnet.matting.about import read_about
from atnet.models.released import import_released, match_layers, read_released
from helpers import example_inputs, randomise


def released_input(inputs):
    """What the original's scripts make of a photograph and its trimap: all of the bytes by 255."""
    colours = inputs["image"][..., ::-1]
    return np.concatenate([colours, trimap_bytes(inputs) / 255], axis=-1).astype("float32")


def trimap_bytes(inputs):
    trimap = inputs["trimap"]
    return np.select([trimap == 0.5, trimap == 1], [128, 255], 0).astype("uint8")


def write_released(path, encoder, refinement=True, whole_model=False):
    network = released_network.build(encoder, refinement)
    randomise(network)
    released_network.write(path, released_network.stored(network), whole_model)
    return network


@pytest.mark.parametrize(("encoder", "whole_model"), [("vgg16", True), ("resnet50", False)])
def test_an_imported_network_computes_what_the_released_one_did(encoder, whole_model, tmp_path):
    network = write_released(tmp_path / "weights.hdf5", encoder, whole_model=whole_model)
    inputs = example_inputs(64, 64)
    alpha = read_released(tmp_path / "weights.hdf5").predict_on_batch(inputs)["alpha"]
    assert alpha.std() > 0.01
    # Up to the border: what is padded is the same, too.
    np.testing.assert_allclose(alpha, network.predict_on_batch(released_input(inputs)), atol=1e-6)


def test_weights_of_the_first_stage_go_through_the_commands_to_the_same_alpha(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    network = write_released("model.hdf5", "mobilenet_v2", refinement=False)
    inputs = example_inputs(64, 64)
    image = np.round(inputs["image"] * 255) / np.float32(255)
    write_image("photo.png", image[0])
    write_image("trimap.png", trimap_bytes(inputs)[0, ..., 0])
    for command in (
        "import-original model.hdf5 -o original.npz --json",
        "matte photo.png --trimap trimap.png --preset original.npz --quality fast "
        "--alpha alpha.png --bits 16",
    ):
        ran = CliRunner().invoke(app, command.split())
        assert ran.exit_code == 0, ran.stderr
    expected = network.predict_on_batch(released_input({**inputs, "image": image}))[0, ..., 0]
    unknown = inputs["trimap"][0, ..., 0] == 0.5
    np.testing.assert_allclose(read_grey("alpha.png")[unknown], expected[unknown], atol=2e-5)
    about = read_about("original.npz")
    assert about["network"] == "mobilenet_v2, original, full, released, full, scale_transfer"
    digest = hashlib.sha256((tmp_path / "model.hdf5").read_bytes()).hexdigest()
    assert about["training"]["imported_from"] == "model.hdf5"
    assert about["training"]["sha256"] == digest


def declared(path, **changes):
    """A file that declares arrays and stores none, of a small part of a network."""
    shapes = {
        "block1_conv1": {"kernel:0": (3, 3, 4, 64), "bias:0": (64,)},
        "block1_conv2": {"kernel:0": (3, 3, 64, 64), "bias:0": (64,)},
        **changes,
    }
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = list(shapes)
        for layer, weights in shapes.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = list(weights)
            for weight, shape in weights.items():
                group.create_dataset(weight, shape, "float32")


def test_every_missing_unexpected_and_misshapen_weight_is_named_before_any_is_read(tmp_path):
    path = tmp_path / "weights.hdf5"
    declared(
        path,
        block1_conv2={"kernel:0": (3, 3, 10**6, 10**6)},
        conv2d_1={"kernel:0": (1, 1, 512, 512), "bias:0": (512,)},
        conv2d_9={"kernel:0": (1, 1, 512, 3), "bias:0": (3,)},
    )
    with pytest.raises(ValueError, match=r"weights\.hdf5: does not fit the released") as error:
        read_released(path)
    problems = str(error.value).split(": ", 2)[2].split("; ")
    assert "block1_conv2/kernel is (3, 3, 1000000, 1000000), expected (3, 3, 64, 64)" in problems
    assert "missing block1_conv2/bias (64,)" in problems
    assert "missing deconv5/kernel (5, 5, 512, 512)" in problems
    assert "missing decoder/level4/gate/conv/kernel (1, 1, 512, 512)" in problems
    assert "unexpected conv2d_9/kernel (1, 1, 512, 3)" in problems
    assert "unexpected conv2d_9/bias (3,)" in problems
    # 26 of the encoder and 70 of the decoder, of which 5 are there; 2 unexpected; 1 misshapen.
    assert len(problems) == 26 + 70 - 5 + 2 + 1


def test_another_network_is_named_by_what_is_missed(tmp_path):
    declared(tmp_path / "other.hdf5", block1_conv1={})
    line = (
        r"other network: expected a layer named one of block1_conv1 \(vgg16\), conv1 \(resnet50\)"
    )
    with pytest.raises(ValueError, match=line):
        read_released(tmp_path / "other.hdf5")


def test_a_target_is_refused_before_minutes_of_work(tmp_path):
    with pytest.raises(ValueError, match=r"out\.onnx: give a name that ends in \.npz"):
        import_released(tmp_path / "missing.hdf5", tmp_path / "out.onnx")


def test_a_projection_comes_after_its_gate():
    """ResNet50's first ones have the same shapes; the numbers tell the opposite order."""
    shapes = {"bias": (64,), "kernel": (1, 1, 64, 64)}
    layers = {"encoder/project1": shapes, "decoder/level1/gate/conv": shapes}
    assert match_layers(layers, {"conv2d_20": shapes, "conv2d_14": shapes}) == {
        "decoder/level1/gate/conv": "conv2d_20",
        "encoder/project1": "conv2d_14",
    }


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("encoder/block_16_project_BN", "block_16_project_BN"),
        ("encoder/conv1_conv", "conv1"),
        ("encoder/conv1_bn", "bn_conv1"),
        ("encoder/conv2_block1_0_conv", "res2a_branch1"),
        ("encoder/conv4_block6_3_bn", "bn4f_branch2c"),
        ("decoder/level5/context/conv", "deconv6"),
        ("decoder/conv/conv", "deconv1"),
        ("refinement/logit", "refinement_pred"),
    ],
)
def test_layers_with_names_of_their_own(layer, name):
    assert match_layers({layer: {"bias": (1,)}}, {}) == {layer: name}

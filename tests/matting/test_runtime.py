import os
import subprocess
import sys
import warnings
from importlib import metadata
from typing import get_args

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from atnet.choices import EngineName
from atnet.matting.engines import _bounded, load_onnxruntime
from atnet.matting.predictor import Matting
from atnet.matting.presets import PresetError
from atnet.matting.runtime import Network, parse_memory

CPU = "CPUExecutionProvider"


@pytest.fixture(scope="module")
def network():
    return Network("atnet-vgg16")


def small_model(path, inputs=("image", "trimap"), **said):
    """A network that answers with the trimap, and says what it is told to say of itself."""
    shapes = {"image": [1, "h", "w", 3], "trimap": [1, "h", "w", 1]}
    graph = helper.make_graph(
        [helper.make_node("Identity", [inputs[-1]], ["alpha"])],
        "small",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes.get(name))
            for name in inputs
        ],
        [helper.make_tensor_value_info("alpha", TensorProto.FLOAT, [1, "h", "w", 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {f"atnet.{name}": str(value) for name, value in said.items()})
    onnx.save(model, path)
    return path


def test_alpha_has_the_size_of_the_trimap(network):
    image = np.random.default_rng(0).random((32, 64, 3), np.float32)
    alpha = network(image, np.full((32, 64), 0.5, np.float32))
    assert alpha.shape == (32, 64)
    assert alpha.dtype == np.float32


def test_a_model_says_what_it_needs(tmp_path):
    told = small_model(tmp_path / "told.onnx", bytes_per_pixel=300, multiple=8, context=16)
    network = Network(told)
    assert (network.bytes_per_pixel, network.multiple, network.context) == (300, 8, 16)
    silent = Network(small_model(tmp_path / "silent.onnx"))
    assert (silent.bytes_per_pixel, silent.multiple, silent.context) == (1200, 32, 64)


def test_the_predictor_keeps_to_what_the_model_says(tmp_path):
    """A quarter of the memory for each pixel: what is too little for VGG16 is enough."""
    Matting(small_model(tmp_path / "light.onnx", bytes_per_pixel=300), max_memory="80MB")
    with pytest.raises(ValueError, match="max_memory is 80MB; the smallest tile needs 177MB"):
        Matting(small_model(tmp_path / "heavy.onnx"), max_memory="80MB")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run's folder with the weights of a network."""
    from atnet.models import load_network
    from atnet.models.weights import save_weights

    network = load_network("atnet-lite")
    folder = tmp_path_factory.mktemp("refinement")
    save_weights(network, folder / "best.npz")
    return folder


def test_weights_of_training_give_the_alpha_of_their_export(trained):
    image, levels = np.random.default_rng(0).random((64, 96, 3), np.float32), (0, 0.5, 1)
    trimap = np.random.default_rng(1).choice(levels, (64, 96)).astype(np.float32)
    network = Network(trained)
    assert (network.engine, network.providers) == ("keras", ["Keras jax"])
    expected = Network("atnet-lite", engine="onnxruntime")(image, trimap)
    np.testing.assert_allclose(network(image, trimap), expected, atol=1e-4)


@pytest.mark.parametrize("choice", [{"engine": "openvino"}, {"providers": [CPU]}], ids=str)
def test_weights_of_training_leave_no_choice_of_engine(trained, choice):
    with pytest.raises(ValueError, match=r"Keras runs weights of training.*`atnet export`"):
        Network(trained, **choice)


def test_weights_of_training_that_are_none_are_refused_by_name(tmp_path):
    (tmp_path / "best.npz").write_bytes(b"no archive")
    with pytest.raises(PresetError, match=r"best\.npz: not a readable \.npz archive"):
        Network(tmp_path / "best.npz")
    with pytest.raises(PresetError, match=r"missing\.keras: no such file"):
        Network(tmp_path / "missing.keras")


@pytest.mark.parametrize("value", ["much", "-3", "0", ""])
def test_a_model_that_says_nonsense_is_refused(tmp_path, value):
    with pytest.raises(PresetError, match=r"odd\.onnx: says context is .*number above 0"):
        Network(small_model(tmp_path / "odd.onnx", context=value))


@pytest.mark.parametrize("inputs", [("image",), ("trimap", "image"), ("image", "mask")])
def test_other_networks_are_refused(tmp_path, inputs):
    with pytest.raises(PresetError, match=r"other\.onnx: takes .*expected a model from `atnet"):
        Network(small_model(tmp_path / "other.onnx", inputs))


@pytest.mark.parametrize("providers", [[CPU], [(CPU, {})], [(CPU, {"arena_extend_strategy": "x"})]])
def test_providers_are_taken_as_onnx_runtime_takes_them(tmp_path, providers):
    path = small_model(tmp_path / "small.onnx")
    assert Matting(path, providers=providers).providers == [CPU]


@pytest.mark.parametrize("providers", [["TeaProvider"], [("TeaProvider", {})], []])
def test_unknown_providers_are_refused(providers):
    with pytest.raises(ValueError, match=r"available are .*CPUExecutionProvider"):
        Network("atnet-vgg16", providers)


def test_memory_on_the_accelerator_is_bounded_unless_the_user_says_otherwise():
    cuda = "CUDAExecutionProvider"
    assert _bounded(cuda, 7) == (
        cuda, {"gpu_mem_limit": 7, "arena_extend_strategy": "kSameAsRequested"}
    )  # fmt: skip
    given = {"gpu_mem_limit": 5, "device_id": 1}
    assert _bounded((cuda, given), 7) == (
        cuda, {"gpu_mem_limit": 5, "device_id": 1, "arena_extend_strategy": "kSameAsRequested"}
    )  # fmt: skip
    assert _bounded(CPU, 7) == CPU


def test_threads(tmp_path, monkeypatch):
    path = small_model(tmp_path / "small.onnx")
    seen = []
    original = onnxruntime.InferenceSession

    def session(model, options, **rest):
        seen.append(options.intra_op_num_threads)
        return original(model, options, **rest)

    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    Network(path)
    Network(path, threads=1)
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    Network(path)
    Network(path, threads=1)
    assert seen == [0, 1, 3, 1]
    with pytest.raises(ValueError, match="threads is 0; at least 1"):
        Network(path, threads=0)


def test_the_engine_is_the_users_choice(tmp_path, monkeypatch):
    path = small_model(tmp_path / "small.onnx")
    assert Network(path).engine == "onnxruntime"  # by ATNET_ENGINE, see conftest.py
    assert Network(path, engine="openvino").engine == "openvino"
    monkeypatch.setenv("ATNET_ENGINE", "openvino")
    assert Network(path).engine == "openvino"
    assert Network(path, providers=[CPU]).engine == "onnxruntime"
    assert Network(path, engine="onnxruntime").engine == "onnxruntime"
    monkeypatch.setenv("ATNET_ENGINE", "steam")
    with pytest.raises(
        ValueError, match="engine is 'steam'; allowed are onnxruntime, openvino, mnn"
    ):
        Network(path)
    with pytest.raises(ValueError, match="providers are ONNX Runtime's; the engine is openvino"):
        Network(path, providers=[CPU], engine="openvino")


def test_an_engine_that_needs_more_memory_gets_smaller_tiles(tmp_path):
    path = small_model(tmp_path / "told.onnx", bytes_per_pixel=1000)
    network = Network(path, engine="openvino")
    expected = 1300 if network.providers == ["OpenVINO CPU float32"] else 800
    assert network.bytes_per_pixel == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1000, 1000), ("2GB", 2 * 10**9), ("1.5 GiB", 3 * 2**29), ("800mb", 8 * 10**8), ("7", 7)],
)
def test_memory_sizes(size, expected):
    assert parse_memory(size) == expected


@pytest.mark.parametrize("size", ["much", "", "-1GB", "2TB", "GB"])
def test_other_texts_are_no_memory_size(size):
    with pytest.raises(ValueError, match="max_memory is"):
        parse_memory(size)


def test_unknown_presets_are_refused():
    with pytest.raises(
        PresetError, match=r"allowed are atnet-vgg16, atnet-lite, a file that ends in"
    ):
        Network("atnet-vgg19")


def test_a_file_that_is_no_model_is_refused_by_name(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(PresetError, match=r"model\.onnx: is no ONNX model that can run"):
        Network(path)


def test_it_is_quiet(network, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network(np.zeros((32, 32, 3), np.float32), np.full((32, 32), 0.5, np.float32))
    assert capfd.readouterr() == ("", "")


def in_fresh_process(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_only_what_runs_a_network_loads_an_engine():
    code = (
        "import sys, atnet, atnet.cli\n"
        "sys.exit(bool({'onnxruntime', 'openvino', 'MNN'} & {*sys.modules}))"
    )
    run = in_fresh_process(code)
    assert run.returncode == 0, run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no HOME of its own")
@pytest.mark.parametrize("engine", get_args(EngineName))
def test_nothing_is_reported_home_and_an_empty_home_stays_empty(tmp_path, engine):
    code = (
        "import os, sys, atnet, numpy as np\n"
        "trimap = np.full((32, 32), 128, np.uint8); trimap[0] = 0\n"
        f"atnet.Matting(engine={engine!r}).alpha(np.zeros((32, 32, 3), np.uint8), trimap)\n"
        "silent = os.environ.get('ORT_DISABLE_TELEMETRY') == '1'\n"
        f"assert silent or ({engine!r} != 'onnxruntime' and 'onnxruntime' not in sys.modules)\n"
        "assert sys.modules.get('openvino_telemetry') is None"
    )
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    # OpenVINO's telemetry holds still where it sees a build server.
    silencers = {"ORT_DISABLE_TELEMETRY", "CI", "TF_BUILD", "JENKINS_URL"}
    clean = {name: value for name, value in os.environ.items() if name not in silencers}
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, env={**clean, **environment},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert (run.stdout, run.stderr) == ("", "")
    assert list(tmp_path.rglob("*")) == []


def test_without_any_onnx_runtime_one_line_says_what_to_install(tmp_path):
    """A finder in front of all others hides it, as in an environment without it."""
    code = (
        "import sys\n"
        "class Hide:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'onnxruntime': raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Hide())\n"
        "from atnet.cli import main\n"
        f"sys.argv = ['atnet', 'demo', '--out', {str(tmp_path)!r}]\n"
        "main()"
    )
    run = in_fresh_process(code)
    assert run.returncode == 1
    assert run.stderr.strip().splitlines()[-1] == (
        "atnet: error: ONNX Runtime is missing; pip install onnxruntime, or onnxruntime-gpu for "
        "CUDA"
    )


def test_two_packages_of_it_are_a_warning(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda _: "1.32.0")
    with pytest.warns(UserWarning, match="overwrite each other's files: uninstall both"):
        load_onnxruntime()

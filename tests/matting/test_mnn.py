"""MNN's process from outside; test_engines.py has what holds for every engine."""

import _thread
import gc
import signal
import sys
import tempfile
import threading
import time
from importlib import util
from pathlib import Path

import numpy as np
import pytest

import atnet
from atnet.jobs.photo import ASSETS
from atnet.matting.blocks import load_onnx_runtime
from atnet.matting.mnn import Mnn
from atnet.matting.presets import read_model
from onnx_files import save_network

MODEL = read_model("atnet-lite")
PIXELS = (1, "height", "width")


@pytest.fixture(scope="module")
def engine():
    return Mnn(MODEL, 1)


def unknown(height, width):
    image = np.random.default_rng(height).random((height, width, 3), np.float32)
    return image, np.full((height, width), 0.5, np.float32)


def small_model(folder, operator, **more):
    from onnx import helper

    node = helper.make_node(operator, ["trimap"], ["alpha"], **more)
    shapes = {"image": [*PIXELS, 3], "trimap": [*PIXELS, 1]}
    path = folder / "small.onnx"
    return save_network(path, [node], shapes, {"alpha": [*PIXELS, 1]}).read_bytes()


def test_the_photograph_has_the_alpha_of_onnx_runtime_in_any_shape(engine):
    """In turn, so that what is left of one picture would show in the next."""
    image = atnet.read_image(ASSETS / "lemur.png")
    levels = {0: 0.0, 128: 0.5, 255: 1.0}
    trimap = atnet.snap_trimap(atnet.read_grey(ASSETS / "lemur_trimap.png"))
    trimap = np.vectorize(levels.get, otypes=[np.float32])(trimap)
    expected = load_onnx_runtime(MODEL, 1)
    for rows, columns in [((96, 416), (160, 480)), ((0, 256), (320, 576)), ((192, 224), (0, 640))]:
        part = slice(*rows), slice(*columns)
        asked = trimap[part] == 0.5
        assert asked.any()
        difference = np.abs(engine(image[part], trimap[part]) - expected(image[part], trimap[part]))
        assert difference[asked].mean() < 1e-5


def test_ctrl_c_ends_its_process_and_the_next_call_starts_another(engine):
    process = engine._process
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    try:
        threading.Timer(0.3, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            engine(*unknown(2048, 2048))
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.returncode not in {None, 0}  # in the middle of its work
    assert engine(*unknown(32, 64)).shape == (32, 64)


def test_a_process_that_was_killed_is_one_line_and_the_next_call_starts_another(engine):
    process, large = engine._process, unknown(2048, 2048)
    threading.Timer(0.3, process.kill).start()
    with pytest.raises(ChildProcessError, match=r"in which MNN runs ended, exit code .*max_memory"):
        engine(*large)
    assert engine(*unknown(32, 64)).shape == (32, 64)


@pytest.mark.parametrize("operator", [{"operator": "Strange", "domain": "odd"}, None], ids=str)
def test_what_it_does_not_understand_is_refused_and_leaves_no_file(tmp_path, monkeypatch, operator):
    model = small_model(tmp_path, **operator) if operator else b"not a model"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with pytest.raises(RuntimeError, match=r"^\S[^\n]*$"):
        Mnn(model, 1)
    assert list(temporary.iterdir()) == []


def test_any_network_of_these_inputs_runs_as_a_whole(tmp_path):
    image, trimap = unknown(64, 96)
    trimap[:9] = 0
    np.testing.assert_array_equal(Mnn(small_model(tmp_path, "Abs"), 1)(image, trimap), trimap)


def test_its_process_ends_with_it():
    engine = Mnn(MODEL, 1)
    process = engine._process
    assert process.poll() is None
    del engine
    gc.collect()
    assert process.poll() is not None


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells memory on Linux alone")
def test_memory_is_given_back(engine):
    """In the pause behind a picture."""
    folder = f"/proc/{engine._process.pid}"
    engine(*unknown(32, 32))
    before = resident(folder, "VmRSS")
    engine(*unknown(512, 512))
    largest = resident(folder, "VmHWM")
    assert largest - before > 512**2 * 400
    for _ in range(100):
        time.sleep(0.05)
        if resident(folder, "VmRSS") < (before + largest) / 2:
            return
    pytest.fail("it was not given back")


def resident(folder, name):
    lines = Path(folder, "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(util, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"MNN is missing; pip install 'atnet\[mnn\]'"):
        Mnn(MODEL)

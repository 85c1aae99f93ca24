"""All engines against each other, on the shipped network."""

import _thread
import signal
import threading
import time
from typing import get_args

import numpy as np
import pytest

from atnet.choices import EngineName
from atnet.matting.engines import OnnxRuntime, installed
from atnet.matting.presets import read_model
from atnet.matting.probe import load_engine

MODEL = read_model("atnet-vgg16")


@pytest.fixture(scope="module")
def engines():
    return {name: load_engine(name, MODEL, threads=1) for name in get_args(EngineName)}


def scene(height, width, seed=0):
    """A soft edge with noise, and a band around it unknown."""
    rows, columns = np.indices((height, width))
    alpha = np.clip((rows - height / 2 + 9 * np.sin(columns / 9)) / 12 + 0.5, 0, 1)[..., None]
    image = alpha * [0.9, 0.7, 0.5] + (1 - alpha) * [0.1, 0.2, 0.4]
    image += np.random.default_rng(seed).normal(0, 0.02, image.shape)
    trimap = np.full((height, width), 0.5, np.float32)
    trimap[: height // 4], trimap[-height // 4 :] = 0, 1
    return np.clip(image, 0, 1).astype(np.float32), trimap


def test_tests_see_all_engines():
    assert installed() == ["onnxruntime", "openvino", "mnn"]


@pytest.mark.parametrize("shape", [(32, 32), (96, 160), (224, 64)])
@pytest.mark.parametrize("name", ["openvino", "mnn"])
def test_engines_agree(engines, name, shape):
    """Within what float32 allows in the mean, or half precision where the processor has it."""
    image, trimap = scene(*shape)
    expected, found = (engines[one](image, trimap) for one in ("onnxruntime", name))
    assert found.shape == shape
    assert found.dtype == np.float32
    exact = engines[name].providers[0].endswith("float32")
    unknown = trimap == 0.5
    assert np.abs(expected - found)[unknown].mean() < (2e-4 if exact else 2e-3)


def test_answers_are_the_callers_own(engines):
    """A later run must not write into an alpha that was handed out."""
    for engine in engines.values():
        first = engine(*scene(64, 64))
        kept = first.copy()
        engine(*scene(64, 64, seed=1))
        np.testing.assert_array_equal(first, kept)
        first[:] = 0


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])  # MNN's process: test_mnn.py
def test_ctrl_c_stops_a_run(engines, name):
    """It does not go on to its end, for which 25 times the small picture's work is left."""
    start = time.process_time()
    engines[name](*scene(256, 256))
    whole = 25 * (time.process_time() - start)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    try:
        threading.Timer(0.3, _thread.interrupt_main).start()
        start = time.process_time()
        with pytest.raises(KeyboardInterrupt):
            engines[name](*scene(1280, 1280))
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.process_time() - start < whole / 2
    assert engines[name](*scene(32, 64)).shape == (32, 64)  # and it can be used again


@pytest.mark.parametrize("name", get_args(EngineName))
def test_one_engine_serves_several_threads(engines, name):
    scenes = [scene(64, 32 * (1 + number), number) for number in range(4)]
    expected = [engines[name](*one) for one in scenes]
    found = [np.empty(0)] * len(scenes)

    def work(number):
        for _ in range(3):
            found[number] = engines[name](*scenes[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(scenes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_views_that_are_not_contiguous_are_taken(engines):
    image, trimap = scene(64, 96)
    for engine in engines.values():
        turned = engine(np.rot90(image), np.rot90(trimap))
        straight = engine(np.rot90(image).copy(), np.rot90(trimap).copy())
        np.testing.assert_array_equal(turned, straight)


def test_what_is_no_model_is_refused():
    with pytest.raises(RuntimeError):
        OnnxRuntime(b"not a model")

"""What is OpenVINO's alone; test_engines.py has what holds for every engine."""

import sys

import pytest

from atnet.matting.openvino import OpenVino, load_openvino
from atnet.matting.presets import read_model


def test_memory_follows_the_numbers_that_it_computes_in():
    engine = OpenVino(read_model("atnet-lite"), 1)
    (named,) = engine.providers
    expected = {"float32": 1.3, "bfloat16": 0.8, "float16": 0.8}
    assert engine.memory == expected[named.removeprefix("OpenVINO CPU ")]


def test_it_is_loaded_without_its_telemetry():
    load_openvino()
    assert sys.modules["openvino_telemetry"] is None


def test_what_is_no_model_is_refused():
    with pytest.raises(RuntimeError):
        OpenVino(b"not a model")

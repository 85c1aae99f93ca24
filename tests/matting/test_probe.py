import json
import subprocess
import sys
from typing import get_args

import pytest

from atnet.choices import EngineName
from atnet.matting import probe
from atnet.matting.presets import read_model
from atnet.matting.probe import fastest_engine

MODEL = read_model("atnet-vgg16")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A user's cache folder that does not exist yet."""
    folder = tmp_path / "cache" / "atnet"
    monkeypatch.setattr(probe, "user_cache_path", lambda _: folder)
    return folder / "engines.json"


def test_the_answer_is_measured_once(cache, monkeypatch):
    found = fastest_engine(MODEL, 1)
    assert found in get_args(EngineName)
    (key,) = json.loads(cache.read_text())
    # What is kept is believed, even against the measurement.
    other = "mnn" if found == "openvino" else "openvino"
    cache.write_text(json.dumps({key: other}))
    monkeypatch.setattr(probe, "_measure", lambda *_: pytest.fail("measured again"))
    assert fastest_engine(MODEL, 1) == other


def test_other_threads_and_other_models_are_measured_anew(cache, monkeypatch):
    asked = []
    monkeypatch.setattr(probe, "_measure", lambda _, threads: asked.append(threads) or "openvino")
    for model, threads in [(MODEL, 1), (MODEL, 2), (MODEL + b"other", 2), (MODEL, 1)]:
        fastest_engine(model, threads)
    assert asked == [1, 2, 2]
    assert len(json.loads(cache.read_text())) == 3


@pytest.mark.parametrize("content", ["", "[1]", "{", "\x00"])
def test_a_damaged_memory_is_written_anew(cache, monkeypatch, content):
    monkeypatch.setattr(probe, "_measure", lambda *_: "openvino")
    cache.parent.mkdir(parents=True)
    cache.write_text(content)
    assert fastest_engine(MODEL, 1) == "openvino"
    assert list(json.loads(cache.read_text()).values()) == ["openvino"]


@pytest.mark.usefixtures("cache")
def test_an_engine_that_is_gone_is_not_named(monkeypatch):
    monkeypatch.setattr(probe, "_measure", lambda *_: "openvino")
    fastest_engine(MODEL, 1)
    monkeypatch.setattr(probe, "installed", lambda: ["onnxruntime"])
    assert fastest_engine(MODEL, 1) == "onnxruntime"


def test_a_cache_that_cannot_be_written_costs_time_alone(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setattr(probe, "user_cache_path", lambda _: blocked / "atnet")
    monkeypatch.setattr(probe, "_measure", lambda *_: "openvino")
    assert fastest_engine(MODEL, 1) == "openvino"


def test_onnx_runtime_stays_unless_another_is_clearly_faster(monkeypatch):
    seconds: dict[str, float] = {"onnxruntime": 1.0}
    monkeypatch.setattr(probe, "load_engine", lambda name, *_: name)
    monkeypatch.setattr(probe, "_seconds", lambda name: seconds[name])
    for name in ("openvino", "mnn"):
        seconds |= {"openvino": 9.0, "mnn": 9.0}
        for other, expected in [(2.0, "onnxruntime"), (0.95, "onnxruntime"), (0.9, name)]:
            seconds[name] = other
            assert probe._measure(MODEL, 1) == expected


def test_an_engine_that_does_not_understand_a_model_is_not_taken(monkeypatch):
    def seconds(name):
        if name == "mnn":
            raise RuntimeError("MNN cannot convert it")
        return {"onnxruntime": 2.0, "openvino": 1.0}[name]

    monkeypatch.setattr(probe, "load_engine", lambda name, *_: name)
    monkeypatch.setattr(probe, "_seconds", seconds)
    assert probe._measure(MODEL, 1) == "openvino"


def test_a_fresh_process_remembers(tmp_path):
    """As a user meets it: nothing set, two runs of a program, one measurement."""
    code = (
        "from atnet.matting.presets import read_model\n"
        "from atnet.matting import probe\n"
        "print(probe.fastest_engine(read_model('atnet-vgg16'), 1))"
    )
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PATH": ""}
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    if sys.platform == "linux":
        assert len(json.loads((tmp_path / "atnet" / "engines.json").read_text())) == 1

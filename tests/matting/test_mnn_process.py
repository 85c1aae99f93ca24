import subprocess
import sys

import numpy as np
import pytest

from atnet.matting.blocks import load_onnx_runtime
from atnet.matting.mnn_process import MnnNetwork
from atnet.matting.presets import read_model

MODEL = read_model("atnet-lite")
WATCHED = """
import sys
seen = []
def watch(event, _):
    if event.startswith(("socket.", "subprocess.", "urllib.", "os.system", "os.exec", "os.posix")):
        seen.append(event)
        raise PermissionError(event)
sys.addaudithook(watch)
"""
OURS = """
from pathlib import Path
from atnet.matting.mnn_process import MnnNetwork
from atnet.matting.presets import read_model
MnnNetwork(read_model("atnet-lite"), Path(sys.argv[1]), 1)
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [(OURS, "[]"), ("import MNN.tools.mnnconvert", "['os.system']")],
    ids=["ours", "the documented converter"],
)
def test_nothing_is_reported_home_or_installed(tmp_path, code, expected):
    """What the documented converter would do is caught in the act."""
    run = subprocess.run(
        [sys.executable, "-c", f"{WATCHED}\n{code}\nprint(sorted(set(seen)))", str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.splitlines()[-1] == expected


def test_in_parts_it_finds_what_onnx_runtime_finds(tmp_path):
    network, rng = MnnNetwork(MODEL, tmp_path, 1), np.random.default_rng(0)
    image = rng.random((96, 128, 3), np.float32)
    trimap = np.where(rng.random((96, 128)) < 0.01, 0.5, 1).astype(np.float32)
    expected = load_onnx_runtime(MODEL, 1)(image, trimap)
    np.testing.assert_allclose(network(image, trimap), expected, atol=1e-4)
    assert expected.min() < 0.9  # there was something to find

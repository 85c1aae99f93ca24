"""The network in blocks against the network as a whole."""

import numpy as np
import pytest

from atnet.matting.blocks import Blocks, load_onnx_runtime
from atnet.matting.engines import OnnxRuntime
from atnet.matting.presets import read_model

CPU = "CPUExecutionProvider"
LITE = read_model("atnet-lite")
EXACT = 1e-6
"""The mean before the last gate is summed in another order; all else is the same to the bit."""


@pytest.fixture(scope="module", params=["atnet-vgg16", "atnet-lite"])
def engines(request):
    model = read_model(request.param)
    return OnnxRuntime(model, 1, [CPU]), load_onnx_runtime(model, 1, [CPU])


def noise(height, width):
    """What no layer can smooth over: a seam would show."""
    rng = np.random.default_rng(height + width)
    return rng.random((height, width, 3), np.float32), rng


def trimap_of(unknown, rng):
    known = rng.integers(0, 2, unknown.shape)
    return np.where(unknown, 0.5, known).astype(np.float32)


def check_equal(engines, image, trimap):
    whole, blocks = (engine(image, trimap) for engine in engines)
    unknown = trimap == 0.5
    np.testing.assert_allclose(blocks[unknown], whole[unknown], atol=EXACT)
    return blocks


@pytest.mark.parametrize("shape", [(32, 32), (96, 224), (160, 64)])
def test_unknown_all_over(engines, shape):
    image, rng = noise(*shape)
    check_equal(engines, image, trimap_of(np.ones(shape, bool), rng))


@pytest.mark.parametrize("place", [(0, 0), (95, 127), (31, 32), (50, 0), (0, 64)])
def test_a_single_unknown_pixel(engines, place):
    image, rng = noise(96, 128)
    unknown = np.zeros((96, 128), bool)
    unknown[place] = True
    check_equal(engines, image, trimap_of(unknown, rng))


def test_scattered_pixels_along_borders_and_seams(engines):
    image, rng = noise(192, 160)
    unknown = rng.random((192, 160)) < 0.002
    unknown[:, 63:65] = unknown[0] = unknown[:, -1] = True
    check_equal(engines, image, trimap_of(unknown, rng))


def test_an_edge_in_large_blocks(engines):
    image, rng = noise(224, 256)
    unknown = np.abs(np.subtract.outer(np.arange(224), np.arange(256))) < 20
    blocks = check_equal(engines, image, trimap_of(unknown, rng))
    # Far from what is unknown nothing was computed.
    assert set(np.unique(blocks[:32, -32:])) <= {0.0, 1.0}


def test_what_is_known_all_over_is_not_computed(engines):
    image, rng = noise(64, 64)
    trimap = trimap_of(np.zeros((64, 64), bool), rng)
    found = engines[1](image, trimap)
    np.testing.assert_array_equal(found, trimap)
    found[:] = 0.25  # it is the caller's own
    assert not (trimap == 0.25).any()


def test_only_the_plain_cpu_runs_parts():
    assert isinstance(load_onnx_runtime(LITE, 1, [CPU]), Blocks)
    assert isinstance(load_onnx_runtime(LITE, 1, [(CPU, {})]), OnnxRuntime)

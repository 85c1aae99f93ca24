import keras
import numpy as np
import pytest

from atnet.training.batches import Batch, batch_from_bytes, unknown_weight

pytestmark = pytest.mark.backend


def test_bytes_become_exact_floats():
    ramp = np.arange(256, dtype="uint8").reshape(1, 16, 16, 1)
    colour = np.concatenate([ramp, 255 - ramp, ramp // 2], axis=-1)
    trimap = np.array([0, 128, 255, 128] * 64, "uint8").reshape(1, 16, 16, 1)
    targets = {"alpha": ramp, "foreground": 255 - colour, "background": colour // 3}
    batch = batch_from_bytes({"image": colour, "trimap": trimap}, targets)
    values = Batch(*map(keras.ops.convert_to_numpy, batch))
    assert {value.dtype for value in values} == {np.dtype("float32")}
    np.testing.assert_array_equal(values.trimap.ravel(), [0, 0.5, 1, 0.5] * 64)
    np.testing.assert_allclose(values.image, colour / 255, rtol=1e-6)
    np.testing.assert_allclose(values.alpha, ramp / 255, rtol=1e-6)
    np.testing.assert_allclose(values.foreground, 1 - colour / 255, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(values.background, colour // 3 / 255, rtol=1e-6)


def test_unknown_pixels_weigh_one_and_known_pixels_nothing():
    grey = np.zeros((1, 1, 3, 1), "uint8")
    colour = np.zeros((1, 1, 3, 3), "uint8")
    trimap = np.array([0, 128, 255], "uint8").reshape(1, 1, 3, 1)
    targets = {"alpha": grey, "foreground": colour, "background": colour}
    weight = unknown_weight(batch_from_bytes({"image": colour, "trimap": trimap}, targets))
    assert keras.backend.standardize_dtype(weight.dtype) == "float32"
    weights = np.asarray(keras.ops.convert_to_numpy(weight))
    np.testing.assert_array_equal(weights.ravel(), [0, 1, 0])

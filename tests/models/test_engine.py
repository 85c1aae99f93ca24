import threading

import numpy as np
import pytest

import small_encoder
from atnet.models.atnet import ATNet
from atnet.models.engine import KerasEngine
from atnet.models.weights import save_weights
from helpers import example_inputs, randomise


@pytest.fixture(scope="module")
def network():
    network = ATNet(small_encoder.NAME)
    randomise(network)
    return network


@pytest.fixture(scope="module")
def archive(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("engine") / "best.npz"
    save_weights(network, path)
    return path


def test_alpha_is_the_networks(network, archive):
    inputs = example_inputs()
    alpha = KerasEngine(archive)(inputs["image"][0], inputs["trimap"][0, ..., 0])
    assert alpha.dtype == np.float32
    expected = network.predict_on_batch(inputs)["alpha"][0, ..., 0]
    np.testing.assert_allclose(alpha, expected, atol=1e-6)


def test_several_threads_get_what_one_gets(archive):
    engine = KerasEngine(archive)
    inputs = [example_inputs(width=32 * (1 + n % 3), seed=n) for n in range(6)]
    pairs = [(one["image"][0], one["trimap"][0, ..., 0]) for one in inputs]
    expected = [engine(*pair) for pair in pairs]
    found = {}

    def work(number):
        found[number] = engine(*pairs[number])

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, alpha in enumerate(expected):
        np.testing.assert_array_equal(found[number], alpha)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.npz: no such file"):
        KerasEngine(tmp_path / "missing.npz")

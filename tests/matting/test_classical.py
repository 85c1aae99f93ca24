from importlib import metadata

import numpy as np
import pytest

from atnet.matting.classical import CLASSICAL, load_classical, pymatting_version
from scene_files import disc_scene


@pytest.mark.parametrize("name", CLASSICAL)
def test_classical_methods_solve_an_easy_scene_and_keep_known_pixels(name):
    pytest.importorskip("pymatting", reason="PyMatting is in the extra compare")
    image, trimap, alpha = disc_scene()
    predicted = load_classical(name)(image / np.float32(255), trimap)
    known = trimap != 128
    np.testing.assert_array_equal(predicted[known], trimap[known] / 255)
    always_half = np.abs(0.5 - alpha[~known] / 255).mean()
    assert np.abs(predicted - alpha / 255)[~known].mean() < always_half / 2


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    for ask in (pymatting_version, lambda: load_classical("knn")):
        with pytest.raises(ImportError, match=r"pip install 'atnet\[compare\]'"):
            ask()

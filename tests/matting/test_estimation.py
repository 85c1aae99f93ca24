import numpy as np
import pytest

from atnet.matting.estimation import Estimator, Part
from atnet.matting.presets import DEFAULT_PRESET
from atnet.matting.runtime import Network


@pytest.fixture(scope="module")
def network():
    return Network(DEFAULT_PRESET, max_memory="190MB", engine="onnxruntime")


def band(height, width):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    trimap = np.full((height, width), 128, np.uint8)
    trimap[: height // 4], trimap[-height // 4 :] = 0, 255
    return image, trimap


def test_a_smaller_copy_wants_only_what_is_unknown():
    image, trimap = band(80, 40)
    where = np.zeros(trimap.shape, bool)
    where[:, :20] = True
    part = Part(image, trimap, where, np.full(trimap.shape, 0.25, np.float32)).at(0.5)
    assert part.trimap.shape == part.where.shape == (40, 20)
    assert part.where[15].tolist() == [True] * 10 + [False] * 10
    assert not part.where[part.trimap != 128].any()
    completed = part.completed(np.full((20, 10), 0.75, np.float32))
    known = np.select([part.trimap == 0, part.trimap == 255], [0, 1], 0.25)
    np.testing.assert_array_equal(completed, np.where(part.where, 0.75, known))


@pytest.mark.parametrize("quality", ["fast", "standard"])
def test_alpha_is_found_only_where_it_is_wanted(network, quality):
    image, trimap = band(64, 96)
    where = np.zeros(trimap.shape, bool)
    where[:, 48:] = True
    given = np.full(trimap.shape, 0.25, np.float32)
    found = Estimator(network, quality).found(Part(image, trimap, where, given), 1)
    unknown = trimap == 128
    assert (found[unknown & ~where] == 0.25).all()
    assert (found[unknown & where] != 0.25).any()


@pytest.mark.parametrize("quality", ["fast", "standard"])
def test_progress_is_counted_over_both_phases_and_ends_at_all(network, quality):
    image, trimap = band(600, 900)
    told = []
    everywhere, nothing = np.ones(trimap.shape, bool), np.zeros(trimap.shape, np.float32)
    Estimator(network, quality).found(
        Part(image, trimap, everywhere, nothing), 1, lambda *counts: told.append(counts)
    )
    done, of = (list(column) for column in zip(*told, strict=True))
    assert done[0] == 0
    assert done == sorted(done)
    assert done[-1] == of[-1] > 1
    assert set(done) == set(range(of[-1] + 1))
    assert all(one <= all_of_them for one, all_of_them in told)

import numpy as np
import pytest

from atnet.data.damage import check_pictures
from atnet.files.problems import ProblemsError
from scene_files import save

NOISE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def cut(path):
    """A picture that ends in the middle: its header is whole."""
    save(path, NOISE)
    path.write_bytes(path.read_bytes()[:1500])
    return path


@pytest.mark.parametrize("workers", [1, 2])
def test_all_that_are_damaged_are_named(tmp_path, workers):
    whole = tmp_path / "whole.png"
    save(whole, NOISE)
    damaged = [cut(tmp_path / name) for name in ("b.png", "a.png")]
    with pytest.raises(ProblemsError) as caught:
        check_pictures([*damaged, whole, *damaged], workers)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        str(path) for path in sorted(damaged)
    ]


def test_whole_pictures_pass(tmp_path):
    save(tmp_path / "whole.png", NOISE)
    check_pictures([tmp_path / "whole.png"])
    check_pictures([])

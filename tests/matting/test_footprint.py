import sys

import numpy as np
import pytest

from atnet.machine import peak_memory, reset_peak_memory
from atnet.matting.engines import OnnxRuntime
from atnet.matting.footprint import measure_bytes_per_pixel
from atnet.matting.presets import PRESETS, read_model
from atnet.matting.runtime import BYTES_PER_PIXEL
from atnet.parallel import map_unordered


def peak_of(side):
    """Megabytes above what the loaded network takes, for one pass over a square."""
    network = OnnxRuntime(read_model("atnet-vgg16"), 1, ["CPUExecutionProvider"])
    network(np.zeros((32, 32, 3), np.float32), np.full((32, 32), 0.5, np.float32))
    reset_peak_memory()
    before = peak_memory()
    network(np.zeros((side, side, 3), np.float32), np.full((side, side), 0.5, np.float32))
    after = peak_memory()
    assert before is not None
    assert after is not None
    return after - before


@pytest.mark.skipif(sys.platform != "linux", reason="peaks can be told apart on Linux only")
def test_the_shipped_model_needs_what_is_assumed_of_files_that_do_not_say():
    measured = measure_bytes_per_pixel(PRESETS["atnet-vgg16"].path)
    assert measured is not None
    assert measured == pytest.approx(BYTES_PER_PIXEL, rel=0.25)  # malloc varies by that much
    # A third size, beyond both, stays within what was measured. A first pass takes some 100 MB
    # besides, whatever its size, which tiles of that size hardly show.
    (megabytes,) = map_unordered(peak_of, [1024], workers=1, threads=1)
    assert megabytes * 10**6 <= 1.25 * measured * 1024**2

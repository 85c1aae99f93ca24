import numpy as np
import pytest

import reference
from atnet.models.refinement import OriginalRefinement, ResidualRefinement
from helpers import randomise, to_numpy

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)
IMAGE = RNG.random((1, 6, 8, 3)).astype("float32")
COARSE, TRIMAP = (RNG.random((1, 6, 8, 1)).astype("float32") for _ in range(2))


def test_residual_starts_at_zero():
    assert (to_numpy(ResidualRefinement()(IMAGE, COARSE, TRIMAP)) == 0).all()


def test_residual_equals_its_formula():
    refinement = ResidualRefinement()
    refinement(IMAGE, COARSE, TRIMAP)
    randomise(refinement)
    x = np.concatenate([IMAGE, COARSE, TRIMAP], axis=-1)
    for conv in refinement.convs:
        x = np.maximum(reference.conv(x, to_numpy(conv.kernel), to_numpy(conv.bias)), 0)
    last = refinement.residual
    expected = reference.conv(x, to_numpy(last.kernel), to_numpy(last.bias))
    np.testing.assert_allclose(to_numpy(refinement(IMAGE, COARSE, TRIMAP)), expected, atol=1e-4)


def test_original_refinement_has_the_released_number_of_weights():
    refinement = OriginalRefinement()
    assert refinement(IMAGE, COARSE).shape == (1, 6, 8, 1)
    assert refinement.count_params() == 77_569

import numpy as np
import pytest

from atnet.data.synthesis.generate import example
from atnet.data.synthesis.kinds import KINDS
from atnet.foreground import composite

SEEDS = range(3)
NEVER_OPAQUE = {"smoke"}


@pytest.fixture(scope="module", params=sorted(KINDS))
def drawings(request):
    return request.param, [example(seed, request.param, 64) for seed in SEEDS]


def test_alpha_has_all_it_takes(drawings):
    kind, layers = drawings
    for layer in layers:
        assert ((layer.alpha > 0) & (layer.alpha < 1)).mean() > 0.01
        assert (layer.alpha == 0).mean() > 0.05
        assert 0.01 < layer.alpha.mean() < 0.9
    dense = max(float(layer.alpha.max()) for layer in layers)
    assert dense > (0.3 if kind in NEVER_OPAQUE else 0.6)


def test_values_are_finite_and_in_range(drawings):
    for values in (values for layer in drawings[1] for values in layer):
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
        assert 0 <= values.min() <= values.max() <= 1


def test_black_and_white_give_the_alpha_back(drawings):
    for layer in drawings[1]:
        black, white = (composite(layer.colour, (v, v, v), layer.alpha) for v in (0.0, 1.0))
        assert np.abs(1 - (white - black).mean(2) - layer.alpha).max() < 0.5 / 255


def test_seeds_give_different_things(drawings):
    first, second, _ = drawings[1]
    assert np.abs(first.alpha - second.alpha).mean() > 0.005


def test_colour_is_smooth_where_nothing_is(drawings):
    for layer in drawings[1]:
        far = layer.alpha == 0
        steps = np.abs(np.diff(layer.colour, axis=1)).max(2)[far[:, 1:] & far[:, :-1]]
        assert np.percentile(steps, 95) < 0.15

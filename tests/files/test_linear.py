import numpy as np
import pytest

from atnet.files.linear import from_srgb, to_srgb

# By hand from IEC 61966-2-1; the two branches meet at 0.04045 and 0.0031308.
BY_HAND = [
    (0.0, 0.0),
    (0.04, 0.04 / 12.92),
    (0.04045, 0.0031308),
    (0.5, 0.214041),
    (0.735357, 0.5),
    (1.0, 1.0),
]


@pytest.mark.parametrize(("encoded", "linear"), BY_HAND)
def test_values_by_hand(encoded, linear):
    assert from_srgb(np.array([encoded], np.float32))[0] == pytest.approx(linear, abs=1e-6)
    assert to_srgb(np.array([linear], np.float32))[0] == pytest.approx(encoded, abs=3e-6)


def test_one_undoes_the_other_and_both_stay_float32():
    values = np.linspace(0, 1, 4096, dtype=np.float32)
    again = to_srgb(from_srgb(values))
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, values, atol=1e-6)

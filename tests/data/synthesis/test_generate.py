import numpy as np
import pytest

from atnet.data.synthesis.dataset import VERSION
from atnet.data.synthesis.generate import draw_foreground, effects, kind_of
from atnet.data.synthesis.kinds import KINDS


def test_same_seed_and_index_same_values():
    for index in range(6):
        first, second = draw_foreground(3, index, 64), draw_foreground(3, index, 64)
        assert np.array_equal(first.foreground, second.foreground)
        assert np.array_equal(first.alpha, second.alpha)


def test_nothing_is_shared_between_samples():
    draw_foreground(3, 1, 64)
    after = draw_foreground(3, 0, 64)
    np.random.default_rng(0).normal()
    assert np.array_equal(after.alpha, draw_foreground(3, 0, 64).alpha)


@pytest.mark.parametrize(("seed", "index"), [(3, 1), (4, 0)])
def test_another_seed_or_index_gives_another_drawing(seed, index):
    assert not np.array_equal(
        draw_foreground(3, 0, 64).alpha, draw_foreground(seed, index, 64).alpha
    )


def test_kinds_take_turns():
    count = len(KINDS)
    assert {kind_of(0, index) for index in range(count)} == set(KINDS)
    assert {kind_of(0, index) for index in range(count, 2 * count)} == set(KINDS)
    assert [kind_of(0, i) for i in range(count)] != [kind_of(0, i + count) for i in range(count)]


def test_samples_can_be_learnt_from():
    for index in range(2 * len(KINDS)):
        drawn = draw_foreground(7, index, 64)
        assert drawn.kind == kind_of(7, index)
        assert 0 < drawn.alpha.mean() < 1
        assert 0 <= drawn.foreground.min() <= drawn.foreground.max() <= 1


@pytest.mark.parametrize("arguments", [(-1, 0, 64), (0, -1, 64), (0, 0, 31)])
def test_refuses_senseless_numbers(arguments):
    with pytest.raises(ValueError, match="must be at least"):
        draw_foreground(*arguments)


def test_effects_are_shown_one_each():
    shown = effects(1, 64)
    assert list(shown) == ["holes", "out of focus", "in motion", "two things"]
    for layer in shown.values():
        assert layer.colour.shape == (64, 64, 3)
        assert 0.01 < layer.alpha.mean() < 1


def test_what_a_seed_gives_is_that_of_this_version():
    # Whoever changes a drawing on purpose counts VERSION up and enters the new values here.
    assert VERSION == 2
    means = [draw_foreground(0, index, 64).alpha.mean() for index in range(8)]
    expected = [0.2454, 0.1626, 0.2304, 0.1154, 0.1345, 0.2719, 0.3051, 0.158]
    assert means == pytest.approx(expected, abs=5e-4)

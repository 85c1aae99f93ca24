import cv2
import numpy as np
import pytest

from atnet import foreground
from atnet.arrays import quantised
from atnet.foreground import composite, estimate_foreground
from atnet.jobs.matted import Matted, make_pictures
from atnet.sheet import contact_sheet

BLUE = (0.1, 0.2, 0.7)
BYTES, WORDS, FLOATS = (np.dtype(kind) for kind in (np.uint8, np.uint16, np.float32))


@pytest.fixture
def matted():
    rng = np.random.default_rng(0)
    image = cv2.blur(rng.integers(0, 256, (90, 120, 3), dtype=np.uint8), (5, 5))
    rows, columns = np.indices(image.shape[:2])
    alpha = np.clip((30 - np.hypot(rows - 45, columns - 60)) / 9 + 0.5, 0, 1).astype(np.float32)
    trimap = np.select([alpha == 0, alpha == 1], [0, 255], 128).astype(np.uint8)
    return Matted(image, trimap, alpha, BLUE)


def expected(matted):
    """All pictures as floats, at once."""
    colours = estimate_foreground(matted.image, matted.alpha)
    return {
        "foreground": colours,
        "cutout": np.dstack([colours, matted.alpha]),
        "composite": composite(colours, BLUE, matted.alpha),
    }


@pytest.mark.parametrize("kind", [BYTES, WORDS, FLOATS], ids=str)
def test_pictures_are_the_rounded_ones_of_all_at_once(matted, monkeypatch, kind):
    whole = expected(matted)
    monkeypatch.setattr(foreground, "_BLOCK", 64)  # in four parts
    made = make_pictures(matted, {name: kind for name in whole})  # noqa: C420
    assert list(made) == list(whole)
    for name, picture in whole.items():
        assert made[name].dtype == kind
        rounded = picture if kind == FLOATS else quantised(picture, 8 * kind.itemsize)
        # Sums over other parts end in other last digits.
        np.testing.assert_allclose(made[name], rounded, atol=1e-5 if kind == FLOATS else 1)


def test_each_has_its_own_type_and_alpha_is_not_rounded(matted):
    made = make_pictures(matted, {"cutout": WORDS, "alpha": BYTES, "foreground": BYTES})
    assert [picture.dtype for picture in made.values()] == [WORDS, FLOATS, BYTES]
    assert made["alpha"] is matted.alpha


def test_a_sheet_shows_all_of_it_and_what_was_not_wanted_is_not_returned(matted):
    made = make_pictures(matted, {"sheet": FLOATS, "cutout": WORDS})
    assert list(made) == ["sheet", "cutout"]
    shown = contact_sheet(
        {"image": matted.image, "trimap": matted.trimap, "alpha": matted.alpha, **expected(matted)}
    )
    assert np.abs(made["sheet"] - shown).max() < 1 / 255


def test_colours_are_not_looked_for_without_need(matted, monkeypatch):
    monkeypatch.setattr(foreground, "_colours", None)
    assert list(make_pictures(matted, {"alpha": BYTES})) == ["alpha"]
